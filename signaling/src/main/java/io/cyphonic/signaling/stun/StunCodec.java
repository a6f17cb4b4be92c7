package io.cyphonic.signaling.stun;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * Reads and writes Binding messages (RFC 8489, section 5; RFC 5780, section 7).
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---+---------------------------+-------------------------------+
 *  |0 0| message type              | message length                |
 *  +---+---------------------------+-------------------------------+
 *  | magic cookie = 0x2112A442                                     |
 *  +---------------------------------------------------------------+
 *  | transaction id (12 bytes)                                     |
 *  +-------------------------------+-------------------------------+
 *  | attribute type                | attribute length              |
 *  +-------------------------------+-------------------------------+
 *  | value, padded to a multiple of 4 ...
 *  +---------------------------------------------------------------
 * </pre>
 *
 * <p>Big-endian. Any bytes are safe to decode. Static methods without state.
 */
public final class StunCodec {
    /** Length of the header. */
    public static final int HEADER_LENGTH = 20;

    /** No longer message is looked at: nothing asked here needs more. */
    public static final int MAX_LENGTH = 548;

    /**
     * Not of any RFC: the second port of a server that has no second address, which OTHER-ADDRESS
     * must not tell (RFC 5780, section 7.4). Comprehension-optional: who does not know it, skips
     * it. Value: port (2 bytes), zero (2 bytes).
     */
    public static final int ALTERNATE_PORT = 0xF447;

    private static final int MAGIC_COOKIE = 0x2112A442;
    private static final int COOKIE_OFFSET = 4;
    private static final int ID_OFFSET = 8;
    private static final int FIRST_OPTIONAL = 0x8000;
    private static final int FINGERPRINT_XOR = 0x5354554E;
    private static final int FINGERPRINT_LENGTH = 8;

    private static final int MAPPED_ADDRESS = 0x0001;
    private static final int CHANGE_REQUEST = 0x0003;
    private static final int ERROR_CODE = 0x0009;
    private static final int UNKNOWN_ATTRIBUTES = 0x000A;
    private static final int XOR_MAPPED_ADDRESS = 0x0020;
    private static final int FINGERPRINT = 0x8028;
    private static final int RESPONSE_ORIGIN = 0x802B;
    private static final int OTHER_ADDRESS = 0x802C;

    /** Known, and without a meaning for us: credentials that nobody here asks for. */
    private static final Set<Integer> IGNORED =
            Set.of(0x0006, 0x0008, 0x0014, 0x0015, 0x001C, 0x001D, 0x001E);

    private static final int FAMILY_IPV4 = 1;
    private static final int FAMILY_IPV6 = 2;

    private StunCodec() {}

    /** Whether bytes claim to be STUN: first two bits zero and the magic cookie in its place. */
    public static boolean isStun(byte[] datagram, int length) {
        return length >= HEADER_LENGTH
                && (datagram[0] & 0xC0) == 0
                && ByteBuffer.wrap(datagram).getInt(COOKIE_OFFSET) == MAGIC_COOKIE;
    }

    /**
     * Reads a Binding message.
     *
     * @return the message; {@code null} if the bytes are none, or its fingerprint is wrong
     */
    public static StunMessage decode(byte[] datagram, int length) {
        if (length > MAX_LENGTH || !isStun(datagram, length)) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(datagram, 0, length);
        StunType type = StunType.of(Short.toUnsignedInt(in.getShort()));
        int bodyLength = Short.toUnsignedInt(in.getShort());
        if (type == null || bodyLength % 4 != 0 || bodyLength != length - HEADER_LENGTH) {
            return null;
        }
        in.position(ID_OFFSET);
        Fields fields = new Fields();
        fields.id = new StunTransactionId(in.getInt(), in.getLong());
        return readAttributes(in, fields) ? fields.message(type) : null;
    }

