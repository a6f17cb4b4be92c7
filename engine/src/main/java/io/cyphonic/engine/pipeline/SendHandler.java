package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.session.BatchMarks;
import io.cyphonic.engine.session.RelayChannel;
import io.cyphonic.engine.session.Tunnel;
import io.cyphonic.signaling.net.DatagramRuns;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.UdpTransport;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.util.concurrent.locks.LockSupport;

/**
 * Outbound sender: sends the capsules of a slot in order. Neighbours with one endpoint and one
 * length (the last may be shorter) are a run and go in one system call; where a slot has several
 * runs, they go in one call together if the transport can do that.
 */
final class SendHandler implements SlotSink<OutboundSlot> {
    /** How often a full socket is tried again, for a whole slot. */
    private static final int MAX_RETRIES = 40;

    /** Pause before trying again: a few packets' time on a fast link. */
    private static final long RETRY_PAUSE_NANOS = 50_000;

    private static final long TOO_LONG_REPORT_INTERVAL_NANOS = 100_000_000;

    private final UdpTransport udp;
    private final DataPlaneListener listener;
    private final Counters.Lane counters;
    private final BatchMarks marks;

    private final DatagramRuns runs = new DatagramRuns(SlotLimits.MAX_CAPSULES);
    private final int[] firstOfRun = new int[SlotLimits.MAX_CAPSULES];
    private final int[] endOfRun = new int[SlotLimits.MAX_CAPSULES];
    private int retriesLeft;

    SendHandler(
            UdpTransport udp,
            DataPlaneListener listener,
            Counters.Lane counters,
            BatchMarks marks) {
        this.udp = udp;
        this.listener = listener;
        this.counters = counters;
        this.marks = marks;
    }

    @Override
    public void finish(OutboundSlot slot) {
        if (slot.failed) {
            abandon(slot);
            return;
        }
        retriesLeft = MAX_RETRIES;
        findRuns(slot);
        int run = 0;
        while (run < runs.count) {
            int together =
                    runs.count - run >= UdpTransport.MIN_RUNS_TOGETHER
                            ? sendTogether(slot, run)
                            : 0;
            if (together == 0) {
                sendRun(slot, run);
                together = 1;
            }
            run += together;
        }
        runs.clear();
        marks.finish(slot.batch);
    }

    private void findRuns(OutboundSlot slot) {
        runs.clear();
        int capsule = 0;
        while (capsule < slot.capsules) {
            if (slot.capsuleLength[capsule] == 0) {
                counters.drop(DropReason.OUTBOUND_SEAL_FAILED, 1);
                slot.settled++;
                capsule++;
            } else {
                int end = endOfRun(slot, capsule);
                int offset = slot.capsuleOffset[capsule];
                firstOfRun[runs.count] = capsule;
                endOfRun[runs.count] = end;
                runs.add(
                        slot.endpoint[slot.capsuleEntry[capsule]],
                        offset,
                        slot.capsuleOffset[end - 1] + slot.capsuleLength[end - 1] - offset,
                        slot.capsuleLength[capsule]);
                capsule = end;
            }
        }
    }

    /** Sends as many runs as one call takes. */
    private int sendTogether(OutboundSlot slot, int first) {
        int sent = udp.sendRuns(slot.out, runs, first);
        if (sent > 0) {
            counters.add(Counter.UDP_SENDS, 1);
            for (int run = first; run < first + sent; run++) {
                count(
                        slot,
                        run,
                        runs.offset[run] + runs.length[run],
                        DropReason.OUTBOUND_SEND_FAILED);
            }
        }
        return sent;
    }

    /**
     * First capsule that cannot go into the same system call. Urgent ones and others do not go
     * together, as they do not wait together. A control capsule goes alone: what the kernel was
     * given together may be lost together, as far as the first router with a narrow way out, and
     * then a short probe would say nothing about a long one.
     */
    private static int endOfRun(OutboundSlot slot, int first) {
        if (isControl(slot, first)) {
            return first + 1;
        }
        int length = slot.capsuleLength[first];
        int flags = slot.entryFlags[slot.capsuleEntry[first]];
        Endpoint to = slot.endpoint[slot.capsuleEntry[first]];
        int bytes = length;
        int end = first + 1;
        int limit = Math.min(slot.capsules, first + UdpTransport.MAX_SEGMENTS);
        while (end < limit) {
            int next = slot.capsuleLength[end];
            bytes += next;
            boolean fits =
                    next != 0
                            && next <= length
                            && bytes <= UdpTransport.MAX_SEND_LENGTH
                            && slot.endpoint[slot.capsuleEntry[end]] == to
                            && slot.entryFlags[slot.capsuleEntry[end]] == flags;
            if (!fits) {
                break;
            }
            end++;
            if (next < length) {
                break;
            }
        }
        return end;
    }

