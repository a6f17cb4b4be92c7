package io.cyphonic.engine.control.gateway;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Takes the texts of some elements out of an XML document: as a stream, without DTD and entities,
 * bounded in everything. Any bytes are safe.
 */
final class XmlRecords {
    private static final int MAX_RECORDS = 64;
    private static final int MAX_DEPTH = 32;
    private static final int MAX_TEXT = 512;

    private XmlRecords() {}

    private static XMLInputFactory factory() {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
        factory.setXMLResolver(
                (_, _, _, _) -> {
                    throw new XMLStreamException("nothing else is read");
                });
        return factory;
    }

    /**
     * Reads records.
     *
     * @param container local name of the element that is a record
     * @param fields local names of the elements inside it whose text is wanted
     * @return a map of field to text for every record; what came before an error counts
     */
    static List<Map<String, String>> read(byte[] document, String container, Set<String> fields) {
        List<Map<String, String>> records = new ArrayList<>();
        try {
            XMLStreamReader reader =
                    factory().createXMLStreamReader(new ByteArrayInputStream(document));
            try {
                read(reader, container, fields, records);
            } finally {
                reader.close();
            }
        } catch (XMLStreamException | RuntimeException _) {
            // Not XML, or not to its end. The JDK's reader also throws unchecked on some input.
        }
        return records;
    }

    private static void read(
            XMLStreamReader reader,
            String container,
            Set<String> fields,
            List<Map<String, String>> records)
            throws XMLStreamException {
        Map<String, String> record = null;
        StringBuilder text = new StringBuilder();
        int depth = 0;
        while (reader.hasNext() && records.size() < MAX_RECORDS && depth < MAX_DEPTH) {
            switch (reader.next()) {
                case XMLStreamConstants.START_ELEMENT -> {
                    depth++;
                    text.setLength(0);
                    if (reader.getLocalName().equals(container)) {
                        record = new HashMap<>();
                    }
                }
                case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
                    if (text.length() + reader.getTextLength() <= MAX_TEXT) {
                        text.append(reader.getText());
                    }
                }
                case XMLStreamConstants.END_ELEMENT -> {
                    depth--;
                    String name = reader.getLocalName();
                    if (record != null && name.equals(container)) {
                        records.add(record);
                        record = null;
                    } else if (record != null && fields.contains(name)) {
                        record.putIfAbsent(name, text.toString().trim());
                    }
                    text.setLength(0);
                }
                default -> {
                    // Comments and the like.
                }
            }
        }
    }
}
