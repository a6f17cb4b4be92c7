package io.cyphonic.signaling.protocol;

import java.nio.ByteBuffer;

/**
 * The clear part of a control datagram between a node and the NMS.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+---------------+---------------+
 * | type = 0x46   | version = 1   | direction     | reserved = 0  |
 * +---------------+---------------+---------------+---------------+
 * | login id                                                      |
 * |                                                               |
 * +---------------------------------------------------------------+
 * | node id                                                       |
 * |                                                               |
 * |                                                               |
 * |                                                               |
 * +---------------------------------------------------------------+
 * | nonce                                                         |
 * |                                                               |
 * |                                                               |
 * +---------------------------------------------------------------+
 * | sealed control message ...                     | tag (16)     |
 * +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Big-endian. The forty bytes of the header are the associated data of the AEAD. Towards the NMS
 * the nonce is four zero bytes and a counter that rises strictly within a login, so that the NMS
 * can refuse replays; towards the node it is random, because several NMS members may answer under
 * the same key without knowing of each other.
 *
 * <p>Static methods without state. {@link ControlCipher} seals and opens.
 */
public final class ControlEnvelope {
    /** Length of the header in bytes. */
    public static final int HEADER_LENGTH = 40;

    /** Length of the authentication tag in bytes. */
    public static final int TAG_LENGTH = 16;

    /**
     * Longest datagram in bytes: the minimum MTU of IPv6 less its header and that of UDP (RFC 8200,
     * section 5), so that no control message is ever fragmented.
     */
    public static final int MAX_DATAGRAM_LENGTH = 1280 - 40 - 8;

    /** Longest encoded control message that fits in bytes. */
    public static final int MAX_MESSAGE_LENGTH = MAX_DATAGRAM_LENGTH - HEADER_LENGTH - TAG_LENGTH;

    /** The version this code speaks. */
    public static final byte VERSION = 1;

    /** Direction: node to NMS. */
    public static final int TO_NMS = 1;

    /** Direction: NMS to node. */
    public static final int TO_NODE = 2;

    static final int NONCE_FIELD_OFFSET = 28;
    static final int NONCE_LENGTH = 12;

    private static final int VERSION_FIELD_OFFSET = 1;
    private static final int DIRECTION_FIELD_OFFSET = 2;
    private static final int LOGIN_ID_FIELD_OFFSET = 4;
    private static final int NODE_ID_FIELD_OFFSET = 12;
    private static final int COUNTER_FIELD_OFFSET = 32;

    /**
     * What a datagram claims before its seal is checked.
     *
     * @param direction {@link #TO_NMS} or {@link #TO_NODE}
     * @param loginId names the common key
     * @param nodeId the node at the other end from the NMS
     * @param counter counter towards the NMS; without meaning towards the node
     */
    public record Header(int direction, long loginId, Id128 nodeId, long counter) {}

    private ControlEnvelope() {}

    /** The header of a control datagram, or {@code null} if it is not one. Never throws. */
    public static Header peek(byte[] datagram, int length) {
        if (length < HEADER_LENGTH + TAG_LENGTH
                || length > datagram.length
                || length > MAX_DATAGRAM_LENGTH
                || datagram[0] != DatagramType.CONTROL
                || datagram[VERSION_FIELD_OFFSET] != VERSION) {
            return null;
        }
        int direction = datagram[DIRECTION_FIELD_OFFSET];
        ByteBuffer buffer = ByteBuffer.wrap(datagram);
        boolean counted = buffer.getInt(NONCE_FIELD_OFFSET) == 0;
        if (direction != TO_NODE && !(direction == TO_NMS && counted)) {
            return null;
        }
        return new Header(
                direction,
                buffer.getLong(LOGIN_ID_FIELD_OFFSET),
                new Id128(
                        buffer.getLong(NODE_ID_FIELD_OFFSET),
                        buffer.getLong(NODE_ID_FIELD_OFFSET + Long.BYTES)),
                buffer.getLong(COUNTER_FIELD_OFFSET));
    }

    /** Writes the header at the start of {@code datagram}. */
    static void write(byte[] datagram, int direction, long loginId, Id128 nodeId, byte[] nonce) {
        ByteBuffer.wrap(datagram)
                .put(DatagramType.CONTROL)
                .put(VERSION)
                .put((byte) direction)
                .put((byte) 0)
                .putLong(loginId)
                .putLong(nodeId.high())
                .putLong(nodeId.low())
                .put(nonce);
    }
}
