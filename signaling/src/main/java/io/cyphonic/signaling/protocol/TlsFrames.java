package io.cyphonic.signaling.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Control messages on a byte stream (the TLS connection between node and AS): four bytes of length,
 * big-endian, then the encoded message.
 *
 * <p>Static methods without state. They block as the stream does; whoever owns the connection sets
 * its deadline.
 */
public final class TlsFrames {
    /** Name of such a connection in the TLS handshake with a gateway (ALPN, RFC 7301). */
    public static final String PROTOCOL = "cyphonic-login/1";

    /** Longest encoded message in a frame in bytes. */
    public static final int MAX_MESSAGE_LENGTH = 16384;

    /** What came out of a stream. */
    public sealed interface Received {
        /** A message. */
        record Message(ControlMessage message) implements Received {}

        /** No message, and why; the stream is of no further use. */
        record Failure(Reason reason) implements Received {}
    }

    /** Why no message came out of a stream. */
    public enum Reason {
        /** The stream ended before the message did, or before it began. */
        ENDED,
        /** The announced length is zero or over {@link TlsFrames#MAX_MESSAGE_LENGTH}. */
        BAD_LENGTH,
        /** The bytes are no message of this protocol. */
        MALFORMED
    }

    private TlsFrames() {}

    /** Writes one message and flushes. */
    public static void write(OutputStream out, ControlMessage message) throws IOException {
        byte[] encoded = ControlMessageCodec.encode(message);
        byte[] frame =
                ByteBuffer.allocate(Integer.BYTES + encoded.length)
                        .putInt(encoded.length)
                        .put(encoded)
                        .array();
        try {
            out.write(frame);
            out.flush();
        } finally {
            // Some messages carry a key.
            Arrays.fill(encoded, (byte) 0);
            Arrays.fill(frame, (byte) 0);
        }
    }

    /**
     * Reads one message.
     *
     * @throws IOException if the stream fails, its deadline included
     */
    public static Received read(InputStream in) throws IOException {
        byte[] prefix = in.readNBytes(Integer.BYTES);
        if (prefix.length < Integer.BYTES) {
            return new Received.Failure(Reason.ENDED);
        }
        int length = ByteBuffer.wrap(prefix).getInt();
        if (length <= 0 || length > MAX_MESSAGE_LENGTH) {
            return new Received.Failure(Reason.BAD_LENGTH);
        }
        byte[] encoded = new byte[length];
        try {
            if (in.readNBytes(encoded, 0, length) < length) {
                return new Received.Failure(Reason.ENDED);
            }
            ControlMessage message = ControlMessageCodec.decode(encoded, 0, length);
            return message == null
                    ? new Received.Failure(Reason.MALFORMED)
                    : new Received.Message(message);
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }
}
