package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.session.BatchMarks;
import io.cyphonic.engine.session.RelayChannel;
import io.cyphonic.engine.session.Session;
import io.cyphonic.engine.session.TunnelTable;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.Readiness;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;
import io.cyphonic.signaling.protocol.CapsuleHeader;
import io.cyphonic.signaling.protocol.DatagramType;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongSupplier;

/**
 * Inbound staging. One batch: receive straight into the slot, split what the kernel joined, hand
 * signaling datagrams to the control plane, find the session of each capsule by its receiver index;
 * and receive again until the socket would block or the slot has enough.
 *
 * <p>Reception order = ring order. Nothing here trusts a datagram: what cannot be a capsule of ours
 * ends in one counter.
 */
final class InboundStage implements Stage {
    /** First bytes of STUN messages (RFC 7983), whose answers come to this socket too. */
    private static final int STUN_TYPES = 4;

    /** Receives for one batch at most: as many as there may be capsules in it. */
    private static final int MAX_RECEIVES = SlotLimits.MAX_CAPSULES;

    private final UdpTransport udp;
    private final Conveyor<InboundSlot> conveyor;
    private final TunnelTable table;
    private final DataPlaneListener listener;
    private final Counters.Lane counters;
    private final BatchMarks marks;
    private final LongSupplier clock;
    private final ReceivedDatagrams received = new ReceivedDatagrams();

    /** Datagrams that were received but did not fit the slot, or room to receive. */
    private MemorySegment spare = ReceivedDatagrams.newMemory();

    private int spareLength;

    /** The source of the datagrams at hand, once somebody needs it as an object. */
    private Endpoint source;

    /** The endpoint that the source at hand was compared with last; mostly the next one's too. */
    private Endpoint compared;

    private boolean cameFromCompared;

    private InboundSlot slot;
    private boolean sourceDrained;

    InboundStage(
            UdpTransport udp,
            Conveyor<InboundSlot> conveyor,
            TunnelTable table,
            DataPlaneListener listener,
            Counters.Lane counters,
            BatchMarks marks,
            LongSupplier clock) {
        this.udp = udp;
        this.conveyor = conveyor;
        this.table = table;
        this.listener = listener;
        this.counters = counters;
        this.marks = marks;
        this.clock = clock;
    }

    @Override
    public int reads() {
        return Readiness.UDP;
    }

    @Override
    public int work() {
        slot = conveyor.claim();
        if (slot == null) {
            return STOPPED;
        }
        slot.clear();
        sourceDrained = false;
        int length = spareLength > 0 ? takeSpare() : receiveIntoSlot();
        if (length <= 0) {
            return length == UdpTransport.WOULD_BLOCK ? EMPTY : receiveFailed();
        }
        slot.batch = marks.begin();
        slot.nowNanos = clock.getAsLong();
        stage(0, length);
        int outcome = receiveMore();
        conveyor.commit(sourceDrained);
        return outcome == DRAINED && spareLength > 0 ? BUSY : outcome;
    }

    private int takeSpare() {
        exchangeSpare();
        int length = spareLength;
        spareLength = 0;
        return length;
    }

    private void exchangeSpare() {
        MemorySegment in = slot.in;
        slot.in = spare;
        spare = in;
    }

    private int receiveIntoSlot() {
        received.memory = slot.in;
        int length = receive();
        slot.in = received.memory;
        return length;
    }

    private int receiveIntoSpare() {
        received.memory = spare;
        int length = receive();
        spare = received.memory;
        return length;
    }

    private int receive() {
        int length = udp.receive(received);
        if (length > 0) {
            counters.add(Counter.UDP_RECEIVES, 1);
        }
        return length;
    }

    private int receiveFailed() {
        counters.add(Counter.UDP_RECEIVE_ERRORS, 1);
        return FAILED;
    }

    private int receiveMore() {
        // Datagrams that are no capsules fill no slot: a flood of them must not hold the thread.
        for (int receives = 1;
                receives < MAX_RECEIVES && spareLength == 0 && slot.takesMore();
                receives++) {
            boolean direct = slot.inLength == 0;
            int length = direct ? receiveIntoSlot() : receiveIntoSpare();
            if (length <= 0) {
                sourceDrained = true;
                return length == UdpTransport.WOULD_BLOCK ? DRAINED : receiveFailed();
            }
            int at = slot.inLength;
            if (at + length > SlotLimits.IN_CAPACITY) {
                spareLength = length;
            } else {
                if (!direct) {
                    MemorySegment.copy(spare, 0, slot.in, at, length);
                }
                stage(at, length);
            }
        }
        return BUSY;
    }

