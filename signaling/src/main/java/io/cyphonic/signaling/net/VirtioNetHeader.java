package io.cyphonic.signaling.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads and writes {@code struct virtio_net_hdr}, which stands before every packet on a TUN device
 * opened with {@code IFF_VNET_HDR} (linux/virtio_net.h; virtio specification 1.2, section 5.1.6.1).
 * Little-endian, ten bytes:
 *
 * <pre>
 *  byte 0      flags        NEEDS_CSUM: the transport checksum is only the pseudo-header sum
 *  byte 1      gso_type     NONE, TCPV4, TCPV6, UDP_L4, possibly with ECN
 *  bytes 2-3   hdr_len      length of IP and transport headers together
 *  bytes 4-5   gso_size     payload bytes per segment
 *  bytes 6-7   csum_start   where the summed part begins, from the start of the packet
 *  bytes 8-9   csum_offset  where the checksum is, from csum_start
 * </pre>
 *
 * Static methods without state; no allocation.
 */
public final class VirtioNetHeader {
    /** Length of the header in bytes. */
    public static final int LENGTH = 10;

    /** {@code VIRTIO_NET_HDR_F_NEEDS_CSUM}. */
    public static final int FLAG_NEEDS_CSUM = 1;

    /** {@code VIRTIO_NET_HDR_GSO_NONE}. */
    public static final int GSO_NONE = 0;

    /** {@code VIRTIO_NET_HDR_GSO_TCPV4}. */
    public static final int GSO_TCPV4 = 1;

    /** {@code VIRTIO_NET_HDR_GSO_TCPV6}. */
    public static final int GSO_TCPV6 = 4;

    /** {@code VIRTIO_NET_HDR_GSO_UDP_L4}, Linux 6.2 and later. */
    public static final int GSO_UDP_L4 = 5;

    /** {@code VIRTIO_NET_HDR_GSO_ECN}: the first segment carries CWR. */
    public static final int GSO_ECN = 0x80;

    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private VirtioNetHeader() {}

    /** Writes the whole header at {@code offset}. */
    public static void write(
            byte[] buffer,
            int offset,
            int flags,
            int gsoType,
            int headerLength,
            int gsoSize,
            int checksumStart,
            int checksumOffset) {
        buffer[offset] = (byte) flags;
        buffer[offset + 1] = (byte) gsoType;
        SHORT.set(buffer, offset + 2, (short) headerLength);
        SHORT.set(buffer, offset + 4, (short) gsoSize);
        SHORT.set(buffer, offset + 6, (short) checksumStart);
        SHORT.set(buffer, offset + 8, (short) checksumOffset);
    }

    /** The flags. */
    public static int flags(byte[] buffer, int offset) {
        return buffer[offset] & 0xFF;
    }

    /** The GSO type, with {@link #GSO_ECN} where set. */
    public static int gsoType(byte[] buffer, int offset) {
        return buffer[offset + 1] & 0xFF;
    }

    /** IP and transport headers together, in bytes; a hint, may be wrong on old kernels. */
    public static int headerLength(byte[] buffer, int offset) {
        return (short) SHORT.get(buffer, offset + 2) & 0xFFFF;
    }

    /** Payload bytes per segment. */
    public static int gsoSize(byte[] buffer, int offset) {
        return (short) SHORT.get(buffer, offset + 4) & 0xFFFF;
    }

    /** Where the summed part begins, from the start of the packet. */
    public static int checksumStart(byte[] buffer, int offset) {
        return (short) SHORT.get(buffer, offset + 6) & 0xFFFF;
    }

    /** Where the checksum is, from the start of the summed part. */
    public static int checksumOffset(byte[] buffer, int offset) {
        return (short) SHORT.get(buffer, offset + 8) & 0xFFFF;
    }
}
