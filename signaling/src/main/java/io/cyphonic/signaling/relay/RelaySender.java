package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.net.DatagramRuns;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sends what the relay passes on. What many senders send comes in short runs, each for somebody
 * else: those are kept until nothing more has come, and go to the kernel in one call. Long ones,
 * which a call is worth and a copy is not, go at once, behind what was kept: order is kept.
 *
 * <p>Owned by the relay's thread; does not allocate for what is passed on.
 */
final class RelaySender implements RelayOutput {
    /** Runs that are kept at most; so many go into one call. */
    static final int MAX_RUNS = 64;

    /** Bytes of the longest run that is kept: two full datagrams. */
    static final int LONGEST_KEPT = 3000;

    private static final int CAPACITY = 64 * 1024;

    private final UdpTransport transport;
    private final RelayCounters counters;
    private final DatagramRuns runs = new DatagramRuns(MAX_RUNS);
    private final MemorySegment kept = ReceivedDatagrams.newMemory();
    private int used;

    /** The buffer that long runs come in, mostly the same one, and its segment. */
    private byte[] seen = {};

    private MemorySegment ofSeen = MemorySegment.ofArray(seen);

    RelaySender(UdpTransport transport, RelayCounters counters) {
        this.transport = transport;
        this.counters = counters;
    }

    @Override
    public void forward(byte[] buffer, int offset, int length, int segmentLength, Endpoint to) {
        boolean isKept = length <= LONGEST_KEPT;
        if (!isKept || runs.count == MAX_RUNS || used + length > CAPACITY) {
            flush();
        }
        if (!isKept) {
            sendRun(segmentOf(buffer), offset, length, segmentLength, to);
            return;
        }
        MemorySegment.copy(buffer, offset, kept, ValueLayout.JAVA_BYTE, used, length);
        runs.add(to, used, length, segmentLength);
        used += length;
    }

    @Override
    public void answer(byte[] datagram, Endpoint to) {
        MemorySegment segment = MemorySegment.ofArray(datagram);
        transport.send(segment, 0, datagram.length, datagram.length, to);
    }

    private MemorySegment segmentOf(byte[] buffer) {
        if (buffer != seen) {
            seen = buffer;
            ofSeen = MemorySegment.ofArray(buffer);
        }
        return ofSeen;
    }

    /** Sends what was kept. To be called before the thread sleeps. */
    void flush() {
        int run = 0;
        while (run < runs.count) {
            int together =
                    runs.count - run >= UdpTransport.MIN_RUNS_TOGETHER
                            ? transport.sendRuns(kept, runs, run)
                            : 0;
            for (int sent = run; sent < run + together; sent++) {
                count(RelayCounter.FORWARDED, runs.length[sent], runs.segmentLength[sent]);
            }
            if (together == 0) {
                int segment = runs.segmentLength[run];
                sendRun(kept, runs.offset[run], runs.length[run], segment, runs.to[run]);
                together = 1;
            }
            run += together;
        }
        runs.clear();
        used = 0;
    }

    private void sendRun(
            MemorySegment memory, int offset, int length, int segmentLength, Endpoint to) {
        boolean sent = transport.send(memory, offset, length, segmentLength, to) == length;
        count(sent ? RelayCounter.FORWARDED : RelayCounter.SEND_FAILED, length, segmentLength);
    }

    private void count(RelayCounter counter, int length, int segmentLength) {
        counters.add(counter, Math.ceilDiv(length, segmentLength));
    }
}
