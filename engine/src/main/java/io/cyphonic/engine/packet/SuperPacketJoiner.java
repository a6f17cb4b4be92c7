package io.cyphonic.engine.packet;

import io.cyphonic.signaling.net.VirtioNetHeader;

/**
 * Decides whether segments belong to one super-packet again and makes its headers; the payloads are
 * already in a row. Follows the rules of the kernel's receive offload (tcp_gro_receive,
 * udp_gro_receive): what would be lost by joining prevents it. Static, no allocation.
 */
public final class SuperPacketJoiner {
    private static final int MAX_PACKET_LENGTH = 65_535;

    private SuperPacketJoiner() {}

    /**
     * Whether the segment at {@code next} may follow in the super-packet that begins at {@code
     * head}.
     *
     * @param headerLength IP and transport headers of both, checked against the headers
     * @param payloadBefore payload bytes already joined, of the head and what follows it
     * @param nextPayload payload bytes of the segment
     */
    public static boolean continues(
            byte[] headBuffer,
            int head,
            byte[] nextBuffer,
            int next,
            int headerLength,
            int payloadBefore,
            int nextPayload) {
        if (headerLength + payloadBefore + nextPayload > MAX_PACKET_LENGTH
                || headBuffer[head] != nextBuffer[next]) {
            return false;
        }
        boolean ipv4 = IpPacket.version(headBuffer, head) == 4;
        boolean sameNetworkHeader =
                ipv4
                        ? sameIpv4(headBuffer, head, nextBuffer, next)
                        : sameIpv6(headBuffer, head, nextBuffer, next);
        if (!sameNetworkHeader) {
            return false;
        }
        int transport =
                ipv4 ? IpPacket.ipv4HeaderLength(headBuffer, head) : IpPacket.IPV6_HEADER_LENGTH;
        boolean tcp = protocol(headBuffer, head) == IpPacket.TCP;
        return tcp
                ? sameTcp(
                        headBuffer,
                        head + transport,
                        nextBuffer,
                        next + transport,
                        headerLength - transport,
                        payloadBefore)
                : sameInt(headBuffer, head + transport, nextBuffer, next + transport);
    }

    private static int protocol(byte[] buffer, int offset) {
        return buffer[offset + (IpPacket.version(buffer, offset) == 4 ? 9 : 6)] & 0xFF;
    }

    /** All but length, identification and checksum. */
    private static boolean sameIpv4(byte[] a, int aAt, byte[] b, int bAt) {
        return a[aAt + 1] == b[bAt + 1]
                && sameInt(a, aAt + 6, b, bAt + 6)
                && sameLong(a, aAt + 12, b, bAt + 12)
                && sameWords(
                        a,
                        aAt + IpPacket.IPV4_HEADER_LENGTH,
                        b,
                        bAt + IpPacket.IPV4_HEADER_LENGTH,
                        IpPacket.ipv4HeaderLength(a, aAt) - IpPacket.IPV4_HEADER_LENGTH);
    }

    /** All but the length. */
    private static boolean sameIpv6(byte[] a, int aAt, byte[] b, int bAt) {
        return sameInt(a, aAt, b, bAt)
                && IpPacket.unsignedShort(a, aAt + 6) == IpPacket.unsignedShort(b, bAt + 6)
                && sameLong(a, aAt + 8, b, bAt + 8)
                && sameLong(a, aAt + 16, b, bAt + 16)
                && sameLong(a, aAt + 24, b, bAt + 24)
                && sameLong(a, aAt + 32, b, bAt + 32);
    }

    private static boolean sameTcp(
            byte[] a, int aAt, byte[] b, int bAt, int length, int payloadBefore) {
        int sequence = (int) IpPacket.INT.get(a, aAt + TcpHeader.SEQUENCE_FIELD_OFFSET);
        int nextSequence = (int) IpPacket.INT.get(b, bAt + TcpHeader.SEQUENCE_FIELD_OFFSET);
        int headFlags = a[aAt + TcpHeader.FLAGS_FIELD_OFFSET] & 0xFF;
        int nextFlags = b[bAt + TcpHeader.FLAGS_FIELD_OFFSET] & 0xFF;
        int lastOnly = TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH;
        int acknowledgement = TcpHeader.ACKNOWLEDGEMENT_FIELD_OFFSET;
        int dataOffset = TcpHeader.DATA_OFFSET_FIELD_OFFSET;
        int window = TcpHeader.WINDOW_FIELD_OFFSET;
        int urgent = TcpHeader.URGENT_FIELD_OFFSET;
        return nextSequence == sequence + payloadBefore
                && sameInt(a, aAt, b, bAt)
                && sameInt(a, aAt + acknowledgement, b, bAt + acknowledgement)
                && a[aAt + dataOffset] == b[bAt + dataOffset]
                && (headFlags & ~TcpHeader.FLAG_CWR) == (nextFlags & ~lastOnly)
                && IpPacket.unsignedShort(a, aAt + window)
                        == IpPacket.unsignedShort(b, bAt + window)
                && IpPacket.unsignedShort(a, aAt + urgent)
                        == IpPacket.unsignedShort(b, bAt + urgent)
                && sameWords(
                        a,
                        aAt + TcpHeader.LENGTH,
                        b,
                        bAt + TcpHeader.LENGTH,
                        length - TcpHeader.LENGTH);
    }

    private static boolean sameInt(byte[] a, int aAt, byte[] b, int bAt) {
        return (int) IpPacket.INT.get(a, aAt) == (int) IpPacket.INT.get(b, bAt);
    }

