package io.cyphonic.engine.packet;

import io.cyphonic.signaling.net.VirtioNetHeader;

import java.lang.foreign.MemorySegment;

/**
 * Cuts what the host handed over, in front of which there is a virtio header, into the packets that
 * would have been on a wire: each with full IP and transport headers, its transport checksum left
 * partial (the sum of the pseudo-header). An ordinary packet is a super-packet of one segment.
 *
 * <p>A segment is made <em>in place</em>: its headers are written right before its payload, over
 * the end of the segment before. So segments must be made in rising order, and each must be used up
 * (sealed into other memory) before the next is made.
 *
 * <pre>
 *   [virtio][headers][payload 0      ][payload 1      ][payload 2  ]
 *   segment 1:                [headers'][payload 1     ]
 *   segment 2:                                 [headers''][payload 2 ]
 * </pre>
 *
 * <p>The packet lies off the heap; its first bytes are copied to an array, where they are looked
 * at, and where the headers of the segments are made, of which only some fields differ.
 *
 * <p>Rules of segmentation as in the kernel (tcp_gso_segment): sequence numbers and IPv4
 * identifications rise, FIN and PSH stay on the last segment, CWR on the first.
 *
 * <p>One instance per thread; {@link #parse} starts it afresh. Does not allocate.
 */
public final class SuperPacketCutter {
    /** The packet can be cut. */
    public static final int OK = 0;

    /** The packet is not IP, is shorter than it says, or its virtio header contradicts it. */
    public static final int MALFORMED = 1;

    /** Most bytes of IP and transport headers: IPv4 with options and TCP with options. */
    public static final int MAX_HEADER_LENGTH = 120;

    /** Where the IP header is in {@link #front}. */
    private static final int IP = 16;

    private static final int IPV4_IDENTIFICATION = 4;
    private static final int IPV4_CHECKSUM = 10;

    /** The virtio header and the first bytes of the packet; then the headers of a segment. */
    private final byte[] front = new byte[IP + IpPacket.FRONT_LENGTH + HeaderBytes.BLOCK];

    private MemorySegment memory;
    private int offset;
    private int length;
    private boolean ipv4;
    private boolean partialChecksum;
    private int checksumStart;
    private int checksumField;
    private int protocol;
    private int headerLength;
    private int payloadPerSegment;
    private int segmentCount;

    // Of the packet as it came: the segments' are made of these.
    private int identification;
    private int sequence;
    private int tcpFlags;
    private long pseudoHeaderSum;

    /** Of an IPv4 header without length and identification. */
    private long ipv4HeaderSum;

    /** Made once per thread. */
    public SuperPacketCutter() {}

    /**
     * Looks at a packet and takes a copy of its headers.
     *
     * @param virtioOffset where the virtio header begins
     * @param readLength virtio header and packet together
     * @return {@link #OK} or {@link #MALFORMED}
     */
    public int parse(MemorySegment memory, int virtioOffset, int readLength) {
        this.memory = memory;
        offset = virtioOffset + VirtioNetHeader.LENGTH;
        int virtio = IP - VirtioNetHeader.LENGTH;
        int available = readLength - VirtioNetHeader.LENGTH;
        int copied = VirtioNetHeader.LENGTH + Math.min(available, IpPacket.FRONT_LENGTH);
        HeaderBytes.read(memory, virtioOffset, front, virtio, copied);
        length = IpPacket.length(front, IP, available);
        if (length == IpPacket.MALFORMED) {
            return MALFORMED;
        }
        ipv4 = IpPacket.version(front, IP) == 4;
        partialChecksum =
                (VirtioNetHeader.flags(front, virtio) & VirtioNetHeader.FLAG_NEEDS_CSUM) != 0;
        checksumStart = VirtioNetHeader.checksumStart(front, virtio);
        checksumField = VirtioNetHeader.checksumOffset(front, virtio);
        if (partialChecksum && checksumStart + checksumField + 2 > length) {
            return MALFORMED;
        }
        int gsoType = VirtioNetHeader.gsoType(front, virtio) & ~VirtioNetHeader.GSO_ECN;
        segmentCount = 1;
        headerLength = 0;
        return gsoType == VirtioNetHeader.GSO_NONE
                ? OK
                : parseSegments(gsoType, VirtioNetHeader.gsoSize(front, virtio));
    }

    private int parseSegments(int gsoType, int gsoSize) {
        protocol = gsoType == VirtioNetHeader.GSO_UDP_L4 ? IpPacket.UDP : IpPacket.TCP;
        int transport = transport();
        if (transport == IpPacket.NO_TRANSPORT
                || IpPacket.protocolOf(transport) != protocol
                || gsoSize == 0) {
            return MALFORMED;
        }
        int start = IpPacket.offsetOf(transport);
        int transportLength =
                protocol == IpPacket.TCP ? TcpHeader.length(front, IP + start) : UdpHeader.LENGTH;
        headerLength = start + transportLength;
        boolean headersFit =
                (protocol == IpPacket.UDP || transportLength >= TcpHeader.LENGTH)
                        && headerLength <= Math.min(length, MAX_HEADER_LENGTH);
        if (!headersFit) {
            return MALFORMED;
        }
        checksumStart = start;
        checksumField =
                protocol == IpPacket.TCP
                        ? TcpHeader.CHECKSUM_FIELD_OFFSET
                        : UdpHeader.CHECKSUM_FIELD_OFFSET;
        partialChecksum = true;
        payloadPerSegment = gsoSize;
        int payload = length - headerLength;
        segmentCount = Math.max(1, (payload + gsoSize - 1) / gsoSize);
        keepWhatRises();
        return OK;
    }

