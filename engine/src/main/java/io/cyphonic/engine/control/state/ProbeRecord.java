package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;

/**
 * A probe that waits for its answer. Key: the probe id, which nobody can guess.
 *
 * <pre>
 *    0  expiry   8  version   9  purpose   10  tries   12  tunnel index
 *   16  peer's node id       32  first sent, nanoseconds   40  endpoint, none: the tunnel's
 * </pre>
 */
public final class ProbeRecord {
    /** Bytes of the record. */
    public static final int LENGTH = 40 + RecordFields.SOCKET_LENGTH;

    private static final byte PRESENT_VERSION = 1;
    private static final int EXPIRY = 0;
    private static final int VERSION = 8;
    private static final int PURPOSE = 9;
    private static final int TRIES = 10;
    private static final int TUNNEL_INDEX = 12;
    private static final int NODE_ID = 16;
    private static final int SENT = 32;
    private static final int ENDPOINT = 40;

    private static final Purpose[] PURPOSES = Purpose.values();

    private final byte[] bytes;

    /** Why the probe was sent. */
    public enum Purpose {
        /** To measure the round-trip time, once. */
        MEASURE,
        /** To show the responder that we have the keys; repeated until it has seen it. */
        CONFIRM,
        /** To find out whether a way works, once; who wants to know sends others. */
        PATH
    }

    ProbeRecord(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * A probe about to be sent for the first time.
     *
     * @param endpoint where to, or {@code null} for the tunnel's endpoint
     */
    public ProbeRecord(
            Purpose purpose,
            Id128 nodeId,
            int tunnelIndex,
            InetSocketAddress endpoint,
            long nowNanos,
            long expiry) {
        this(new byte[LENGTH]);
        RecordFields.putLong(bytes, EXPIRY, expiry);
        bytes[VERSION] = PRESENT_VERSION;
        bytes[PURPOSE] = (byte) purpose.ordinal();
        bytes[TRIES] = 1;
        RecordFields.putInt(bytes, TUNNEL_INDEX, tunnelIndex);
        RecordFields.putId(bytes, NODE_ID, nodeId);
        RecordFields.putLong(bytes, SENT, nowNanos);
        RecordFields.putSocket(bytes, ENDPOINT, endpoint);
    }

    byte[] bytes() {
        return bytes;
    }

    /** A copy that has been sent once more. */
    public ProbeRecord triedAgain() {
        ProbeRecord copy = new ProbeRecord(bytes.clone());
        copy.bytes[TRIES]++;
        return copy;
    }

    /** Why the probe was sent. */
    public Purpose purpose() {
        return PURPOSES[bytes[PURPOSE]];
    }

    /** Sendings so far. */
    public int tries() {
        return bytes[TRIES];
    }

    /** The tunnel it went through. */
    public int tunnelIndex() {
        return RecordFields.getInt(bytes, TUNNEL_INDEX);
    }

    /** The peer. */
    public Id128 nodeId() {
        return RecordFields.getId(bytes, NODE_ID);
    }

    /** When it was sent first. */
    public long sentNanos() {
        return RecordFields.getLong(bytes, SENT);
    }

    /** Where it was sent, or {@code null}: the tunnel's endpoint. */
    public InetSocketAddress endpoint() {
        return RecordFields.getSocket(bytes, ENDPOINT);
    }
}
