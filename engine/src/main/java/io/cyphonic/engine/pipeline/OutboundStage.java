package io.cyphonic.engine.pipeline;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.engine.packet.SuperPacketCutter;
import io.cyphonic.engine.session.BatchMarks;
import io.cyphonic.engine.session.Session;
import io.cyphonic.engine.session.Tunnel;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.Readiness;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.TunDevice;
import io.cyphonic.signaling.net.UrgentPacket;

import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import java.util.function.LongSupplier;

/**
 * Outbound staging. The numbered flow of one batch:
 *
 * <ol>
 *   <li>control messages that were asked for, first, so that bulk traffic never delays them;
 *   <li>the rest of a super-packet that was too much for one slot;
 *   <li>packets that waited for a tunnel which now has a session;
 *   <li>the packet that did not fit the slot before;
 *   <li>packets from the TUN device, straight into the slot, until it would block or the slot has
 *       enough.
 * </ol>
 *
 * Every packet gets its tunnel, session and counters here, by one thread: reception order = ring
 * order = nonce order.
 */
final class OutboundStage implements Stage {
    private static final Logger LOG = LoggerFactory.getLogger(OutboundStage.class);

    private static final int REQUESTS = 1024;

    private final TunDevice tun;
    private final Conveyor<OutboundSlot> conveyor;
    private final TunnelLookup lookup;
    private final OverlayPrefixes overlay;
    private final DataPlaneListener listener;
    private final Counters.Lane counters;
    private final BatchMarks marks;
    private final LongSupplier clock;

    private final ManyToOneConcurrentArrayQueue<OutboundRequest> requests =
            new ManyToOneConcurrentArrayQueue<>(REQUESTS);
    private final WaitingPackets waiting = new WaitingPackets();
    private final WantedAddresses wanted = new WantedAddresses();
    private final SuperPacketCutter packet = new SuperPacketCutter();
    private final OversizedPackets oversized;
    private final byte[] key = new byte[IpPacket.ADDRESS_KEY_LENGTH];

    /** Raised by any thread when a tunnel has got a session; lowered here. */
    private volatile boolean sessionsChanged;

    /** A packet that was read but did not fit the slot, or room to read one. */
    private MemorySegment spare = ReceivedDatagrams.newMemory();

    private int spareLength;

    /** A super-packet of more segments than a slot takes: the segments from here on are to come. */
    private MemorySegment longPacket;

    private int longPacketLength;
    private int longPacketNext;

    private OutboundSlot slot;
    private boolean sourceDrained;

    /**
     * The device was empty when last looked at. The first packet after that goes at once, alone: a
     * look for more would only delay it, and whatever has come meanwhile makes the next batch.
     */
    private boolean idle = true;

    private boolean failureLogged;

    OutboundStage(
            TunDevice tun,
            Conveyor<OutboundSlot> conveyor,
            TunnelLookup lookup,
            OverlayPrefixes overlay,
            DataPlaneListener listener,
            Counters.Lane counters,
            BatchMarks marks,
            LongSupplier clock) {
        this.tun = tun;
        this.conveyor = conveyor;
        this.lookup = lookup;
        this.overlay = overlay;
        this.listener = listener;
        this.counters = counters;
        this.marks = marks;
        this.clock = clock;
        this.oversized = new OversizedPackets(tun, counters, (int) clock.getAsLong());
    }

    /** Any thread: asks for something; false if the queue is full. */
    boolean request(OutboundRequest request) {
        return requests.offer(request);
    }

    /** Any thread: a tunnel has got a session, so packets that wait may go. */
    void sessionsChanged() {
        sessionsChanged = true;
    }

    @Override
    public int reads() {
        return Readiness.TUN;
    }