    private static boolean isControl(OutboundSlot slot, int capsule) {
        return (slot.entryFlags[slot.capsuleEntry[capsule]] & OutboundSlot.CONTROL) != 0;
    }

    private void sendRun(OutboundSlot slot, int run) {
        int offset = runs.offset[run];
        int length = runs.length[run];
        int segmentLength = runs.segmentLength[run];
        Endpoint to = runs.to[run];
        int sent = 0;
        int result = 0;
        while (sent < length) {
            counters.add(Counter.UDP_SENDS, 1);
            result = udp.send(slot.out, offset + sent, length - sent, segmentLength, to);
            if (result < 0) {
                break;
            }
            sent += result;
            if (sent < length && !mayRetry()) {
                break;
            }
        }
        if (result == UdpTransport.TOO_LONG) {
            tooLong(slot, run, offset + sent);
        } else {
            count(slot, run, offset + sent, DropReason.OUTBOUND_SEND_FAILED);
        }
    }

    /** Those that were not sent are longer than the interface carries: the path has changed. */
    private void tooLong(OutboundSlot slot, int run, int sentEnd) {
        int first = firstOfRun[run];
        count(slot, run, sentEnd, DropReason.OUTBOUND_DATAGRAM_TOO_LONG);
        int entry = slot.capsuleEntry[first];
        Tunnel tunnel = slot.session[entry].tunnel();
        if (isControl(slot, first)
                || tunnel.mayReportTooLong(slot.nowNanos, TOO_LONG_REPORT_INTERVAL_NANOS)) {
            listener.onDatagramTooLong(tunnel.index(), innerLength(slot, first));
        }
    }

    private static int innerLength(OutboundSlot slot, int capsule) {
        boolean relayed = slot.relay[slot.capsuleEntry[capsule]] != null;
        return slot.capsuleLength[capsule]
                - CapsuleHeader.OVERHEAD
                - (relayed ? RelayChannel.HEADER_LENGTH : 0);
    }

    private boolean mayRetry() {
        if (retriesLeft == 0) {
            return false;
        }
        retriesLeft--;
        counters.add(Counter.UDP_SEND_RETRIES, 1);
        LockSupport.parkNanos(RETRY_PAUSE_NANOS);
        return true;
    }

    /** Capsules that begin before {@code sentEnd} were sent. */
    private void count(OutboundSlot slot, int run, int sentEnd, DropReason unsent) {
        int capsule = firstOfRun[run];
        int end = endOfRun[run];
        if (isControl(slot, capsule)) {
            countControl(slot, capsule, slot.capsuleOffset[capsule] < sentEnd, unsent);
            return;
        }
        while (capsule < end && slot.capsuleOffset[capsule] < sentEnd) {
            capsule = countEntry(slot, capsule, end, sentEnd);
        }
        if (capsule < end) {
            counters.drop(unsent, end - capsule);
            slot.settled += end - capsule;
        }
    }

    /** Counts what was sent of one packet of the host; returns the capsule after it. */
    private int countEntry(OutboundSlot slot, int first, int end, int sentEnd) {
        int entry = slot.capsuleEntry[first];
        long bytes = 0;
        int capsule = first;
        while (capsule < end
                && slot.capsuleEntry[capsule] == entry
                && slot.capsuleOffset[capsule] < sentEnd) {
            bytes += innerLength(slot, capsule++);
        }
        int packets = capsule - first;
        counters.add(Counter.OUTBOUND_SENT_PACKETS, packets);
        counters.add(Counter.OUTBOUND_SENT_BYTES, bytes);
        slot.session[entry].tunnel().countSent(packets, bytes, slot.nowNanos);
        slot.settled += packets;
        return capsule;
    }

    private void countControl(OutboundSlot slot, int capsule, boolean sent, DropReason unsent) {
        if (sent) {
            counters.add(Counter.OUTBOUND_CONTROL_CAPSULES, 1);
            slot.session[slot.capsuleEntry[capsule]].tunnel().countSent(0, 0, slot.nowNanos);
        } else if (unsent == DropReason.OUTBOUND_DATAGRAM_TOO_LONG) {
            // A probe is to find that out.
            counters.add(Counter.OUTBOUND_PROBES_TOO_LONG, 1);
        } else {
            counters.drop(unsent, 1);
        }
        slot.settled++;
    }

    @Override
    public void abandon(OutboundSlot slot) {
        counters.drop(DropReason.HANDLER_FAILED, slot.packets() - slot.settled);
        slot.settled = slot.packets();
        marks.finish(slot.batch);
    }
}
