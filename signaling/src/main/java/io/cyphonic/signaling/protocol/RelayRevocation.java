package io.cyphonic.signaling.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The NMS tells a relay which nodes were revoked: their channels end, and they get no others.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+---------------+---------------+
 * | type = 0x4C   | version = 1   | nodes         | 0             |
 * +---------------+---------------+---------------+---------------+
 * | node id (16 bytes each) ...                                   |
 * +---------------------------------------------------------------+
 * | code (16 bytes)                                               |
 * +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Not answered. A node is revoked for good, so a copy that comes late, again or out of order
 * says nothing wrong: neither a sequence nor a time is needed. The code is that of {@code
 * RelayCode} under the key that {@code RelayKeys} derives for revocations; the encoder leaves it
 * zero.
 *
 * @param nodeIds 1 to {@value #MAX_NODES}
 */
public record RelayRevocation(List<Id128> nodeIds) {
    /** Most nodes in one datagram. */
    public static final int MAX_NODES = 64;

    private static final int HEADER_LENGTH = 4;
    private static final int ID_LENGTH = 16;
    private static final int LEAST_LENGTH = HEADER_LENGTH + RelayMessage.CODE_LENGTH;

    /** Checks their number. */
    public RelayRevocation {
        nodeIds = List.copyOf(nodeIds);
        if (nodeIds.isEmpty() || nodeIds.size() > MAX_NODES) {
            throw new IllegalArgumentException(
                    nodeIds.size() + " nodes; allowed are 1 to " + MAX_NODES);
        }
    }

    /** The datagram with a code of zeros. */
    public byte[] encode() {
        ByteBuffer bytes =
                ByteBuffer.allocate(LEAST_LENGTH + nodeIds.size() * ID_LENGTH)
                        .put(DatagramType.RELAY_REVOCATION)
                        .put(RelayMessage.VERSION)
                        .put((byte) nodeIds.size())
                        .put((byte) 0);
        nodeIds.forEach(id -> bytes.putLong(id.high()).putLong(id.low()));
        return bytes.array();
    }

    /** What a datagram says, its code unchecked; {@code null} if it is not of this form. */
    public static RelayRevocation decode(byte[] datagram) {
        if (datagram.length < LEAST_LENGTH
                || datagram[0] != DatagramType.RELAY_REVOCATION
                || datagram[1] != RelayMessage.VERSION
                || datagram[2] < 1
                || datagram[2] > MAX_NODES
                || datagram[3] != 0
                || datagram.length != LEAST_LENGTH + datagram[2] * ID_LENGTH) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.wrap(datagram).position(HEADER_LENGTH);
        List<Id128> nodeIds = new ArrayList<>(datagram[2]);
        for (int left = datagram[2]; left > 0; left--) {
            nodeIds.add(new Id128(bytes.getLong(), bytes.getLong()));
        }
        return new RelayRevocation(nodeIds);
    }
}
