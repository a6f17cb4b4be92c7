package io.cyphonic.engine.packet;

import io.cyphonic.signaling.net.VirtioNetHeader;

import java.util.Arrays;

/**
 * Makes the answer to a packet that is too long for its path: ICMP Destination Unreachable,
 * Fragmentation Needed (RFC 792, next-hop MTU as in RFC 1191), or ICMPv6 Packet Too Big (RFC 4443,
 * section 3.2). With an empty virtio header in front.
 *
 * <p>It comes from the packet's destination: the host takes it from the virtual interface under any
 * address that is routed there, but not under its own. Static, no allocation.
 */
public final class TooBigAnswer {
    /** What the longest answer needs, virtio header included. */
    public static final int CAPACITY = VirtioNetHeader.LENGTH + 1280;

    /** No answer may be sent to this packet (RFC 1122, section 3.2.2; RFC 4443, section 2.4). */
    public static final int NONE = 0;

    private static final int ICMP_HEADER_LENGTH = 8;
    private static final int IPV4_CAPACITY = 576;
    private static final int IPV6_CAPACITY = 1280;
    private static final int ICMP = 1;
    private static final int ICMPV6 = 58;
    private static final byte ICMP_UNREACHABLE = 3;
    private static final byte ICMP_FRAGMENTATION_NEEDED = 4;
    private static final byte ICMPV6_TOO_BIG = 2;
    private static final int ICMPV6_FIRST_INFORMATION = 128;
    private static final byte HOPS = 64;

    /** Precedence "internetwork control", as RFC 1812, section 4.3.2.5, wants it. */
    private static final byte INTERNETWORK_CONTROL = (byte) 0xC0;

    private TooBigAnswer() {}

    /**
     * Writes the answer.
     *
     * @param buffer holds the packet from {@code at} on, or at least as much of it as an answer may
     *     quote
     * @param length of the packet, or of the first segment of a super-packet
     * @param mtu what would have been short enough
     * @param out receives virtio header and answer, from 0 on
     * @return bytes written, or {@link #NONE}
     */
    public static int write(byte[] buffer, int at, int length, int mtu, byte[] out) {
        return IpPacket.version(buffer, at) == 4
                ? writeIpv4(buffer, at, length, mtu, out)
                : writeIpv6(buffer, at, length, mtu, out);
    }

    private static int writeIpv4(byte[] buffer, int at, int length, int mtu, byte[] out) {
        boolean laterFragment = (IpPacket.unsignedShort(buffer, at + 6) & 0x1FFF) != 0;
        int transport = at + IpPacket.ipv4HeaderLength(buffer, at);
        int firstOfSource = buffer[at + 12] & 0xFF;
        boolean single = firstOfSource != 0 && firstOfSource != 127 && firstOfSource < 224;
        if (laterFragment
                || !single
                || (buffer[at + 9] & 0xFF) == ICMP && isIcmpError(buffer[transport])) {
            return NONE;
        }
        int ip = VirtioNetHeader.LENGTH;
        int icmp = ip + IpPacket.IPV4_HEADER_LENGTH;
        int quote = icmp + ICMP_HEADER_LENGTH;
        int quoted =
                Math.min(length, IPV4_CAPACITY - IpPacket.IPV4_HEADER_LENGTH - ICMP_HEADER_LENGTH);
        Arrays.fill(out, 0, quote, (byte) 0);
        System.arraycopy(buffer, at, out, quote, quoted);
        IpPacket.setLength(out, quote, length);
        out[icmp] = ICMP_UNREACHABLE;
        out[icmp + 1] = ICMP_FRAGMENTATION_NEEDED;
        IpPacket.SHORT.set(out, icmp + 6, (short) mtu);
        int icmpLength = ICMP_HEADER_LENGTH + quoted;
        int sum = Checksum.fold(Checksum.sum(out, icmp, icmpLength));
        IpPacket.SHORT.set(out, icmp + 2, (short) ~sum);
        out[ip] = 0x45;
        out[ip + 1] = INTERNETWORK_CONTROL;
        out[ip + 6] = 0x40;
        out[ip + 8] = HOPS;
        out[ip + 9] = ICMP;
        System.arraycopy(buffer, at + 16, out, ip + 12, 4);
        System.arraycopy(buffer, at + 12, out, ip + 16, 4);
        IpPacket.setLength(out, ip, IpPacket.IPV4_HEADER_LENGTH + icmpLength);
        return quote + quoted;
    }

    /** Unreachable, source quench, redirect, time exceeded, parameter problem. */
    private static boolean isIcmpError(byte type) {
        return type >= 3 && type <= 5 || type == 11 || type == 12;
    }

    private static int writeIpv6(byte[] buffer, int at, int length, int mtu, byte[] out) {
        int next = buffer[at + 6] & 0xFF;
        boolean error =
                next == ICMPV6
                        && length > IpPacket.IPV6_HEADER_LENGTH
                        && (buffer[at + IpPacket.IPV6_HEADER_LENGTH] & 0xFF)
                                < ICMPV6_FIRST_INFORMATION;
        boolean multicast = buffer[at + 8] == (byte) 0xFF;
        boolean unspecified =
                ((long) IpPacket.LONG.get(buffer, at + 8)
                                | (long) IpPacket.LONG.get(buffer, at + 16))
                        == 0;
        if (error || multicast || unspecified) {
            return NONE;
        }
        int ip = VirtioNetHeader.LENGTH;
        int icmp = ip + IpPacket.IPV6_HEADER_LENGTH;
        int quote = icmp + ICMP_HEADER_LENGTH;
        int quoted =
                Math.min(length, IPV6_CAPACITY - IpPacket.IPV6_HEADER_LENGTH - ICMP_HEADER_LENGTH);
        Arrays.fill(out, 0, quote, (byte) 0);
        System.arraycopy(buffer, at, out, quote, quoted);
        IpPacket.setLength(out, quote, length);
        int icmpLength = ICMP_HEADER_LENGTH + quoted;
        out[ip] = 0x60;
        out[ip + 6] = ICMPV6;
        out[ip + 7] = HOPS;
        System.arraycopy(buffer, at + 24, out, ip + 8, 16);
        System.arraycopy(buffer, at + 8, out, ip + 24, 16);
        IpPacket.setLength(out, ip, IpPacket.IPV6_HEADER_LENGTH + icmpLength);
        out[icmp] = ICMPV6_TOO_BIG;
        IpPacket.INT.set(out, icmp + 4, mtu);
        long sum = Checksum.pseudoHeader(out, ip, ICMPV6) + icmpLength;
        sum += Checksum.sum(out, icmp, icmpLength);
        IpPacket.SHORT.set(out, icmp + 2, (short) ~Checksum.fold(sum));
        return quote + quoted;
    }
}