    @Override
    public int work() {
        slot = conveyor.claim();
        if (slot == null) {
            return STOPPED;
        }
        slot.clear();
        sourceDrained = false;
        boolean restage = takeSessionsChanged() && !waiting.isEmpty();
        boolean queued = hasHeldBack() || !requests.isEmpty();
        int length = queued || restage ? 0 : tun.read(slot.in, 0, SlotLimits.READ_CAPACITY);
        if (length <= 0 && !queued && !restage) {
            idle = true;
            return length == TunDevice.WOULD_BLOCK ? EMPTY : readFailed(length);
        }
        slot.batch = marks.begin();
        slot.nowNanos = clock.getAsLong();
        if (length > 0) {
            counters.add(Counter.TUN_READS, 1);
            stage(slot.in, 0, length);
            stageFragments();
        } else {
            stageQueued(restage);
        }
        boolean alone = idle;
        int outcome = alone ? BUSY : readMore();
        conveyor.commit(sourceDrained || alone);
        idle = outcome == DRAINED;
        return outcome == DRAINED && hasQueued() ? BUSY : outcome;
    }

    /** Lowers the flag before anything is looked up: a change after that raises it again. */
    private boolean takeSessionsChanged() {
        boolean changed = sessionsChanged;
        if (changed) {
            sessionsChanged = false;
        }
        return changed;
    }

    private boolean hasQueued() {
        return hasHeldBack() || !requests.isEmpty() || sessionsChanged && !waiting.isEmpty();
    }

    /** Something was read that did not fit the slot: it comes before what is still to be read. */
    private boolean hasHeldBack() {
        return spareLength > 0 || longPacketLength > 0 || oversized.hasFragments();
    }

    private int readFailed(int negativeErrno) {
        counters.add(Counter.TUN_READ_ERRORS, 1);
        if (!failureLogged) {
            failureLogged = true;
            LOG.error("TUN {} cannot be read: errno {}; trying on", tun.name(), -negativeErrno);
        }
        return FAILED;
    }

    private void stageQueued(boolean restage) {
        stageRequests();
        stageFragments();
        if (longPacketLength > 0) {
            stageLongPacket();
        }
        if (restage) {
            restageWaiting();
            stageFragments();
        }
        if (spareLength > 0 && !oversized.hasFragments()) {
            stageSpare();
            stageFragments();
        }
    }

    /** Fragments of what was too long for its path; those that do not fit go with the next slot. */
    private void stageFragments() {
        while (oversized.hasFragments()) {
            int length = oversized.fragmentLength();
            int at = slot.inLength;
            boolean fits =
                    slot.hasRoomFor(1, length + SlotLimits.OVERHEAD)
                            && at + length <= SlotLimits.IN_CAPACITY;
            if (!fits) {
                return;
            }
            copyIn(oversized.fragments(), oversized.fragmentOffset(), length);
            oversized.nextFragment();
            stage(slot.in, at, length);
        }
    }

    /** Puts what lies on the heap behind what is in the slot; it is not part of it yet. */
    private void copyIn(byte[] packet, int offset, int length) {
        MemorySegment.copy(packet, offset, slot.in, JAVA_BYTE, slot.inLength, length);
    }

    private void stageSpare() {
        int length = spareLength;
        spareLength = 0;
        if (slot.inLength == 0) {
            MemorySegment in = slot.in;
            slot.in = spare;
            spare = in;
            stage(slot.in, 0, length);
        } else {
            stage(spare, 0, length);
        }
    }

    /** Reads until the device has no more, or the slot has enough. */
    private int readMore() {
        while (!hasHeldBack() && slot.takesMore()) {
            boolean direct = slot.inLength == 0;
            MemorySegment into = direct ? slot.in : spare;
            int length = tun.read(into, 0, SlotLimits.READ_CAPACITY);
            if (length <= 0) {
                sourceDrained = true;
                return length == TunDevice.WOULD_BLOCK ? DRAINED : readFailed(length);
            }
            counters.add(Counter.TUN_READS, 1);
            stage(into, 0, length);
            stageFragments();
        }
        return BUSY;
    }

    /**
     * Stages what was read, in place if it is in the slot already, else by copying; or keeps it for
     * the next slot.
     */
    private void stage(MemorySegment buffer, int offset, int length) {
        if (packet.parse(buffer, offset, length) != SuperPacketCutter.OK) {
            counters.add(Counter.OUTBOUND_PACKETS, 1);
            counters.drop(DropReason.OUTBOUND_MALFORMED, 1);
            return;
        }
        int segments = packet.segmentCount();
        int bytes = packet.totalLength(0, segments) + segments * SlotLimits.OVERHEAD;
        boolean inPlace = buffer == slot.in;
        boolean fits =
                slot.hasRoomFor(segments, bytes)
                        && (inPlace || slot.inLength + length <= SlotLimits.IN_CAPACITY);
        if (!fits) {
            keepForNextSlot(buffer, length);
            return;
        }
        counters.add(Counter.OUTBOUND_PACKETS, segments);
        counters.add(Counter.OUTBOUND_SUPER_PACKETS, segments > 1 ? 1 : 0);
        IpPacket.destinationKey(packet.headers(), packet.headerAt(), key);
        Tunnel tunnel = route(buffer, offset, length, segments);
        if (tunnel != null) {
            send(buffer, offset, length, tunnel, 0, segments);
        }
    }

