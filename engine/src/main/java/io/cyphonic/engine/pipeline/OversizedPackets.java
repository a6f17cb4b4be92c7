package io.cyphonic.engine.pipeline;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.engine.packet.PacketFragmenter;
import io.cyphonic.engine.packet.SuperPacketCutter;
import io.cyphonic.engine.packet.TooBigAnswer;
import io.cyphonic.signaling.net.TunDevice;

import java.lang.foreign.MemorySegment;

/**
 * What becomes of packets that are too long for the path of their tunnel:
 *
 * <ul>
 *   <li>IPv4 with DF, and IPv6 above 1280 bytes: dropped, and the host is told the path's MTU, so
 *       that it sends shorter ones (RFC 1191, RFC 8201). So often at most as the limit below says.
 *   <li>IPv4 without DF, and IPv6 up to 1280 bytes: cut into fragments. Nobody would shorten the
 *       latter: 1280 bytes is what IPv6 takes for granted.
 * </ul>
 *
 * <p>Super-packets are judged by their segments. Owned by the outbound stage; the answers allocate
 * little, the first fragments more.
 */
final class OversizedPackets {
    /** Answers at once; each packet of a burst may have another sender. */
    static final int BURST = 32;

    /** Nanoseconds for one more answer: two hundred a second. */
    static final long REFILL_NANOS = 5_000_000;

    private static final int IPV6_MINIMUM_MTU = 1280;

    /** Below this the headers would be most of a fragment; a path this narrow is none. */
    private static final int SMALLEST_FRAGMENT = 128;

    private final TunDevice tun;
    private final Counters.Lane counters;
    private final PacketFragmenter fragmenter;
    private final byte[] quoted = new byte[TooBigAnswer.CAPACITY];
    private final byte[] answer = new byte[TooBigAnswer.CAPACITY];

    private int answersLeft = BURST;
    private long refilledNanos;

    /**
     * For one stage.
     *
     * @param firstIdentification of IPv6 fragments: they must differ among the recent packets of
     *     this host, also across a restart
     */
    OversizedPackets(TunDevice tun, Counters.Lane counters, int firstIdentification) {
        this.tun = tun;
        this.counters = counters;
        this.fragmenter = new PacketFragmenter(firstIdentification);
    }

    /**
     * Takes the segments of a packet that the path does not carry.
     *
     * @param packet parsed
     * @param first segment; those before it are gone already
     * @param count of segments
     * @param mtu of the path
     */
    void take(SuperPacketCutter packet, int first, int count, int mtu, long nowNanos) {
        byte[] headers = packet.headers();
        int at = packet.headerAt();
        boolean ipv4 = IpPacket.version(headers, at) == 4;
        int length = packet.segmentLength(first);
        boolean cuttable = ipv4 ? (headers[at + 6] & 0x40) == 0 : length <= IPV6_MINIMUM_MTU;
        if (cuttable && first == 0 && count == packet.segmentCount() && mtu >= SMALLEST_FRAGMENT) {
            if (!fragmenter.hasNext() && fragmenter.cut(packet, mtu)) {
                counters.add(Counter.OUTBOUND_FRAGMENTED_PACKETS, count);
            } else {
                counters.drop(DropReason.OUTBOUND_TOO_LONG, count);
            }
            return;
        }
        counters.drop(DropReason.OUTBOUND_TOO_LONG, count);
        if (!cuttable && mayAnswer(nowNanos)) {
            answer(packet, length, ipv4 ? mtu : Math.max(mtu, IPV6_MINIMUM_MTU));
        }
    }

    private void answer(SuperPacketCutter packet, int length, int mtu) {
        int quotable = Math.min(length, quoted.length);
        MemorySegment.copy(packet.memory(), JAVA_BYTE, packet.offset(), quoted, 0, quotable);
        int bytes = TooBigAnswer.write(quoted, 0, length, mtu, answer);
        if (bytes != TooBigAnswer.NONE && tun.inject(answer, 0, bytes) > 0) {
            counters.add(Counter.OUTBOUND_TOO_BIG_ANSWERS, 1);
        }
    }

    private boolean mayAnswer(long nowNanos) {
        long refill = (nowNanos - refilledNanos) / REFILL_NANOS;
        if (refill > 0) {
            answersLeft = (int) Math.min(BURST, answersLeft + refill);
            refilledNanos = answersLeft == BURST ? nowNanos : refilledNanos + refill * REFILL_NANOS;
        }
        if (answersLeft == 0) {
            return false;
        }
        answersLeft--;
        return true;
    }

    /** Whether there are fragments to be sent. */
    boolean hasFragments() {
        return fragmenter.hasNext();
    }

    /** The array with the next fragment. */
    byte[] fragments() {
        return fragmenter.buffer();
    }

    /** Where the next fragment begins, with its virtio header. */
    int fragmentOffset() {
        return fragmenter.offset();
    }

    /** Bytes of the next fragment, with its virtio header. */
    int fragmentLength() {
        return fragmenter.length();
    }

    /** The next fragment has been staged. */
    void nextFragment() {
        fragmenter.take();
    }
}
