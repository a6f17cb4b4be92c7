package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Procedure;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * What the NMS must know to go on with a direction when the responder confirms it. It travels in
 * the messages, sealed ({@link DirectionSeal}), so that no NMS keeps it and any NMS can go on.
 *
 * @param initiator address the direction request came from
 * @param relayId the relay chosen for the path, 0 for none
 */
record DirectionState(
        Id128 initiatorId,
        long initiatorLoginId,
        InetSocketAddress initiator,
        Id128 responderId,
        Id128 pathId,
        long transactionId,
        Procedure procedure,
        long expiryMillis,
        int relayId) {
    /** Length in bytes of the encoded state. */
    static final int ENCODED_LENGTH = 16 + 8 + 16 + 2 + 16 + 16 + 8 + 1 + 8 + 2;

    byte[] encode() {
        ByteBuffer buffer = ByteBuffer.allocate(ENCODED_LENGTH);
        put(buffer, initiatorId).putLong(initiatorLoginId);
        byte[] address = initiator.getAddress().getAddress();
        if (address.length == 4) {
            buffer.putLong(0).putInt(0xFFFF).put(address);
        } else {
            buffer.put(address);
        }
        buffer.putShort((short) initiator.getPort());
        put(buffer, responderId);
        put(buffer, pathId);
        buffer.putLong(transactionId).put((byte) procedure.value()).putLong(expiryMillis);
        buffer.putShort((short) relayId);
        return buffer.array();
    }

    /** Only for bytes that {@link #encode} made. */
    static DirectionState decode(byte[] encoded) {
        ByteBuffer buffer = ByteBuffer.wrap(encoded);
        Id128 initiatorId = id(buffer);
        long initiatorLoginId = buffer.getLong();
        byte[] address = new byte[16];
        buffer.get(address);
        int port = buffer.getShort() & 0xFFFF;
        return new DirectionState(
                initiatorId,
                initiatorLoginId,
                new InetSocketAddress(address(address), port),
                id(buffer),
                id(buffer),
                buffer.getLong(),
                Procedure.get(buffer.get()),
                buffer.getLong(),
                Short.toUnsignedInt(buffer.getShort()));
    }

    private static ByteBuffer put(ByteBuffer buffer, Id128 id) {
        return buffer.putLong(id.high()).putLong(id.low());
    }

    private static Id128 id(ByteBuffer buffer) {
        return new Id128(buffer.getLong(), buffer.getLong());
    }

    private static InetAddress address(byte[] bytes) {
        try {
            // IPv4-mapped bytes come back as an IPv4 address.
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("sixteen bytes are an address", e);
        }
    }
}
