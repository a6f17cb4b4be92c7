package io.cyphonic.signaling.protocol;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * What node and relay say to each other about a channel, as values and as bytes.
 *
 * <pre>
 *  Bind, node to relay                    Challenge, relay to node
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+---------------+---------------+
 * | type = 0x48   | version = 1   | side          | 0             |
 * +---------------+---------------+---------------+---------------+
 * | path id (16 bytes)                                            |
 * +---------------------------------------------------------------+
 * | node id (16 bytes)                                            |
 * +---------------------------------------------------------------+
 * | expiry (8 bytes)                                              |
 * +---------------------------------------------------------------+
 * | limit                                                         |
 * +---------------------------------------------------------------+
 * | sequence (8 bytes)                                            |
 * +---------------------------------------------------------------+
 * | cookie (16 bytes)                                             |
 * +---------------------------------------------------------------+
 * | code (16 bytes)                                               |
 * +---------------------------------------------------------------+
 *
 *  Challenge, relay to node
 * +---------------+---------------+---------------+---------------+
 * | type = 0x49   | version = 1   | side          | 0             |
 * +---------------+---------------+---------------+---------------+
 * | sequence (8) | cookie (16) | code (16)                        |
 * +---------------------------------------------------------------+
 *
 *  Bound, relay to node
 * +---------------+---------------+---------------+---------------+
 * | type = 0x4A   | version = 1   | side          | peer bound    |
 * +---------------+---------------+---------------+---------------+
 * | sequence (8) | channel (4) | observed endpoint (18) | 0 (2)   |
 * +---------------------------------------------------------------+
 * | code (16)                                                     |
 * +---------------------------------------------------------------+
 *
 *  Refused, relay to node
 * +---------------+---------------+---------------+---------------+
 * | type = 0x4B   | version = 1   | side          | reason        |
 * +---------------+---------------+---------------+---------------+
 * | sequence (8) | channel (4) | code (16)                        |
 * +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Big-endian. The sequence is chosen by the node, rises with every Bind it sends, and comes back
 * in what answers it. The code is the last field of each and covers all before it ({@code
 * RelayCode} in the handshake package); the encoders leave it zero. In a Refused for an unknown
 * channel, the sequence is flags and counter of the datagram refused, in its low 56 bits, and there
 * is no code.
 *
 * <p>Decoding takes any bytes and never throws: {@code null} for what is none of these.
 */
public sealed interface RelayMessage {
    /** Length of a cookie in bytes. */
    int COOKIE_LENGTH = 16;

    /** Length of the code at the end of every message in bytes. */
    int CODE_LENGTH = 16;

    /** Length of a Bind in bytes; no answer to it is longer. */
    int BIND_LENGTH = 88;

    /** Length of a Challenge in bytes. */
    int CHALLENGE_LENGTH = 44;

    /** Length of a Bound in bytes. */
    int BOUND_LENGTH = 52;

    /** Length of a Refused in bytes. */
    int REFUSED_LENGTH = 32;

    /** The version this code speaks. */
    byte VERSION = 1;

    /** Why a relay refuses. */
    enum Reason {
        /** The relay knows no such channel: it ended, or the relay was restarted. Bind again. */
        UNKNOWN_CHANNEL,
        /** The grant has ended: ask the NMS for a new direction. */
        EXPIRED,
        /** The relay has no room now: try again later, or another relay. */
        FULL,
        /** The sequence is not later than that of a Bind that moved the channel elsewhere. */
        OVERTAKEN;

        private static final Reason[] VALUES = values();
    }

    /** Asks for a channel; repeated, it keeps the channel alive, or moves it to a new address. */
    record Bind(
            int side,
            Id128 pathId,
            Id128 nodeId,
            long expiryMillis,
            int limit,
            long sequence,
            byte[] cookie)
            implements RelayMessage {}

    /** Send the Bind again, with this cookie. */
    record Challenge(int side, long sequence, byte[] cookie) implements RelayMessage {}

    /** The channel is yours. */
    record Bound(
            int side, boolean peerBound, long sequence, int channel, InetSocketAddress observed)
            implements RelayMessage {}

    /** No. */
    record Refused(int side, Reason reason, long sequence, int channel) implements RelayMessage {}

