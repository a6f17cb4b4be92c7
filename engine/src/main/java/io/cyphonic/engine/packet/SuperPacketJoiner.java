package io.cyphonic.engine.packet;

import io.cyphonic.signaling.net.VirtioNetHeader;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Decides whether segments belong to one super-packet again and makes its headers; the payloads are
 * already in a row. Follows the rules of the kernel's receive offload (tcp_gro_receive,
 * inet_gro_receive, udp_gro_receive): what would be lost by joining prevents it. Static, no
 * allocation.
 */
public final class SuperPacketJoiner {
    private static final int MAX_PACKET_LENGTH = 65_535;
    private static final byte IPV4_WITHOUT_OPTIONS = 0x45;

    // Where the headers of neighbours agree: ff all bits, 00 none. What follows, which is TCP
    // options, agrees as a whole. Sequence number and flags of TCP are looked at on their own.
    //   version, DS; length, identification; fragment; TTL, protocol; checksum; addresses
    private static final String IPV4 = "ffff 00000000 ffff ffff 0000 ffffffffffffffff";
    //   version, class, flow; length; next header, hop limit; addresses
    private static final String IPV6 =
            "ffffffff 0000 ffff ffffffffffffffffffffffffffffffff ffffffffffffffffffffffffffffffff";
    //   ports; sequence; acknowledgement; offset, flags; window; checksum; urgent
    private static final String TCP = "ffffffff 00000000 ffffffff ff00 ffff 0000 ffff";
    //   ports; length, checksum
    private static final String UDP = "ffffffff 00000000";

    private static final long[] IPV4_TCP = mask(IPV4 + TCP);
    private static final long[] IPV4_UDP = mask(IPV4 + UDP);
    private static final long[] IPV6_TCP = mask(IPV6 + TCP);
    private static final long[] IPV6_UDP = mask(IPV6 + UDP);

    private SuperPacketJoiner() {}

    private static long[] mask(String hex) {
        byte[] bytes = new byte[SuperPacketCutter.MAX_HEADER_LENGTH];
        Arrays.fill(bytes, (byte) -1);
        byte[] start = HexFormat.of().parseHex(hex.replace(" ", ""));
        System.arraycopy(start, 0, bytes, 0, start.length);
        long[] words = new long[bytes.length / Long.BYTES];
        for (int i = 0; i < words.length; i++) {
            words[i] = (long) IpPacket.LONG.get(bytes, i * Long.BYTES);
        }
        return words;
    }

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
        boolean ipv4 = headBuffer[head] == IPV4_WITHOUT_OPTIONS;
        if (headerLength + payloadBefore + nextPayload > MAX_PACKET_LENGTH
                || !ipv4 && IpPacket.version(headBuffer, head) == 4) {
            return false;
        }
        boolean tcp = protocol(headBuffer, head) == IpPacket.TCP;
        long[] mask = tcp ? ipv4 ? IPV4_TCP : IPV6_TCP : ipv4 ? IPV4_UDP : IPV6_UDP;
        if (!agree(headBuffer, head, nextBuffer, next, headerLength, mask)) {
            return false;
        }
        int transport = ipv4 ? IpPacket.IPV4_HEADER_LENGTH : IpPacket.IPV6_HEADER_LENGTH;
        return !tcp || follows(headBuffer, head, nextBuffer, next, transport, payloadBefore);
    }

    /** Word by word, and no branch before the end: most headers agree. */
    private static boolean agree(
            byte[] a, int aAt, byte[] b, int bAt, int headerLength, long[] mask) {
        int words = headerLength / Long.BYTES;
        long different = 0;
        for (int i = 0; i < words; i++) {
            long word = (long) IpPacket.LONG.get(a, aAt + i * Long.BYTES);
            long other = (long) IpPacket.LONG.get(b, bAt + i * Long.BYTES);
            different |= (word ^ other) & mask[i];
        }
        int rest = words * Long.BYTES;
        if (rest < headerLength) {
            // Headers are multiples of four bytes.
            int word = (int) IpPacket.INT.get(a, aAt + rest);
            int other = (int) IpPacket.INT.get(b, bAt + rest);
            different |= (word ^ other) & mask[words] >>> Integer.SIZE;
        }
        return different == 0;
    }

    private static boolean follows(
            byte[] a, int aAt, byte[] b, int bAt, int transport, int payloadBefore) {
        int sequenceField = transport + TcpHeader.SEQUENCE_FIELD_OFFSET;
        int flagsField = transport + TcpHeader.FLAGS_FIELD_OFFSET;
        int sequence = (int) IpPacket.INT.get(a, aAt + sequenceField);
        int nextSequence = (int) IpPacket.INT.get(b, bAt + sequenceField);
        int lastOnly = TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH;
        return nextSequence == sequence + payloadBefore
                && (a[aAt + flagsField] & 0xFF & ~TcpHeader.FLAG_CWR)
                        == (b[bAt + flagsField] & 0xFF & ~lastOnly);
    }

    private static int protocol(byte[] buffer, int offset) {
        return buffer[offset + (IpPacket.version(buffer, offset) == 4 ? 9 : 6)] & 0xFF;
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