    /** Goes through the datagrams of one receive, which are in the slot already. */
    private void stage(int at, int length) {
        if (source != null && !source.matches(received.source, 0, received.sourceLength)) {
            source = null;
        }
        compared = null;
        cameFromCompared = false;
        int segment = Math.max(1, received.segmentLength);
        int end = at + length;
        int offset = at;
        for (; offset < end && !slot.isFull(); offset += segment) {
            stageDatagram(offset, Math.min(segment, end - offset));
        }
        counters.add(Counter.INBOUND_DATAGRAMS, (offset - at) / segment);
        if (offset < end) {
            // More in one receive than a slot takes: only with absurdly short datagrams.
            spareLength = end - offset;
            MemorySegment.copy(slot.in, offset, spare, 0, spareLength);
        }
    }

    private void stageDatagram(int offset, int length) {
        byte type = slot.in.get(ValueLayout.JAVA_BYTE, offset);
        switch (type) {
            case DatagramType.CAPSULE -> stageCapsule(offset, length);
            case DatagramType.HOLE_PUNCH -> counters.add(Counter.HOLE_PUNCHES, 1);
            case DatagramType.RELAY -> stageRelayed(offset, length);
            case DatagramType.TUNNEL_REQUEST,
                    DatagramType.TUNNEL_RESPONSE,
                    DatagramType.COOKIE_REPLY,
                    DatagramType.CONTROL,
                    DatagramType.RELAY_CHALLENGE,
                    DatagramType.RELAY_BOUND,
                    DatagramType.RELAY_REFUSED ->
                    handOver(offset, length);
            default -> {
                if (type >= 0 && type < STUN_TYPES) {
                    handOver(offset, length);
                } else {
                    counters.drop(DropReason.INBOUND_MALFORMED, 1);
                }
            }
        }
    }

    /**
     * The header of the relay is for the relay: what is behind it proves itself. The control plane
     * gets a datagram with it, so that it knows which way to answer.
     */
    private void stageRelayed(int offset, int length) {
        int inner = offset + RelayChannel.HEADER_LENGTH;
        boolean empty = length <= RelayChannel.HEADER_LENGTH;
        switch (empty ? 0 : slot.in.get(ValueLayout.JAVA_BYTE, inner)) {
            case DatagramType.CAPSULE -> stageCapsule(inner, length - RelayChannel.HEADER_LENGTH);
            case DatagramType.HOLE_PUNCH -> counters.add(Counter.HOLE_PUNCHES, 1);
            case DatagramType.TUNNEL_REQUEST,
                    DatagramType.TUNNEL_RESPONSE,
                    DatagramType.COOKIE_REPLY ->
                    handOver(offset, length);
            default -> counters.drop(DropReason.INBOUND_MALFORMED, 1);
        }
    }

    private void handOver(int offset, int length) {
        Endpoint from = source();
        if (from == null) {
            counters.drop(DropReason.INBOUND_MALFORMED, 1);
            return;
        }
        counters.add(Counter.SIGNALING_DATAGRAMS, 1);
        byte[] datagram = new byte[length];
        MemorySegment.copy(slot.in, ValueLayout.JAVA_BYTE, offset, datagram, 0, length);
        listener.onSignalingDatagram(datagram, from);
    }

    private void stageCapsule(int offset, int length) {
        if (length < CapsuleHeader.OVERHEAD) {
            counters.drop(DropReason.INBOUND_MALFORMED, 1);
            return;
        }
        Session session = table.session(CapsuleHeader.receiverIndex(slot.in, offset));
        if (session == null) {
            counters.drop(DropReason.INBOUND_UNKNOWN_RECEIVER, 1);
            return;
        }
        int capsule = slot.capsules++;
        slot.offset[capsule] = offset;
        slot.length[capsule] = length;
        slot.session[capsule] = session;
        slot.from[capsule] = cameFrom(session.tunnel().endpoint()) ? null : source();
        slot.inLength = offset + length;
    }

    private boolean cameFrom(Endpoint expected) {
        if (expected != compared) {
            compared = expected;
            cameFromCompared =
                    expected != null && expected.matches(received.source, 0, received.sourceLength);
        }
        return cameFromCompared;
    }

    /** The source as an object, made at most once while it stays the same. */
    private Endpoint source() {
        if (source == null) {
            source = Endpoint.ofSockaddr(received.source, 0, received.sourceLength);
        }
        return source;
    }

    @Override
    public void stopped() {
        // Datagrams in the spare buffer are lost like those in the socket's.
    }
}