    /** The message with a code of zeros. */
    static byte[] encode(RelayMessage message) {
        return switch (message) {
            case Bind m ->
                    start(BIND_LENGTH, DatagramType.RELAY_BIND, m.side, 0)
                            .putLong(m.pathId.high())
                            .putLong(m.pathId.low())
                            .putLong(m.nodeId.high())
                            .putLong(m.nodeId.low())
                            .putLong(m.expiryMillis)
                            .putInt(m.limit)
                            .putLong(m.sequence)
                            .put(m.cookie, 0, COOKIE_LENGTH)
                            .array();
            case Challenge m ->
                    start(CHALLENGE_LENGTH, DatagramType.RELAY_CHALLENGE, m.side, 0)
                            .putLong(m.sequence)
                            .put(m.cookie, 0, COOKIE_LENGTH)
                            .array();
            case Bound m -> {
                MappedAddress mapped = MappedAddress.of(m.observed.getAddress());
                yield start(BOUND_LENGTH, DatagramType.RELAY_BOUND, m.side, m.peerBound ? 1 : 0)
                        .putLong(m.sequence)
                        .putInt(m.channel)
                        .putLong(mapped.high())
                        .putLong(mapped.low())
                        .putShort((short) m.observed.getPort())
                        .array();
            }
            case Refused m ->
                    start(
                                    REFUSED_LENGTH,
                                    DatagramType.RELAY_REFUSED,
                                    m.side,
                                    m.reason.ordinal() + 1)
                            .putLong(m.sequence)
                            .putInt(m.channel)
                            .array();
        };
    }

    /** The message in a datagram, its code unchecked; or {@code null}. */
    static RelayMessage decode(byte[] datagram, int length) {
        if (length < REFUSED_LENGTH
                || length > datagram.length
                || datagram[1] != VERSION
                || datagram[2] < RelayHeader.INITIATOR
                || datagram[2] > RelayHeader.RESPONDER) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.wrap(datagram, 0, length).position(4);
        int side = datagram[2];
        int last = datagram[3];
        return switch (datagram[0]) {
            case DatagramType.RELAY_BIND ->
                    length == BIND_LENGTH && last == 0 ? bind(side, bytes) : null;
            case DatagramType.RELAY_CHALLENGE ->
                    length == CHALLENGE_LENGTH && last == 0
                            ? new Challenge(side, bytes.getLong(), cookie(bytes))
                            : null;
            case DatagramType.RELAY_BOUND ->
                    length == BOUND_LENGTH && (last & ~1) == 0 ? bound(side, last, bytes) : null;
            case DatagramType.RELAY_REFUSED ->
                    length == REFUSED_LENGTH && last >= 1 && last <= Reason.VALUES.length
                            ? new Refused(
                                    side, Reason.VALUES[last - 1], bytes.getLong(), bytes.getInt())
                            : null;
            default -> null;
        };
    }

    private static ByteBuffer start(int length, byte type, int side, int last) {
        return ByteBuffer.allocate(length).put(type).put(VERSION).put((byte) side).put((byte) last);
    }

    private static Bind bind(int side, ByteBuffer bytes) {
        Id128 pathId = new Id128(bytes.getLong(), bytes.getLong());
        Id128 nodeId = new Id128(bytes.getLong(), bytes.getLong());
        long expiryMillis = bytes.getLong();
        int limit = bytes.getInt();
        long sequence = bytes.getLong();
        return limit > 0
                ? new Bind(side, pathId, nodeId, expiryMillis, limit, sequence, cookie(bytes))
                : null;
    }

    private static Bound bound(int side, int peerBound, ByteBuffer bytes) {
        long sequence = bytes.getLong();
        int channel = bytes.getInt();
        InetAddress address = new MappedAddress(bytes.getLong(), bytes.getLong()).toInetAddress();
        int port = Short.toUnsignedInt(bytes.getShort());
        return address == null || port == 0 || bytes.getShort() != 0
                ? null
                : new Bound(
                        side,
                        peerBound != 0,
                        sequence,
                        channel,
                        new InetSocketAddress(address, port));
    }

    private static byte[] cookie(ByteBuffer bytes) {
        byte[] cookie = new byte[COOKIE_LENGTH];
        bytes.get(cookie);
        return cookie;
    }
}
