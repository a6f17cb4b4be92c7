package io.cyphonic.signaling.os;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Builds one rtnetlink request: {@code struct nlmsghdr}, a family header, and attributes of {@code
 * struct rtattr}, each padded to four bytes (netlink(7), rtnetlink(7)). Host byte order.
 */
final class NetlinkRequest {
    static final int HEADER_LENGTH = 16;

    private static final int CAPACITY = 1024;

    private final ByteBuffer buffer = ByteBuffer.allocate(CAPACITY).order(ByteOrder.nativeOrder());

    NetlinkRequest(int type, int flags, int sequence) {
        buffer.putInt(0).putShort((short) type).putShort((short) flags).putInt(sequence).putInt(0);
    }

    NetlinkRequest putByte(int value) {
        buffer.put((byte) value);
        return this;
    }

    NetlinkRequest putShort(int value) {
        buffer.putShort((short) value);
        return this;
    }

    NetlinkRequest putInt(int value) {
        buffer.putInt(value);
        return this;
    }

    NetlinkRequest attribute(int type, byte[] value) {
        buffer.putShort((short) (4 + value.length)).putShort((short) type).put(value);
        return pad();
    }

    NetlinkRequest attribute(int type, int value) {
        buffer.putShort((short) 8).putShort((short) type).putInt(value);
        return this;
    }

    NetlinkRequest attributeByte(int type, int value) {
        buffer.putShort((short) 5).putShort((short) type).put((byte) value);
        return pad();
    }

    /** Opens an attribute that holds attributes; returns what {@link #endNested} wants. */
    int beginNested(int type) {
        int start = buffer.position();
        buffer.putShort((short) 0).putShort((short) type);
        return start;
    }

    NetlinkRequest endNested(int start) {
        buffer.putShort(start, (short) (buffer.position() - start));
        return this;
    }

    /** The finished request. */
    byte[] bytes() {
        buffer.putInt(0, buffer.position());
        byte[] bytes = new byte[buffer.position()];
        buffer.get(0, bytes);
        return bytes;
    }

    private NetlinkRequest pad() {
        while ((buffer.position() & 3) != 0) {
            buffer.put((byte) 0);
        }
        return this;
    }
}
