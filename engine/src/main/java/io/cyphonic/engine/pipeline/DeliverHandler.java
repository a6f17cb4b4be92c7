package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.packet.HeaderBytes;
import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.engine.packet.SuperPacketJoiner;
import io.cyphonic.engine.session.BatchMarks;
import io.cyphonic.engine.session.ReplayWindow;
import io.cyphonic.engine.session.Session;
import io.cyphonic.engine.session.Tunnel;
import io.cyphonic.engine.session.TunnelTable;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.lang.foreign.ValueLayout;

/**
 * Inbound deliverer. Two passes over a slot: first every capsule is judged, in order (tag, replay
 * window, inner source); then what passed goes to the host, in order, neighbours of one
 * super-packet in one write. Judging first is what keeps a replayed capsule out of a super-packet:
 * it splits the row like a forged one, and those around it are delivered.
 */
final class DeliverHandler implements SlotSink<InboundSlot> {
    private static final long ROAMING_REPORT_INTERVAL_NANOS = 200_000_000L;

    private static final byte SETTLED = 0;
    private static final byte PACKET = 1;
    private static final byte CONTROL = 2;

    private final TunnelTable table;
    private final TunWriter tun;
    private final DatagramRow row;
    private final JoinedFront front = new JoinedFront();
    private final DataPlaneListener listener;
    private final Runnable sessionReady;
    private final Counters.Lane counters;
    private final BatchMarks marks;
    private final byte[] verdicts = new byte[SlotLimits.MAX_CAPSULES];

    /**
     * Made once per engine.
     *
     * @param sessionReady told when a tunnel has got a session to seal with
     */
    DeliverHandler(
            TunnelTable table,
            TunWriter tun,
            DataPlaneListener listener,
            Runnable sessionReady,
            Counters.Lane counters,
            BatchMarks marks) {
        this.table = table;
        this.tun = tun;
        this.row = new DatagramRow(tun);
        this.listener = listener;
        this.sessionReady = sessionReady;
        this.counters = counters;
        this.marks = marks;
    }

    @Override
    public void finish(InboundSlot slot) {
        if (slot.failed) {
            abandon(slot);
            return;
        }
        for (int capsule = 0; capsule < slot.capsules; capsule++) {
            verdicts[capsule] = judge(slot, capsule);
        }
        int capsule = 0;
        while (capsule < slot.capsules) {
            switch (verdicts[capsule]) {
                case PACKET -> capsule = deliver(slot, capsule);
                case CONTROL -> {
                    deliverControl(slot, capsule);
                    capsule++;
                }
                default -> capsule++;
            }
        }
        marks.finish(slot.batch);
    }

    private byte judge(InboundSlot slot, int capsule) {
        Session session = slot.session[capsule];
        Tunnel tunnel = session.tunnel();
        int at = slot.offset[capsule];
        int length = slot.packetLength[capsule];
        if (length < 0) {
            return drop(slot, DropReason.INBOUND_NOT_AUTHENTIC);
        }
        if (tunnel.isClosed()) {
            return drop(slot, DropReason.INBOUND_UNKNOWN_RECEIVER);
        }
        int flags = CapsuleHeader.flags(slot.in, at);
        boolean urgent = (flags & CapsuleHeader.FLAG_URGENT) != 0;
        ReplayWindow window = session.replayWindow(urgent);
        long counter = CapsuleHeader.counter(slot.in, at);
        if (!window.mark(counter)) {
            return drop(slot, DropReason.INBOUND_REPLAYED);
        }
        hear(slot, capsule, session, tunnel);
        if ((flags & CapsuleHeader.FLAG_CONTROL) != 0) {
            return CONTROL;
        }
        counters.add(Counter.INBOUND_URGENT_PACKETS, urgent ? 1 : 0);
        counters.add(Counter.INBOUND_OUT_OF_ORDER, window.notePacket(counter) ? 1 : 0);
        int header = InboundSlot.headerAt(capsule);
        if (IpPacket.length(slot.headers, header, length) != length) {
            return drop(slot, DropReason.INBOUND_INNER_MALFORMED);
        }
        if (!IpPacket.sourceIs(slot.headers, header, tunnel.ipv4(), tunnel.ipv6())) {
            return drop(slot, DropReason.INBOUND_WRONG_SOURCE);
        }
        return PACKET;
    }

    private byte drop(InboundSlot slot, DropReason reason) {
        counters.drop(reason, 1);
        slot.settled++;
        return SETTLED;
    }

    /** An authentic capsule came: tells the table and the control plane what that means. */
    private void hear(InboundSlot slot, int capsule, Session session, Tunnel tunnel) {
        tunnel.countHeard(slot.nowNanos);
        if (session.hear()) {
            table.confirm(session, slot.nowNanos);
            sessionReady.run();
            listener.onSessionConfirmed(tunnel.index(), session.receiverIndex());
        }
        Endpoint from = slot.from[capsule];
        if (from != null && tunnel.mayReportRoaming(slot.nowNanos, ROAMING_REPORT_INTERVAL_NANOS)) {
            listener.onEndpointChanged(tunnel.index(), from);
        }
    }

    /** Delivers one packet and those that join it; returns the next capsule. */
    private int deliver(InboundSlot slot, int first) {
        if (slot.keptHeader[first] == 0) {
            return deliverRow(slot, first);
        }
        int end = endOfSuperPacket(slot, first);
        if (end == first + 1 || !deliverJoined(slot, first, end)) {
            for (int capsule = first; capsule < end; capsule++) {
                restoreHeader(slot, capsule);
                deliverOne(slot, capsule);
            }
        }
        return end;
    }

