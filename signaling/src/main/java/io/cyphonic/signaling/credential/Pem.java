package io.cyphonic.signaling.credential;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * The textual encoding of keys and certificates (RFC 7468), one structure per file. Works on byte
 * arrays, so that a key leaves no {@code String} behind. Stateless, thread-safe.
 */
public final class Pem {
    /** Label of an X.509 certificate. */
    public static final String CERTIFICATE = "CERTIFICATE";

    /** Label of a PKCS #8 private key. */
    public static final String PRIVATE_KEY = "PRIVATE KEY";

    private static final int LINE_LENGTH = 64;
    private static final byte[] LINE_END = {'\n'};

    private Pem() {}

    /** Encodes one structure under a label. */
    public static byte[] encode(String label, byte[] der) {
        byte[] begin = ascii("-----BEGIN " + label + "-----\n");
        byte[] end = ascii("\n-----END " + label + "-----\n");
        byte[] body = Base64.getMimeEncoder(LINE_LENGTH, LINE_END).encode(der);
        byte[] pem = new byte[begin.length + body.length + end.length];
        System.arraycopy(begin, 0, pem, 0, begin.length);
        System.arraycopy(body, 0, pem, begin.length, body.length);
        System.arraycopy(end, 0, pem, begin.length + body.length, end.length);
        Arrays.fill(body, (byte) 0);
        return pem;
    }

    /**
     * Decodes the only structure of a text.
     *
     * @param source named in the message, for instance the file
     * @throws IllegalArgumentException if the text is anything else
     */
    public static byte[] decode(String label, byte[] pem, String source) {
        byte[] begin = ascii("-----BEGIN " + label + "-----");
        byte[] end = ascii("-----END " + label + "-----");
        int start = indexOf(pem, begin, 0);
        int stop = start < 0 ? -1 : indexOf(pem, end, start + begin.length);
        if (stop < 0 || indexOf(pem, begin, stop) >= 0) {
            throw new IllegalArgumentException(
                    "%s does not hold one PEM block \"%s\"".formatted(source, label));
        }
        byte[] body = Arrays.copyOfRange(pem, start + begin.length, stop);
        byte[] compact = new byte[body.length];
        int length = 0;
        for (byte b : body) {
            if (b != '\n' && b != '\r') {
                compact[length++] = b;
            }
        }
        byte[] base64 = Arrays.copyOf(compact, length);
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(source + " is damaged: not base64", e);
        } finally {
            Arrays.fill(body, (byte) 0);
            Arrays.fill(compact, (byte) 0);
            Arrays.fill(base64, (byte) 0);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static int indexOf(byte[] text, byte[] wanted, int from) {
        for (int i = from; i <= text.length - wanted.length; i++) {
            if (Arrays.equals(text, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        return -1;
    }
}