    private static boolean readAttributes(ByteBuffer in, Fields fields) {
        while (in.hasRemaining()) {
            int start = in.position();
            int type = Short.toUnsignedInt(in.getShort());
            int length = Short.toUnsignedInt(in.getShort());
            int padded = (length + 3) & ~3;
            if (padded > in.remaining()) {
                return false;
            }
            ByteBuffer value = in.slice(in.position(), length);
            in.position(in.position() + padded);
            if (type == FINGERPRINT) {
                fields.fingerprint = true;
                // It has to be the last attribute, and right.
                return !in.hasRemaining()
                        && length == Integer.BYTES
                        && value.getInt() == fingerprint(in.array(), start);
            }
            if (!readAttribute(type, value, fields)) {
                return false;
            }
        }
        return true;
    }

    private static boolean readAttribute(int type, ByteBuffer value, Fields fields) {
        switch (type) {
            case XOR_MAPPED_ADDRESS -> {
                InetSocketAddress address = readAddress(value, fields.id, true);
                fields.xorMapped = fields.xorMapped == null ? address : fields.xorMapped;
                return address != null;
            }
            case MAPPED_ADDRESS -> {
                fields.mapped = readAddress(value, fields.id, false);
                return fields.mapped != null;
            }
            case RESPONSE_ORIGIN -> {
                fields.origin = readAddress(value, fields.id, false);
                return fields.origin != null;
            }
            case OTHER_ADDRESS -> {
                fields.other = readAddress(value, fields.id, false);
                return fields.other != null;
            }
            case CHANGE_REQUEST -> {
                fields.change = value.remaining() == Integer.BYTES ? value.getInt() & 0x06 : -1;
                return fields.change >= 0;
            }
            case ALTERNATE_PORT -> {
                fields.alternatePort =
                        value.remaining() == Integer.BYTES
                                ? Short.toUnsignedInt(value.getShort())
                                : -1;
                return fields.alternatePort >= 0;
            }
            case ERROR_CODE -> {
                return readErrorCode(value, fields);
            }
            case UNKNOWN_ATTRIBUTES -> {
                while (value.remaining() >= Short.BYTES) {
                    fields.addUnknown(Short.toUnsignedInt(value.getShort()));
                }
                return true;
            }
            default -> {
                if (type < FIRST_OPTIONAL && !IGNORED.contains(type)) {
                    fields.addUnknown(type);
                }
                return true;
            }
        }
    }

    private static boolean readErrorCode(ByteBuffer value, Fields fields) {
        if (value.remaining() < Integer.BYTES) {
            return false;
        }
        int number = value.getInt();
        int hundreds = number >>> 8 & 0x07;
        int rest = number & 0xFF;
        fields.errorCode = hundreds * 100 + rest;
        return hundreds >= 3 && hundreds <= 6 && rest < 100;
    }

