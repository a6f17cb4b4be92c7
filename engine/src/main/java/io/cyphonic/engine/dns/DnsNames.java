package io.cyphonic.engine.dns;

import org.xbill.DNS.Name;
import org.xbill.DNS.NameTooLongException;
import org.xbill.DNS.TextParseException;

/** Makes dnsjava names from texts that are known to be names. */
final class DnsNames {
    private DnsNames() {}

    /** The absolute name of a text such as {@code alice.cyphonic.internal}. */
    static Name absolute(String text) {
        try {
            return Name.fromString(text, Name.root);
        } catch (TextParseException e) {
            throw new IllegalArgumentException("not a domain name: " + text, e);
        }
    }

    /** A name one label below another; the upper one if that is too long to go below. */
    static Name below(String label, Name upper) {
        try {
            return Name.concatenate(Name.fromString(label), upper);
        } catch (TextParseException | NameTooLongException _) {
            return upper;
        }
    }
}