    private void keepWhatRises() {
        pseudoHeaderSum = Checksum.pseudoHeader(front, IP, protocol);
        if (ipv4) {
            identification = IpPacket.unsignedShort(front, IP + IPV4_IDENTIFICATION);
            IpPacket.SHORT.set(front, IP + 2, (short) 0);
            IpPacket.SHORT.set(front, IP + IPV4_IDENTIFICATION, (short) 0);
            IpPacket.SHORT.set(front, IP + IPV4_CHECKSUM, (short) 0);
            ipv4HeaderSum = Checksum.sum(front, IP, IpPacket.ipv4HeaderLength(front, IP));
        }
        if (protocol == IpPacket.TCP) {
            int tcp = IP + checksumStart;
            sequence = (int) IpPacket.INT.get(front, tcp + TcpHeader.SEQUENCE_FIELD_OFFSET);
            tcpFlags = front[tcp + TcpHeader.FLAGS_FIELD_OFFSET] & 0xFF;
        }
    }

    /**
     * Where the TCP or UDP header is, as {@link IpPacket#transport} says it: in the packet, and in
     * each of its segments. What lies behind the copied bytes cannot be a header that anybody
     * sends.
     */
    public int transport() {
        return IpPacket.transport(front, IP, Math.min(length, IpPacket.FRONT_LENGTH));
    }

    /** The memory given to {@link #parse}. */
    public MemorySegment memory() {
        return memory;
    }

    /** Where the IP header is in it. */
    public int offset() {
        return offset;
    }

    /**
     * The array with the IP header and what follows it, at {@link #headerAt}; not to be kept. In a
     * super-packet the fields that differ between segments are those of the one made last, or zero.
     */
    public byte[] headers() {
        return front;
    }

    /** Where the IP header is in {@link #headers}. */
    public int headerAt() {
        return IP;
    }

    /** How many packets this one is. */
    public int segmentCount() {
        return segmentCount;
    }

    /** Whether this is a super-packet with headers to be repeated, and not an ordinary packet. */
    public boolean isSuperPacket() {
        return headerLength != 0;
    }

    /** IP and transport headers together, of a super-packet. */
    public int headerLength() {
        return headerLength;
    }

    /** Bytes from the IP header of the whole packet to its end. */
    public int length() {
        return length;
    }

    /** Bytes of a segment, headers included. */
    public int segmentLength(int index) {
        if (headerLength == 0) {
            return length;
        }
        int payloadBefore = index * payloadPerSegment;
        return headerLength + Math.min(payloadPerSegment, length - headerLength - payloadBefore);
    }

    /** Bytes of the segments from {@code first} on, all headers included. */
    public int totalLength(int first, int count) {
        if (headerLength == 0) {
            return length;
        }
        int payload = length - headerLength;
        int end = Math.min(payload, (first + count) * payloadPerSegment);
        return count * headerLength + end - first * payloadPerSegment;
    }

    /** Where a segment begins in the memory given to {@link #parse}, once it is made. */
    public int segmentOffset(int index) {
        return headerLength == 0 ? offset : offset + index * payloadPerSegment;
    }

    /** Whether the checksums of the segments are partial, after {@link #make}. */
    public boolean partialChecksum() {
        return partialChecksum;
    }

    /** Writes the headers of a segment in front of its payload. */
    public void make(int index) {
        if (headerLength == 0) {
            completeUnusualChecksum();
            return;
        }
        int segmentLength = segmentLength(index);
        if (ipv4) {
            int id = identification + index & 0xFFFF;
            IpPacket.SHORT.set(front, IP + 2, (short) segmentLength);
            IpPacket.SHORT.set(front, IP + IPV4_IDENTIFICATION, (short) id);
            int sum = Checksum.fold(ipv4HeaderSum + segmentLength + id);
            IpPacket.SHORT.set(front, IP + IPV4_CHECKSUM, (short) ~sum);
        } else {
            IpPacket.setLength(front, IP, segmentLength);
        }
        int transportLength = segmentLength - checksumStart;
        if (protocol == IpPacket.TCP) {
            makeTcp(index);
        } else {
            IpPacket.SHORT.set(
                    front,
                    IP + checksumStart + UdpHeader.LENGTH_FIELD_OFFSET,
                    (short) transportLength);
        }
        IpPacket.SHORT.set(
                front,
                IP + checksumStart + checksumField,
                (short) Checksum.fold(pseudoHeaderSum + transportLength));
        HeaderBytes.write(front, IP, memory, segmentOffset(index), headerLength);
    }

    private void makeTcp(int index) {
        int tcp = IP + checksumStart;
        IpPacket.INT.set(
                front, tcp + TcpHeader.SEQUENCE_FIELD_OFFSET, sequence + index * payloadPerSegment);
        int flags = tcpFlags;
        if (index > 0) {
            flags &= ~TcpHeader.FLAG_CWR;
        }
        if (index < segmentCount - 1) {
            flags &= ~(TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH);
        }
        front[tcp + TcpHeader.FLAGS_FIELD_OFFSET] = (byte) flags;
    }

    /**
     * The receiver finds the checksum of TCP and UDP by itself; the rare rest (a partial checksum
     * of another protocol, or behind headers that are longer than it looks) is completed here,
     * where its place is known.
     */
    private void completeUnusualChecksum() {
        if (!partialChecksum) {
            return;
        }
        int transport = transport();
        if (transport != IpPacket.NO_TRANSPORT
                && IpPacket.offsetOf(transport) == checksumStart
                && PartialChecksum.fieldOf(IpPacket.protocolOf(transport)) == checksumField) {
            return;
        }
        // For whatever else has its checksum there, all ones are as good a zero.
        boolean udp = checksumField == UdpHeader.CHECKSUM_FIELD_OFFSET;
        Checksum.complete(memory, offset, length, checksumStart, checksumField, udp);
        partialChecksum = false;
    }
}
