package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.protocol.Id128;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads and writes the fields of records in the shared tables: big-endian, at fixed offsets. */
final class RecordFields {
    static final int ID_LENGTH = 16;

    /** Family, sixteen bytes of address, port. */
    static final int SOCKET_LENGTH = 1 + 16 + 2;

    /** Longest name (RFC 1035, section 2.3.4) with its length. */
    static final int NAME_LENGTH = 1 + 253;

    private static final byte NO_FAMILY = 0;
    private static final byte IPV4 = 4;
    private static final byte IPV6 = 6;

    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private RecordFields() {}

    static int getShort(byte[] record, int offset) {
        return (short) SHORT.get(record, offset) & 0xFFFF;
    }

    static void putShort(byte[] record, int offset, int value) {
        SHORT.set(record, offset, (short) value);
    }

    static int getInt(byte[] record, int offset) {
        return (int) INT.get(record, offset);
    }

    static void putInt(byte[] record, int offset, int value) {
        INT.set(record, offset, value);
    }

    static long getLong(byte[] record, int offset) {
        return (long) LONG.get(record, offset);
    }

    static void putLong(byte[] record, int offset, long value) {
        LONG.set(record, offset, value);
    }

    static Id128 getId(byte[] record, int offset) {
        return new Id128(getLong(record, offset), getLong(record, offset + 8));
    }

    static void putId(byte[] record, int offset, Id128 id) {
        putLong(record, offset, id.high());
        putLong(record, offset + 8, id.low());
    }

    static String getName(byte[] record, int offset) {
        return new String(record, offset + 1, record[offset] & 0xFF, StandardCharsets.US_ASCII);
    }

    /** Names come from certificates and from callers that check them: ASCII, at most 253. */
    static void putName(byte[] record, int offset, String name) {
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        if (ascii.length >= NAME_LENGTH) {
            throw new IllegalArgumentException(
                    "a name has at most 253 bytes, found " + ascii.length);
        }
        record[offset] = (byte) ascii.length;
        System.arraycopy(ascii, 0, record, offset + 1, ascii.length);
    }

    /** The address of a family at an offset; {@code null} if all zero. */
    static InetAddress getAddress(byte[] record, int offset, int length) {
        byte[] raw = Arrays.copyOfRange(record, offset, offset + length);
        for (byte octet : raw) {
            if (octet != 0) {
                return address(raw);
            }
        }
        return null;
    }

    static void putAddress(byte[] record, int offset, int length, InetAddress address) {
        if (address == null) {
            Arrays.fill(record, offset, offset + length, (byte) 0);
        } else {
            System.arraycopy(address.getAddress(), 0, record, offset, length);
        }
    }

    static InetSocketAddress getSocket(byte[] record, int offset) {
        byte family = record[offset];
        if (family == NO_FAMILY) {
            return null;
        }
        int length = family == IPV4 ? 4 : 16;
        byte[] raw = Arrays.copyOfRange(record, offset + 1, offset + 1 + length);
        return new InetSocketAddress(address(raw), getShort(record, offset + 17));
    }

    static void putSocket(byte[] record, int offset, InetSocketAddress socket) {
        Arrays.fill(record, offset, offset + SOCKET_LENGTH, (byte) 0);
        if (socket != null) {
            byte[] raw = socket.getAddress().getAddress();
            record[offset] = socket.getAddress() instanceof Inet4Address ? IPV4 : IPV6;
            System.arraycopy(raw, 0, record, offset + 1, raw.length);
            putShort(record, offset + 17, socket.getPort());
        }
    }

    static List<InetSocketAddress> getSockets(byte[] record, int offset) {
        int count = record[offset] & 0xFF;
        List<InetSocketAddress> sockets = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            sockets.add(getSocket(record, offset + 1 + i * SOCKET_LENGTH));
        }
        return sockets;
    }

    static void putSockets(byte[] record, int offset, List<InetSocketAddress> sockets, int most) {
        int count = Math.min(sockets.size(), most);
        record[offset] = (byte) count;
        for (int i = 0; i < count; i++) {
            putSocket(record, offset + 1 + i * SOCKET_LENGTH, sockets.get(i));
        }
    }

    /** Bytes with a length of two bytes in front. */
    static byte[] getBytes(byte[] record, int offset) {
        int length = getShort(record, offset);
        return Arrays.copyOfRange(record, offset + 2, offset + 2 + length);
    }

    static void putBytes(byte[] record, int offset, byte[] bytes, int most) {
        if (bytes.length > most) {
            throw new IllegalArgumentException(
                    "room for %d bytes, found %d".formatted(most, bytes.length));
        }
        putShort(record, offset, bytes.length);
        System.arraycopy(bytes, 0, record, offset + 2, bytes.length);
    }

    private static InetAddress address(byte[] raw) {
        try {
            return InetAddress.getByAddress(raw);
        } catch (UnknownHostException e) {
            throw new AssertionError("an address of 4 or 16 bytes is always legal", e);
        }
    }
}
