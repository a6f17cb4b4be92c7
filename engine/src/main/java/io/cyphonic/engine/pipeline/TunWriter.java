package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.packet.HeaderBytes;
import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.engine.packet.PartialChecksum;
import io.cyphonic.engine.packet.SuperPacketJoiner;
import io.cyphonic.signaling.net.TunDevice;
import io.cyphonic.signaling.net.VirtioNetHeader;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.foreign.MemorySegment;

/**
 * Writes packets to the TUN device, each with the virtio header that fits it. Owned by whoever
 * holds the deliverer's role. Does not allocate.
 */
final class TunWriter {
    /** The packet has a partial checksum but no place for it. */
    static final int MALFORMED = 0;

    /** The packet's checksum needs nothing. */
    static final int COMPLETE = 0;

    /** {@code EINVAL}: what the kernel answers to a super-packet it does not take. */
    private static final int INVALID_ARGUMENT = -22;

    /** So many refusals before the first success mean that the kernel never takes them. */
    private static final int REFUSALS_UNTIL_OFF = 3;

    private static final Logger LOG = LoggerFactory.getLogger(TunWriter.class);

    private final TunDevice tun;
    private final Counters.Lane counters;
    private final boolean checksumOffload;

    private final byte[] front = new byte[VirtioNetHeader.LENGTH];

    private boolean joinTcp;
    private boolean joinUdp;
    private boolean everTaken;
    private int refusals;

    TunWriter(TunDevice tun, Counters.Lane counters) {
        this.tun = tun;
        this.counters = counters;
        checksumOffload = tun.checksumOffload();
        joinTcp = tun.segmentationOffload() && checksumOffload;
        joinUdp = tun.udpSegmentationOffload() && checksumOffload;
    }

    /** Whether the device takes super-packets of this kind at present. */
    boolean joins(boolean udp) {
        return udp ? joinUdp : joinTcp;
    }

    /**
     * Writes one packet.
     *
     * @param at where the IP header is; the ten bytes before it are overwritten
     * @param transport {@link #COMPLETE}; or, if the transport checksum is the pseudo-header sum,
     *     where the transport header is, as {@link IpPacket#transport} says it
     * @return {@code length}; {@link #MALFORMED}; or a negative errno
     */
    int write(MemorySegment memory, int at, int length, int transport) {
        int flags = 0;
        int start = 0;
        int field = 0;
        if (transport != COMPLETE) {
            if (transport == IpPacket.NO_TRANSPORT) {
                return MALFORMED;
            }
            if (checksumOffload) {
                flags = VirtioNetHeader.FLAG_NEEDS_CSUM;
                start = IpPacket.offsetOf(transport);
                field = PartialChecksum.fieldOf(IpPacket.protocolOf(transport));
            } else {
                PartialChecksum.complete(memory, at, length, transport);
            }
        }
        int virtio = at - VirtioNetHeader.LENGTH;
        VirtioNetHeader.write(front, 0, flags, VirtioNetHeader.GSO_NONE, 0, 0, start, field);
        HeaderBytes.write(front, 0, memory, virtio, VirtioNetHeader.LENGTH);
        counters.add(Counter.TUN_WRITES, 1);
        int result = tun.write(memory, virtio, VirtioNetHeader.LENGTH + length);
        return result < 0 ? result : length;
    }

    /**
     * Writes a super-packet whose headers {@link SuperPacketJoiner#join} has made, virtio header
     * included.
     *
     * @return whether the device took it; if not, its segments are to be written one by one
     */
    boolean writeSuperPacket(MemorySegment memory, int at, int length, boolean udp) {
        counters.add(Counter.TUN_WRITES, 1);
        int result =
                tun.write(memory, at - VirtioNetHeader.LENGTH, VirtioNetHeader.LENGTH + length);
        if (result >= 0) {
            everTaken = true;
            counters.add(Counter.INBOUND_SUPER_PACKETS, 1);
            return true;
        }
        counters.add(Counter.TUN_SUPER_PACKET_REFUSALS, 1);
        refusals++;
        if (result == INVALID_ARGUMENT && !everTaken && refusals >= REFUSALS_UNTIL_OFF) {
            joinTcp &= udp;
            joinUdp &= !udp;
            refusals = 0;
            LOG.warn("{} refuses super-packets (EINVAL): writing packets singly", tun.name());
        }
        return false;
    }
}
