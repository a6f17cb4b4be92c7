package io.cyphonic.engine.packet;

import java.lang.foreign.MemorySegment;

/**
 * Where the checksum of a TCP or UDP packet is, for packets that arrive with a partial one. Static,
 * no allocation.
 */
public final class PartialChecksum {
    private PartialChecksum() {}

    /** Where the checksum field is, from the start of the transport header. */
    public static int fieldOf(int protocol) {
        return protocol == IpPacket.TCP
                ? TcpHeader.CHECKSUM_FIELD_OFFSET
                : UdpHeader.CHECKSUM_FIELD_OFFSET;
    }

    /** Completes the checksum in software, for a device that does not take partial ones. */
    public static void complete(MemorySegment packet, long offset, int length, int transport) {
        int protocol = IpPacket.protocolOf(transport);
        Checksum.complete(
                packet,
                offset,
                length,
                IpPacket.offsetOf(transport),
                fieldOf(protocol),
                protocol == IpPacket.UDP);
    }
}
