package io.cyphonic.engine.control.state;

import io.cyphonic.engine.control.policy.PathSelector;
import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;

/**
 * A handshake that this node has begun: the datagram, to send it again, and the secret half that
 * completes it. Key: its transaction id. The table overwrites the bytes when it is removed.
 *
 * <pre>
 *    0  expiry              8  version     9  tries    10  next candidate
 *   12  receiver index     16  peer's node id          32  path id     48  first sent, nanoseconds
 *   56  candidates        247  handshake state       441  datagram
 * </pre>
 */
public final class HandshakeRecord {
    /** Longest serialised handshake state. */
    public static final int MAX_STATE = 192;

    /** Longest datagram. */
    public static final int MAX_DATAGRAM = 1232;

    /** Bytes of the record. */
    public static final int LENGTH = 441 + 2 + MAX_DATAGRAM;

    private static final byte PRESENT_VERSION = 1;
    private static final int EXPIRY = 0;
    private static final int VERSION = 8;
    private static final int TRIES = 9;
    private static final int NEXT_CANDIDATE = 10;
    private static final int RECEIVER_INDEX = 12;
    private static final int NODE_ID = 16;
    private static final int PATH_ID = 32;
    private static final int SENT = 48;
    private static final int CANDIDATES = 56;
    private static final int STATE = 247;
    private static final int DATAGRAM = 441;

    private final byte[] bytes;

    HandshakeRecord(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A handshake about to begin. */
    public HandshakeRecord(
            Id128 nodeId,
            Id128 pathId,
            int receiverIndex,
            List<InetSocketAddress> candidates,
            byte[] state,
            byte[] datagram,
            long nowNanos,
            long expiry) {
        this(new byte[LENGTH]);
        RecordFields.putLong(bytes, EXPIRY, expiry);
        bytes[VERSION] = PRESENT_VERSION;
        RecordFields.putInt(bytes, RECEIVER_INDEX, receiverIndex);
        RecordFields.putId(bytes, NODE_ID, nodeId);
        RecordFields.putId(bytes, PATH_ID, pathId);
        RecordFields.putLong(bytes, SENT, nowNanos);
        RecordFields.putSockets(bytes, CANDIDATES, candidates, PathSelector.MAX_PATHS);
        RecordFields.putBytes(bytes, STATE, state, MAX_STATE);
        RecordFields.putBytes(bytes, DATAGRAM, datagram, MAX_DATAGRAM);
    }

    byte[] bytes() {
        return bytes;
    }

    /** A copy in which the next candidate is due, or the first again after the last. */
    public HandshakeRecord advanced() {
        HandshakeRecord copy = new HandshakeRecord(bytes.clone());
        int next = bytes[NEXT_CANDIDATE] + 1;
        boolean roundOver = next >= bytes[CANDIDATES];
        copy.bytes[NEXT_CANDIDATE] = (byte) (roundOver ? 0 : next);
        copy.bytes[TRIES] += (byte) (roundOver ? 1 : 0);
        return copy;
    }

    /** A copy with another datagram: the same request with a cookie in it. */
    public HandshakeRecord withDatagram(byte[] datagram) {
        HandshakeRecord copy = new HandshakeRecord(bytes.clone());
        RecordFields.putBytes(copy.bytes, DATAGRAM, datagram, MAX_DATAGRAM);
        return copy;
    }

    /** Whether a round begins: the first candidate is due. */
    public boolean atStartOfRound() {
        return bytes[NEXT_CANDIDATE] == 0;
    }

    /** Rounds over all candidates so far. */
    public int tries() {
        return bytes[TRIES];
    }

    /** The candidate to send to now, or {@code null} if there are none. */
    public InetSocketAddress candidate() {
        List<InetSocketAddress> all = RecordFields.getSockets(bytes, CANDIDATES);
        return all.isEmpty() ? null : all.get(bytes[NEXT_CANDIDATE]);
    }

    /** Our index of the session that may come of it. */
    public int receiverIndex() {
        return RecordFields.getInt(bytes, RECEIVER_INDEX);
    }

    /** The peer. */
    public Id128 nodeId() {
        return RecordFields.getId(bytes, NODE_ID);
    }

    /** The path. */
    public Id128 pathId() {
        return RecordFields.getId(bytes, PATH_ID);
    }

    /** When it was sent first. */
    public long sentNanos() {
        return RecordFields.getLong(bytes, SENT);
    }

    /** The secret half; the caller overwrites the copy. */
    public byte[] state() {
        return RecordFields.getBytes(bytes, STATE);
    }

    /** What is sent. */
    public byte[] datagram() {
        return RecordFields.getBytes(bytes, DATAGRAM);
    }

    /** Overwrites this copy. */
    public void wipe() {
        Arrays.fill(bytes, (byte) 0);
    }
}