    private void keepForNextSlot(MemorySegment buffer, int length) {
        if (slot.entries == 0 && slot.inLength == 0) {
            // Not even an empty slot takes it whole.
            longPacket = longPacket == null ? ReceivedDatagrams.newMemory() : longPacket;
            MemorySegment.copy(buffer, 0, longPacket, 0, length);
            longPacketLength = length;
            longPacketNext = 0;
            stageLongPacket();
            return;
        }
        if (buffer == slot.in) {
            // In place although the slot has entries: empty control messages, which fill nothing.
            slot.in = spare;
            spare = buffer;
        }
        spareLength = length;
    }

    private void stageLongPacket() {
        packet.parse(longPacket, 0, longPacketLength);
        int first = longPacketNext;
        int remaining = packet.segmentCount() - first;
        int perSegment = packet.segmentLength(first) + SlotLimits.OVERHEAD;
        int room = (SlotLimits.OUT_CAPACITY - slot.capsuleBytes) / perSegment;
        int count = Math.min(remaining, SlotLimits.MAX_CAPSULES - slot.capsules);
        count = Math.min(count, room);
        if (count <= 0 || slot.inLength + longPacketLength > SlotLimits.IN_CAPACITY) {
            return;
        }
        int length = longPacketLength;
        longPacketNext = first + count;
        if (count == remaining) {
            longPacketLength = 0;
        }
        counters.add(Counter.OUTBOUND_PACKETS, count);
        counters.add(Counter.OUTBOUND_SUPER_PACKETS, first == 0 ? 1 : 0);
        IpPacket.destinationKey(packet.headers(), packet.headerAt(), key);
        Tunnel tunnel = lookup.find(key);
        if (!overlay.contains(key)) {
            counters.drop(DropReason.OUTBOUND_NOT_ROUTABLE, count);
        } else if (!canSend(tunnel)) {
            counters.drop(DropReason.OUTBOUND_NO_TUNNEL, count);
        } else {
            send(longPacket, 0, length, tunnel, first, count);
        }
    }

    private void send(
            MemorySegment buffer,
            int offset,
            int length,
            Tunnel tunnel,
            int firstSegment,
            int count) {
        Session session = tunnel.current();
        Endpoint to = tunnel.endpoint();
        if (packet.segmentLength(firstSegment) > tunnel.innerMtu()) {
            oversized.take(packet, firstSegment, count, tunnel.innerMtu(), slot.nowNanos);
            return;
        }
        if (session == null || to == null) {
            // Closed or superseded between the two looks: as if there had never been one.
            counters.drop(DropReason.OUTBOUND_NO_TUNNEL, count);
            return;
        }
        long counter = session.reserve(count);
        if (counter == Session.EXHAUSTED) {
            counters.drop(DropReason.OUTBOUND_KEY_EXHAUSTED, count);
            return;
        }
        int bytes = packet.totalLength(firstSegment, count) + count * SlotLimits.OVERHEAD;
        int entry =
                slot.add(
                        buffer,
                        offset,
                        length,
                        session,
                        to,
                        tunnel.relayTo(to),
                        counter,
                        count,
                        bytes);
        boolean urgent = UrgentPacket.is(packet.headers(), packet.headerAt());
        slot.entryFlags[entry] = urgent ? OutboundSlot.URGENT : 0;
        counters.add(Counter.OUTBOUND_URGENT_PACKETS, urgent ? count : 0);
        slot.firstSegment[entry] = firstSegment;
    }