    private static InetSocketAddress readAddress(
            ByteBuffer value, StunTransactionId id, boolean xor) {
        int length = value.remaining();
        if (length != 8 && length != 20) {
            return null;
        }
        value.get();
        int family = value.get();
        int port = Short.toUnsignedInt(value.getShort());
        if (family != (length == 8 ? FAMILY_IPV4 : FAMILY_IPV6)) {
            return null;
        }
        byte[] address = new byte[length - 4];
        value.get(address);
        if (xor) {
            port ^= MAGIC_COOKIE >>> 16;
            applyXor(address, id);
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (UnknownHostException e) {
            throw new AssertionError("four or sixteen bytes are an address", e);
        }
    }

    private static void applyXor(byte[] address, StunTransactionId id) {
        byte[] mask =
                ByteBuffer.allocate(16)
                        .putInt(MAGIC_COOKIE)
                        .putInt(id.high())
                        .putLong(id.low())
                        .array();
        for (int i = 0; i < address.length; i++) {
            address[i] ^= mask[i];
        }
    }

    /** Writes a message, and not a byte more than what it says. */
    public static byte[] encode(StunMessage message) {
        ByteBuffer out = ByteBuffer.allocate(MAX_LENGTH);
        out.putShort((short) message.type().value()).putShort((short) 0).putInt(MAGIC_COOKIE);
        out.putInt(message.id().high()).putLong(message.id().low());
        if (message.errorCode() != 0) {
            writeError(out, message);
        }
        writeAddress(out, XOR_MAPPED_ADDRESS, message.mapped(), message.id());
        writeAddress(out, RESPONSE_ORIGIN, message.origin(), null);
        writeAddress(out, OTHER_ADDRESS, message.other(), null);
        if (message.change() >= 0) {
            out.putShort((short) CHANGE_REQUEST).putShort((short) 4).putInt(message.change());
        }
        if (message.alternatePort() >= 0) {
            out.putShort((short) ALTERNATE_PORT).putShort((short) 4);
            out.putShort((short) message.alternatePort()).putShort((short) 0);
        }
        int end = out.position() + (message.fingerprint() ? FINGERPRINT_LENGTH : 0);
        out.putShort(2, (short) (end - HEADER_LENGTH));
        if (message.fingerprint()) {
            int value = fingerprint(out.array(), out.position());
            out.putShort((short) FINGERPRINT).putShort((short) 4).putInt(value);
        }
        byte[] bytes = new byte[end];
        out.get(0, bytes);
        return bytes;
    }

    private static void writeError(ByteBuffer out, StunMessage message) {
        byte[] reason =
                (message.errorCode() == 420 ? "Unknown attribute" : "Error")
                        .getBytes(StandardCharsets.US_ASCII);
        out.putShort((short) ERROR_CODE).putShort((short) (4 + reason.length));
        out.putInt(message.errorCode() / 100 << 8 | message.errorCode() % 100).put(reason);
        pad(out);
        if (!message.unknown().isEmpty()) {
            out.putShort((short) UNKNOWN_ATTRIBUTES)
                    .putShort((short) (Short.BYTES * message.unknown().size()));
            message.unknown().forEach(type -> out.putShort(type.shortValue()));
            pad(out);
        }
    }

    private static void pad(ByteBuffer out) {
        while (out.position() % 4 != 0) {
            out.put((byte) 0);
        }
    }

    /** With an id the value is XORed. */
    private static void writeAddress(
            ByteBuffer out, int type, InetSocketAddress address, StunTransactionId id) {
        if (address == null) {
            return;
        }
        byte[] bytes = address.getAddress().getAddress();
        int port = address.getPort();
        if (id != null) {
            applyXor(bytes, id);
            port ^= MAGIC_COOKIE >>> 16;
        }
        boolean ipv4 = address.getAddress() instanceof Inet4Address;
        out.putShort((short) type).putShort((short) (4 + bytes.length));
        out.put((byte) 0).put((byte) (ipv4 ? FAMILY_IPV4 : FAMILY_IPV6));
        out.putShort((short) port).put(bytes);
    }

    private static int fingerprint(byte[] message, int length) {
        CRC32 crc = new CRC32();
        crc.update(message, 0, length);
        return (int) crc.getValue() ^ FINGERPRINT_XOR;
    }

    /** What has been read so far. */
    private static final class Fields {
        private StunTransactionId id;
        private InetSocketAddress xorMapped;
        private InetSocketAddress mapped;
        private InetSocketAddress origin;
        private InetSocketAddress other;
        private int change = StunMessage.ABSENT;
        private int alternatePort = StunMessage.ABSENT;
        private int errorCode;
        private final List<Integer> unknown = new ArrayList<>();
        private boolean fingerprint;

        private void addUnknown(int type) {
            if (unknown.size() < StunMessage.MAX_UNKNOWN) {
                unknown.add(type);
            }
        }

        private StunMessage message(StunType type) {
            return new StunMessage(
                    type,
                    id,
                    xorMapped == null ? mapped : xorMapped,
                    origin,
                    other,
                    change,
                    alternatePort,
                    errorCode,
                    unknown,
                    fingerprint);
        }
    }
}
