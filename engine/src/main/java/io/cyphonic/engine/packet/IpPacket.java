package io.cyphonic.engine.packet;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads the headers of an IPv4 (RFC 791) or IPv6 (RFC 8200) packet in place. Static methods without
 * state; no allocation. A caller asks {@link #length} first; the other methods rely on its answer.
 */
public final class IpPacket {
    /** The packet is not what it should be. */
    public static final int MALFORMED = -1;

    /** There is no TCP or UDP header to be found: another protocol, or a fragment. */
    public static final int NO_TRANSPORT = -1;

    /** IPv4 header without options, in bytes. */
    public static final int IPV4_HEADER_LENGTH = 20;

    /** IPv6 header without extensions, in bytes. */
    public static final int IPV6_HEADER_LENGTH = 40;

    /** Length of an address key: an IPv6 address, or an IPv4 address mapped into one. */
    public static final int ADDRESS_KEY_LENGTH = 16;

    /**
     * Bytes of a packet that are looked at for its headers: IP with extensions and TCP or UDP. Both
     * ends have to agree: whoever sends completes a partial checksum that the other would not find
     * (docs/protocol.md).
     */
    public static final int FRONT_LENGTH = 128;

    /** Protocol number of TCP. */
    public static final int TCP = 6;

    /** Protocol number of UDP. */
    public static final int UDP = 17;

    private static final int MAX_EXTENSION_HEADERS = 8;

    static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private IpPacket() {}

    /** The version field: 4 and 6 are IP. */
    public static int version(byte[] buffer, int offset) {
        return buffer[offset] >>> 4 & 0xF;
    }

    /**
     * The length the packet says it has.
     *
     * @param available bytes there are
     * @return headers and payload in bytes, at most {@code available}; or {@link #MALFORMED}
     */
    public static int length(byte[] buffer, int offset, int available) {
        if (available < IPV4_HEADER_LENGTH) {
            return MALFORMED;
        }
        int length;
        switch (version(buffer, offset)) {
            case 4 -> {
                int header = ipv4HeaderLength(buffer, offset);
                length = unsignedShort(buffer, offset + 2);
                if (header < IPV4_HEADER_LENGTH || length < header) {
                    return MALFORMED;
                }
            }
            case 6 -> length = IPV6_HEADER_LENGTH + unsignedShort(buffer, offset + 4);
            default -> {
                return MALFORMED;
            }
        }
        return length <= available ? length : MALFORMED;
    }

    /** IPv4 header with options, in bytes, as the packet says. */
    static int ipv4HeaderLength(byte[] buffer, int offset) {
        return (buffer[offset] & 0xF) << 2;
    }

    /**
     * Finds the TCP or UDP header.
     *
     * @param length of the whole packet
     * @return {@code protocol << 16 | offset from the packet's start}; or {@link #NO_TRANSPORT}
     */
    public static int transport(byte[] buffer, int offset, int length) {
        return version(buffer, offset) == 4
                ? ipv4Transport(buffer, offset, length)
                : ipv6Transport(buffer, offset, length);
    }

    /** The protocol in an answer of {@link #transport}. */
    public static int protocolOf(int transport) {
        return transport >>> 16;
    }

    /** The offset in an answer of {@link #transport}. */
    public static int offsetOf(int transport) {
        return transport & 0xFFFF;
    }

    private static int ipv4Transport(byte[] buffer, int offset, int length) {
        boolean fragment = (unsignedShort(buffer, offset + 6) & 0x3FFF) != 0;
        int protocol = buffer[offset + 9] & 0xFF;
        return fragment
                ? NO_TRANSPORT
                : transportAt(protocol, ipv4HeaderLength(buffer, offset), length);
    }

    private static int ipv6Transport(byte[] buffer, int offset, int length) {
        int next = buffer[offset + 6] & 0xFF;
        int position = IPV6_HEADER_LENGTH;
        for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
            boolean skippable = next == 0 || next == 43 || next == 60;
            if (!skippable) {
                return transportAt(next, position, length);
            }
            if (position + 8 > length) {
                return NO_TRANSPORT;
            }
            next = buffer[offset + position] & 0xFF;
            position += (buffer[offset + position + 1] & 0xFF) + 1 << 3;
        }
        return NO_TRANSPORT;
    }

    private static int transportAt(int protocol, int position, int length) {
        int header = protocol == TCP ? TcpHeader.LENGTH : UdpHeader.LENGTH;
        boolean known = protocol == TCP || protocol == UDP;
        return known && position + header <= length ? protocol << 16 | position : NO_TRANSPORT;
    }

    /** Writes the destination as an address key. */
    public static void destinationKey(byte[] buffer, int offset, byte[] key) {
        if (version(buffer, offset) == 4) {
            mapIpv4(buffer, offset + 16, key);
        } else {
            System.arraycopy(buffer, offset + 24, key, 0, ADDRESS_KEY_LENGTH);
        }
    }

    /** Writes an address of 4 or 16 bytes as an address key. */
    public static void addressKey(byte[] address, byte[] key) {
        if (address.length == 4) {
            mapIpv4(address, 0, key);
        } else {
            System.arraycopy(address, 0, key, 0, ADDRESS_KEY_LENGTH);
        }
    }

    /** The address of 4 or 16 bytes in an address key. */
    public static byte[] addressOf(byte[] key) {
        boolean ipv4 = (long) LONG.get(key, 0) == 0 && (int) INT.get(key, 8) == 0xFFFF;
        return Arrays.copyOfRange(key, ipv4 ? 12 : 0, ADDRESS_KEY_LENGTH);
    }

    private static void mapIpv4(byte[] from, int offset, byte[] key) {
        LONG.set(key, 0, 0L);
        INT.set(key, 8, 0xFFFF);
        System.arraycopy(from, offset, key, 12, 4);
    }

    /**
     * Whether the source is one of the two addresses.
     *
     * @param ipv4 4 bytes, or {@code null}
     * @param ipv6 16 bytes, or {@code null}
     */
    public static boolean sourceIs(byte[] buffer, int offset, byte[] ipv4, byte[] ipv6) {
        if (version(buffer, offset) == 4) {
            return ipv4 != null && (int) INT.get(buffer, offset + 12) == (int) INT.get(ipv4, 0);
        }
        return ipv6 != null
                && (long) LONG.get(buffer, offset + 8) == (long) LONG.get(ipv6, 0)
                && (long) LONG.get(buffer, offset + 16) == (long) LONG.get(ipv6, 8);
    }

    /** Writes the length fields and, for IPv4, the header checksum. */
    static void setLength(byte[] buffer, int offset, int length) {
        if (version(buffer, offset) == 6) {
            SHORT.set(buffer, offset + 4, (short) (length - IPV6_HEADER_LENGTH));
            return;
        }
        SHORT.set(buffer, offset + 2, (short) length);
        SHORT.set(buffer, offset + 10, (short) 0);
        int sum = Checksum.fold(Checksum.sum(buffer, offset, ipv4HeaderLength(buffer, offset)));
        SHORT.set(buffer, offset + 10, (short) ~sum);
    }

    static int unsignedShort(byte[] buffer, int offset) {
        return (short) SHORT.get(buffer, offset) & 0xFFFF;
    }
}
