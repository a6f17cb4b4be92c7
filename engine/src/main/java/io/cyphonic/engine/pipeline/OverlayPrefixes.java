package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.packet.IpPacket;

/**
 * The address space of the overlay: what is outside of it (multicast, for one) is not carried.
 * Immutable.
 */
public final class OverlayPrefixes {
    private static final int IPV4_BITS = 32;
    private static final int MAPPED_BITS = 96;
    private static final int IPV6_BITS = 128;

    private final byte[] ipv4;
    private final int ipv4Bits;
    private final byte[] ipv6;
    private final int ipv6Bits;

    /**
     * The two prefixes, either of which may be missing.
     *
     * @param ipv4 network address of 4 bytes, or {@code null}
     * @param ipv4Length prefix length, 0 to 32
     * @param ipv6 network address of 16 bytes, or {@code null}
     * @param ipv6Length prefix length, 0 to 128
     */
    public OverlayPrefixes(byte[] ipv4, int ipv4Length, byte[] ipv6, int ipv6Length) {
        require(ipv4, 4, ipv4Length, IPV4_BITS);
        require(ipv6, 16, ipv6Length, IPV6_BITS);
        this.ipv4 = ipv4 == null ? null : keyOf(ipv4);
        this.ipv4Bits = MAPPED_BITS + ipv4Length;
        this.ipv6 = ipv6 == null ? null : keyOf(ipv6);
        this.ipv6Bits = ipv6Length;
    }

    private static void require(byte[] address, int bytes, int length, int bits) {
        if (address != null && (address.length != bytes || length < 0 || length > bits)) {
            throw new IllegalArgumentException(
                    "an overlay prefix of "
                            + address.length
                            + " bytes and length "
                            + length
                            + "; allowed: 4 bytes and 0 to 32, or 16 bytes and 0 to 128");
        }
    }

    private static byte[] keyOf(byte[] address) {
        byte[] key = new byte[IpPacket.ADDRESS_KEY_LENGTH];
        IpPacket.addressKey(address, key);
        return key;
    }

    /** Whether an address key (16 bytes, IPv4 mapped) is inside; does not allocate. */
    boolean contains(byte[] key) {
        return ipv4 != null && startsWith(key, ipv4, ipv4Bits)
                || ipv6 != null && startsWith(key, ipv6, ipv6Bits);
    }

    private static boolean startsWith(byte[] key, byte[] prefix, int bits) {
        int whole = bits >>> 3;
        for (int i = 0; i < whole; i++) {
            if (key[i] != prefix[i]) {
                return false;
            }
        }
        int rest = bits & 7;
        return rest == 0 || (key[whole] ^ prefix[whole]) >> 8 - rest == 0;
    }
}