    /** The tunnel of the parsed packet if it can go now; else it is held back or dropped. */
    private Tunnel route(MemorySegment buffer, int offset, int length, int segments) {
        if (!overlay.contains(key)) {
            counters.drop(DropReason.OUTBOUND_NOT_ROUTABLE, segments);
            return null;
        }
        Tunnel tunnel = lookup.find(key);
        boolean ready = canSend(tunnel);
        if (ready && (waiting.isEmpty() || !waiting.has(key))) {
            return tunnel;
        }
        counters.add(Counter.OUTBOUND_HELD_PACKETS, segments);
        byte[] held = buffer.asSlice(offset, length).toArray(JAVA_BYTE);
        int evicted = waiting.add(key, held, segments);
        if (evicted > 0) {
            counters.drop(DropReason.OUTBOUND_NO_TUNNEL, evicted);
        }
        if (ready) {
            sessionsChanged = true;
        } else if (wanted.isDue(key, slot.nowNanos)) {
            listener.onTunnelWanted(IpPacket.addressOf(key));
        }
        return null;
    }

    private static boolean canSend(Tunnel tunnel) {
        return tunnel != null && tunnel.current() != null && tunnel.endpoint() != null;
    }

    private void restageWaiting() {
        for (Iterator<WaitingPackets.Waiting> i = waiting.iterator(); i.hasNext(); ) {
            WaitingPackets.Waiting next = i.next();
            Tunnel tunnel = lookup.find(next.key());
            if (!canSend(tunnel)) {
                continue;
            }
            byte[] held = next.packet();
            int at = slot.inLength;
            if (at + held.length > SlotLimits.IN_CAPACITY) {
                // The rest goes with the next slot.
                sessionsChanged = true;
                return;
            }
            copyIn(held, 0, held.length);
            packet.parse(slot.in, at, held.length);
            int segments = packet.segmentCount();
            int bytes = packet.totalLength(0, segments) + segments * SlotLimits.OVERHEAD;
            boolean everFits =
                    segments <= SlotLimits.MAX_CAPSULES && bytes <= SlotLimits.OUT_CAPACITY;
            if (everFits && !slot.hasRoomFor(segments, bytes)) {
                sessionsChanged = true;
                return;
            }
            i.remove();
            waiting.removed(next);
            if (everFits) {
                send(slot.in, at, held.length, tunnel, 0, segments);
            } else {
                counters.drop(DropReason.OUTBOUND_TOO_LONG, segments);
            }
        }
    }

    private void stageRequests() {
        OutboundRequest next;
        while (slot.hasRoomFor(1, SlotLimits.MAX_CONTROL_LENGTH + SlotLimits.OVERHEAD)
                && slot.inLength + SlotLimits.MAX_CONTROL_LENGTH <= SlotLimits.IN_CAPACITY
                && (next = requests.poll()) != null) {
            switch (next) {
                case OutboundRequest.Control control -> stageControl(control);
                case OutboundRequest.Discard discard ->
                        counters.drop(
                                DropReason.OUTBOUND_NO_TUNNEL, waiting.discard(discard.key()));
            }
        }
    }

    private void stageControl(OutboundRequest.Control control) {
        Session session = control.tunnel().current();
        Endpoint to = control.to() != null ? control.to() : control.tunnel().endpoint();
        if (session == null || to == null) {
            counters.drop(DropReason.OUTBOUND_NO_TUNNEL, 1);
            return;
        }
        long counter = session.reserve(1);
        if (counter == Session.EXHAUSTED) {
            counters.drop(DropReason.OUTBOUND_KEY_EXHAUSTED, 1);
            return;
        }
        byte[] message = control.message();
        copyIn(message, 0, message.length);
        int bytes = message.length + SlotLimits.OVERHEAD;
        int entry =
                slot.add(
                        slot.in,
                        slot.inLength,
                        message.length,
                        session,
                        to,
                        control.tunnel().relayTo(to),
                        counter,
                        1,
                        bytes);
        slot.entryFlags[entry] =
                OutboundSlot.CONTROL | (control.urgent() ? OutboundSlot.URGENT : 0);
        slot.firstSegment[entry] = 0;
    }

    @Override
    public void stopped() {
        counters.drop(DropReason.OUTBOUND_NO_TUNNEL, waiting.discard(null));
    }

    int waitingPackets() {
        return waiting.size();
    }
}