    private static boolean sameLong(byte[] a, int aAt, byte[] b, int bAt) {
        return (long) IpPacket.LONG.get(a, aAt) == (long) IpPacket.LONG.get(b, bAt);
    }

    /** Options: a multiple of four bytes, and few. */
    private static boolean sameWords(byte[] a, int aAt, byte[] b, int bAt, int length) {
        for (int i = 0; i < length; i += Integer.BYTES) {
            if (!sameInt(a, aAt + i, b, bAt + i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether nothing may follow this segment: it carries FIN or PSH. */
    public static boolean ends(byte[] buffer, int offset) {
        int version = IpPacket.version(buffer, offset);
        if (protocol(buffer, offset) != IpPacket.TCP) {
            return false;
        }
        int transport =
                version == 4
                        ? IpPacket.ipv4HeaderLength(buffer, offset)
                        : IpPacket.IPV6_HEADER_LENGTH;
        int flags = buffer[offset + transport + TcpHeader.FLAGS_FIELD_OFFSET];
        return (flags & (TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH)) != 0;
    }

    /**
     * Checks the headers of a segment: IP without extensions, TCP or UDP, and exactly as long as
     * the sender said.
     *
     * @param headerLength as the sender said
     * @param length of the whole segment
     */
    public static boolean isSegment(byte[] buffer, int offset, int headerLength, int length) {
        boolean ipv4 = IpPacket.version(buffer, offset) == 4;
        int network =
                ipv4 ? IpPacket.ipv4HeaderLength(buffer, offset) : IpPacket.IPV6_HEADER_LENGTH;
        int protocol = protocol(buffer, offset);
        int minimum = protocol == IpPacket.TCP ? TcpHeader.LENGTH : UdpHeader.LENGTH;
        if (protocol != IpPacket.TCP && protocol != IpPacket.UDP
                || network + minimum > headerLength
                || ipv4 && (IpPacket.unsignedShort(buffer, offset + 6) & 0x3FFF) != 0) {
            return false;
        }
        int transport =
                protocol == IpPacket.TCP
                        ? TcpHeader.length(buffer, offset + network)
                        : UdpHeader.LENGTH;
        return network + transport == headerLength && headerLength < length;
    }

    /**
     * Length of the IP and UDP headers of a packet that may be a segment of a super-packet.
     *
     * @return 0 if it may not: no UDP, a fragment, options, no payload
     */
    public static int udpHeaderLength(byte[] buffer, int offset, int length) {
        boolean ipv4 = IpPacket.version(buffer, offset) == 4;
        int network =
                ipv4 ? IpPacket.ipv4HeaderLength(buffer, offset) : IpPacket.IPV6_HEADER_LENGTH;
        int header = network + UdpHeader.LENGTH;
        boolean joins =
                header < length
                        && protocol(buffer, offset) == IpPacket.UDP
                        && isSegment(buffer, offset, header, length);
        return joins ? header : 0;
    }

    /** Whether a segment is UDP, whose super-packets not every kernel takes. */
    public static boolean isUdp(byte[] buffer, int offset) {
        return protocol(buffer, offset) == IpPacket.UDP;
    }

    /**
     * Makes the headers of the super-packet out of those of its first segment, and the virtio
     * header in front of them.
     *
     * @param head where the first segment's IP header is, {@link VirtioNetHeader#LENGTH} bytes
     *     after the place for the virtio header
     * @param headerLength IP and transport headers
     * @param payload bytes of all segments
     * @param payloadPerSegment bytes of each but the last
     * @param lastBuffer holds the headers of the last segment at {@code last}: its FIN and PSH
     *     become those of the whole
     */
    public static void join(
            byte[] buffer,
            int head,
            int headerLength,
            int payload,
            int payloadPerSegment,
            byte[] lastBuffer,
            int last) {
        boolean ipv4 = IpPacket.version(buffer, head) == 4;
        int start = ipv4 ? IpPacket.ipv4HeaderLength(buffer, head) : IpPacket.IPV6_HEADER_LENGTH;
        int protocol = protocol(buffer, head);
        IpPacket.setLength(buffer, head, headerLength + payload);
        int transportLength = headerLength - start + payload;
        int gsoType;
        if (protocol == IpPacket.TCP) {
            int flags = buffer[head + start + TcpHeader.FLAGS_FIELD_OFFSET] & 0xFF;
            flags |=
                    lastBuffer[last + start + TcpHeader.FLAGS_FIELD_OFFSET]
                            & (TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH);
            buffer[head + start + TcpHeader.FLAGS_FIELD_OFFSET] = (byte) flags;
            gsoType = ipv4 ? VirtioNetHeader.GSO_TCPV4 : VirtioNetHeader.GSO_TCPV6;
            gsoType |= (flags & TcpHeader.FLAG_CWR) != 0 ? VirtioNetHeader.GSO_ECN : 0;
        } else {
            IpPacket.SHORT.set(
                    buffer, head + start + UdpHeader.LENGTH_FIELD_OFFSET, (short) transportLength);
            gsoType = VirtioNetHeader.GSO_UDP_L4;
        }
        int field = PartialChecksum.fieldOf(protocol);
        long sum = Checksum.pseudoHeader(buffer, head, protocol) + transportLength;
        IpPacket.SHORT.set(buffer, head + start + field, (short) Checksum.fold(sum));
        VirtioNetHeader.write(
                buffer,
                head - VirtioNetHeader.LENGTH,
                VirtioNetHeader.FLAG_NEEDS_CSUM,
                gsoType,
                headerLength,
                payloadPerSegment,
                start,
                field);
    }
}