    /** Delivers a packet that came alone, and those that came alone too and may join it. */
    private int deliverRow(InboundSlot slot, int first) {
        int end = first + 1;
        if (isPartial(slot, first)) {
            int mayFollow = end;
            while (mayFollow < slot.capsules
                    && verdicts[mayFollow] == PACKET
                    && slot.keptHeader[mayFollow] == 0
                    && slot.session[mayFollow] == slot.session[first]
                    && isPartial(slot, mayFollow)) {
                mayFollow++;
            }
            end = mayFollow > end ? row.find(slot, first, mayFollow) : end;
        }
        int count = end - first;
        if (count == 1) {
            deliverOne(slot, first);
            return end;
        }
        int written = row.write(first, end);
        delivered(slot, first, written, row.bytes(written));
        if (written < count) {
            counters.drop(DropReason.INBOUND_WRITE_FAILED, count - written);
            slot.settled += count - written;
        }
        return end;
    }

    /** The payload of the packet before may lie over it; that one is delivered already. */
    private static void restoreHeader(InboundSlot slot, int capsule) {
        int length = slot.keptHeader[capsule];
        if (length != 0) {
            HeaderBytes.write(
                    slot.headers,
                    InboundSlot.headerAt(capsule),
                    slot.out,
                    slot.packetOffset[capsule],
                    length);
        }
    }

    private int endOfSuperPacket(InboundSlot slot, int first) {
        int header = slot.keptHeader[first];
        int at = slot.packetOffset[first];
        byte[] headers = slot.headers;
        int head = InboundSlot.headerAt(first);
        int end = first + 1;
        boolean mayJoin =
                header != 0
                        && isPartial(slot, first)
                        && SuperPacketJoiner.isSegment(
                                headers, head, header, slot.packetLength[first])
                        && tun.joins(SuperPacketJoiner.isUdp(headers, head))
                        && !SuperPacketJoiner.ends(headers, head);
        if (!mayJoin) {
            return end;
        }
        int perSegment = slot.packetLength[first] - header;
        int payload = perSegment;
        while (end < slot.capsules
                && verdicts[end] == PACKET
                && slot.keptHeader[end] == header
                && slot.packetOffset[end] == at + payload) {
            int next = slot.packetLength[end] - header;
            int kept = InboundSlot.headerAt(end);
            if (next > perSegment
                    || !SuperPacketJoiner.continues(
                            headers, head, headers, kept, header, payload, next)) {
                break;
            }
            payload += next;
            end++;
            if (next < perSegment || SuperPacketJoiner.ends(headers, kept)) {
                break;
            }
        }
        return end;
    }

    private static boolean isPartial(InboundSlot slot, int capsule) {
        int flags = CapsuleHeader.flags(slot.in, slot.offset[capsule]);
        return (flags & CapsuleHeader.FLAG_PARTIAL_CHECKSUM) != 0;
    }

    private boolean deliverJoined(InboundSlot slot, int first, int end) {
        int header = slot.keptHeader[first];
        int head = slot.packetOffset[first];
        int count = end - first;
        int payload = 0;
        for (int capsule = first; capsule < end; capsule++) {
            payload += slot.packetLength[capsule] - header;
        }
        front.join(slot, first, end - 1, header, payload);
        boolean udp = SuperPacketJoiner.isUdp(slot.headers, InboundSlot.headerAt(first));
        if (!tun.writeSuperPacket(slot.out, head, header + payload, udp)) {
            return false;
        }
        delivered(slot, first, count, count * header + payload);
        return true;
    }

    private void deliverOne(InboundSlot slot, int capsule) {
        int length = slot.packetLength[capsule];
        int transport = isPartial(slot, capsule) ? transport(slot, capsule) : TunWriter.COMPLETE;
        int result = tun.write(slot.out, slot.packetOffset[capsule], length, transport);
        if (result > 0) {
            delivered(slot, capsule, 1, length);
        } else {
            drop(
                    slot,
                    result == TunWriter.MALFORMED
                            ? DropReason.INBOUND_INNER_MALFORMED
                            : DropReason.INBOUND_WRITE_FAILED);
        }
    }

    private static int transport(InboundSlot slot, int capsule) {
        int header = slot.keptHeader[capsule];
        int known = header == 0 ? InboundSlot.HEADER_CAPACITY : header;
        int length = Math.min(slot.packetLength[capsule], known);
        return IpPacket.transport(slot.headers, InboundSlot.headerAt(capsule), length);
    }

    private void delivered(InboundSlot slot, int capsule, int count, int bytes) {
        counters.add(Counter.INBOUND_DELIVERED_PACKETS, count);
        counters.add(Counter.INBOUND_DELIVERED_BYTES, bytes);
        slot.session[capsule].tunnel().countDelivered(count, bytes, slot.nowNanos);
        slot.settled += count;
    }

    private void deliverControl(InboundSlot slot, int capsule) {
        int length = slot.packetLength[capsule];
        slot.settled++;
        if (length == 0) {
            counters.add(Counter.INBOUND_KEEP_ALIVES, 1);
            return;
        }
        counters.add(Counter.INBOUND_CONTROL_CAPSULES, 1);
        Tunnel tunnel = slot.session[capsule].tunnel();
        Endpoint from = slot.from[capsule];
        int at = slot.packetOffset[capsule];
        listener.onControlMessage(
                tunnel.index(),
                slot.out.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE),
                from != null ? from : tunnel.endpoint());
    }

    @Override
    public void abandon(InboundSlot slot) {
        counters.drop(DropReason.HANDLER_FAILED, slot.packets() - slot.settled);
        slot.settled = slot.packets();
        marks.finish(slot.batch);
    }
}
