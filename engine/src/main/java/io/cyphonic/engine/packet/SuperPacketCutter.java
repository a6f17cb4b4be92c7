package io.cyphonic.engine.packet;

import io.cyphonic.signaling.net.VirtioNetHeader;

/**
 * Cuts what the host handed over, in front of which there is a virtio header, into the packets that
 * would have been on a wire: each with full IP and transport headers, its transport checksum left
 * partial (the sum of the pseudo-header). An ordinary packet is a super-packet of one segment.
 *
 * <p>A segment is made <em>in place</em>: its headers are written right before its payload, over
 * the end of the segment before. So segments must be made in rising order, and each must be used up
 * (sealed into another array) before the next is made.
 *
 * <pre>
 *   [virtio][headers][payload 0      ][payload 1      ][payload 2  ]
 *   segment 1:                [headers'][payload 1     ]
 *   segment 2:                                 [headers''][payload 2 ]
 * </pre>
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

    private final byte[] headers = new byte[MAX_HEADER_LENGTH];

    private byte[] buffer;
    private int offset;
    private int length;
    private boolean partialChecksum;
    private int checksumStart;
    private int checksumField;
    private int protocol;
    private int headerLength;
    private int payloadPerSegment;
    private int segmentCount;
    private long pseudoHeaderSum;

    /** Made once per thread. */
    public SuperPacketCutter() {}

    /**
     * Looks at a packet and takes a copy of its headers.
     *
     * @param virtioOffset where the virtio header begins
     * @param readLength virtio header and packet together
     * @return {@link #OK} or {@link #MALFORMED}
     */
    public int parse(byte[] buffer, int virtioOffset, int readLength) {
        this.buffer = buffer;
        offset = virtioOffset + VirtioNetHeader.LENGTH;
        length = IpPacket.length(buffer, offset, readLength - VirtioNetHeader.LENGTH);
        if (length == IpPacket.MALFORMED) {
            return MALFORMED;
        }
        partialChecksum =
                (VirtioNetHeader.flags(buffer, virtioOffset) & VirtioNetHeader.FLAG_NEEDS_CSUM)
                        != 0;
        checksumStart = VirtioNetHeader.checksumStart(buffer, virtioOffset);
        checksumField = VirtioNetHeader.checksumOffset(buffer, virtioOffset);
        if (partialChecksum && checksumStart + checksumField + 2 > length) {
            return MALFORMED;
        }
        int gsoType = VirtioNetHeader.gsoType(buffer, virtioOffset) & ~VirtioNetHeader.GSO_ECN;
        segmentCount = 1;
        headerLength = 0;
        return gsoType == VirtioNetHeader.GSO_NONE
                ? OK
                : parseSegments(gsoType, VirtioNetHeader.gsoSize(buffer, virtioOffset));
    }

    private int parseSegments(int gsoType, int gsoSize) {
        protocol = gsoType == VirtioNetHeader.GSO_UDP_L4 ? IpPacket.UDP : IpPacket.TCP;
        int transport = IpPacket.transport(buffer, offset, length);
        if (transport == IpPacket.NO_TRANSPORT
                || IpPacket.protocolOf(transport) != protocol
                || gsoSize == 0) {
            return MALFORMED;
        }
        int start = IpPacket.offsetOf(transport);
        int transportLength =
                protocol == IpPacket.TCP
                        ? TcpHeader.length(buffer, offset + start)
                        : UdpHeader.LENGTH;
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
        System.arraycopy(buffer, offset, headers, 0, headerLength);
        pseudoHeaderSum = Checksum.pseudoHeader(buffer, offset, protocol);
        return OK;
    }

    /** The buffer given to {@link #parse}. */
    public byte[] buffer() {
        return buffer;
    }

    /** Where the IP header is in it. */
    public int offset() {
        return offset;
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

    /** Where a segment begins in the buffer given to {@link #parse}, once it is made. */
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
        int at = segmentOffset(index);
        int segmentLength = segmentLength(index);
        System.arraycopy(headers, 0, buffer, at, headerLength);
        if (IpPacket.version(headers, 0) == 4) {
            int identification = IpPacket.unsignedShort(headers, 4) + index;
            IpPacket.SHORT.set(buffer, at + 4, (short) identification);
        }
        IpPacket.setLength(buffer, at, segmentLength);
        int transport = at + checksumStart;
        int transportLength = segmentLength - checksumStart;
        if (protocol == IpPacket.TCP) {
            makeTcp(transport, index);
        } else {
            IpPacket.SHORT.set(
                    buffer, transport + UdpHeader.LENGTH_FIELD_OFFSET, (short) transportLength);
        }
        IpPacket.SHORT.set(
                buffer,
                transport + checksumField,
                (short) Checksum.fold(pseudoHeaderSum + transportLength));
    }

    private void makeTcp(int transport, int index) {
        int sequenceField = TcpHeader.SEQUENCE_FIELD_OFFSET;
        int sequence = (int) IpPacket.INT.get(headers, checksumStart + sequenceField);
        IpPacket.INT.set(buffer, transport + sequenceField, sequence + index * payloadPerSegment);
        int flags = headers[checksumStart + TcpHeader.FLAGS_FIELD_OFFSET] & 0xFF;
        if (index > 0) {
            flags &= ~TcpHeader.FLAG_CWR;
        }
        if (index < segmentCount - 1) {
            flags &= ~(TcpHeader.FLAG_FIN | TcpHeader.FLAG_PSH);
        }
        buffer[transport + TcpHeader.FLAGS_FIELD_OFFSET] = (byte) flags;
    }

    /**
     * The receiver finds the checksum of TCP and UDP by itself; the rare rest (a partial checksum
     * of another protocol) is completed here, where its place is known.
     */
    private void completeUnusualChecksum() {
        if (!partialChecksum) {
            return;
        }
        int transport = IpPacket.transport(buffer, offset, length);
        if (transport != IpPacket.NO_TRANSPORT
                && IpPacket.offsetOf(transport) == checksumStart
                && PartialChecksum.fieldOf(IpPacket.protocolOf(transport)) == checksumField) {
            return;
        }
        Checksum.complete(buffer, offset, length, checksumStart, checksumField, false);
        partialChecksum = false;
    }
}
