package io.cyphonic.engine.local;

import com.fasterxml.jackson.jr.ob.JSON;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/** JSON objects as maps, on one line or indented. Thread-safe. */
public final class JsonText {
    private static final JSON LINE = JSON.std.with(JSON.Feature.WRITE_NULL_PROPERTIES);
    private static final JSON INDENTED = LINE.with(JSON.Feature.PRETTY_PRINT_OUTPUT);

    private JsonText() {}

    /** One line, without a line end. */
    public static String line(Map<String, Object> object) {
        return write(LINE, object);
    }

    /** Several lines, for people too. */
    public static String indented(Map<String, Object> object) {
        return write(INDENTED, object);
    }

    /**
     * Reads one object.
     *
     * @throws IOException if the text is anything else
     */
    public static Map<String, Object> read(String text) throws IOException {
        Map<String, Object> object = LINE.mapFrom(text);
        if (object == null) {
            throw new IOException("not a JSON object");
        }
        return object;
    }

    private static String write(JSON json, Map<String, Object> object) {
        try {
            return json.asString(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
