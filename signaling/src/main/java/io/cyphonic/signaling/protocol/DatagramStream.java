package io.cyphonic.signaling.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Datagrams on a byte stream (the TLS connection between a node and a gateway): two bytes of
 * length, big-endian, then the datagram. A length of zero or over {@link #MAX_LENGTH} ends the
 * stream: whoever sends it speaks something else.
 *
 * <p>Static methods without state. They block as the stream does.
 */
public final class DatagramStream {
    /** Name of such a connection in the TLS handshake (ALPN, RFC 7301). */
    public static final String PROTOCOL = "cyphonic-datagrams/1";

    /** Longest datagram in bytes. */
    public static final int MAX_LENGTH = 9216;

    /** Length of the length before each datagram. */
    public static final int PREFIX_LENGTH = 2;

    private static final byte[] NOTHING = {};

    private DatagramStream() {}

    /**
     * Writes one datagram; the caller flushes.
     *
     * @param length 1 to {@link #MAX_LENGTH}
     */
    public static void write(OutputStream out, byte[] buffer, int offset, int length)
            throws IOException {
        if (length < 1 || length > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "a datagram has 1 to %d bytes, found %d".formatted(MAX_LENGTH, length));
        }
        out.write(length >>> 8);
        out.write(length);
        out.write(buffer, offset, length);
    }

    /**
     * Reads one datagram.
     *
     * @return the datagram; empty if the stream ended, in the middle of one too, or is none of this
     *     kind
     */
    public static byte[] read(InputStream in) throws IOException {
        int high = in.read();
        int low = in.read();
        int length = high << 8 | low;
        if (high < 0 || low < 0 || length == 0 || length > MAX_LENGTH) {
            return NOTHING;
        }
        byte[] datagram = new byte[length];
        return in.readNBytes(datagram, 0, length) == length ? datagram : NOTHING;
    }
}
