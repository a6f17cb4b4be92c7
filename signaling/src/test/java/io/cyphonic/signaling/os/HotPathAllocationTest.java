package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.Arrays;

/**
 * Counts the bytes that hot calls allocate once compiled. A foreign call that boxes, or a segment
 * that outlives the compiler's analysis, shows here as tens of bytes per call.
 */
class HotPathAllocationTest {
    private static final int CALLS = 2_000;
    private static final int ROUNDS = 200;

    /**
     * Half of the smallest object per call. The rest allows for the 40 bytes that the JDK may take
     * for the errno of a call that found nothing, which is one receive in eight here.
     */
    private static final long ALLOWED_PER_ROUND = 8L * CALLS;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void shouldNotAllocateWhenSendingAndReceiving() throws Exception {
        try (LinuxUdpTransport udp = LinuxUdpTransport.open(UdpOptions.ofPort(0));
                LinuxReadiness readiness = LinuxReadiness.forUdp(udp)) {
            Endpoint self = Endpoint.of(new InetSocketAddress("127.0.0.1", udp.localPort()));
            ReceivedDatagrams into = new ReceivedDatagrams();
            into.buffer = new byte[65_535];
            MemorySegment[] slots = new MemorySegment[16];
            Arrays.setAll(
                    slots,
                    i -> i < 8 ? OffHeap.zeros(4_096) : MemorySegment.ofArray(new byte[4_096]));

            for (int urgent : new int[] {3, 11}) {
                CapsuleHeader.write(slots[urgent], urgent, CapsuleHeader.FLAG_URGENT, 0, 1, 1);
            }

            long bytes =
                    leastAllocated(
                            round -> {
                                MemorySegment slot = slots[round & 15];
                                int segment = 1_000 + (round & 1);
                                int length = (round & 2) == 0 ? 900 : 3_000;
                                if (udp.send(slot, round & 15, length, segment, self) != length) {
                                    throw new AssertionError("not sent");
                                }
                                int left = length;
                                while (left > 0) {
                                    readiness.await(-1);
                                    left -= udp.receive(into);
                                }
                                readiness.wake();
                                readiness.await(-1);
                            });

            assertThat(bytes).isLessThan(ALLOWED_PER_ROUND);
        }
    }

    @Test
    void shouldNoticeWhenSomethingAllocates() throws Exception {
        Object[] sink = new Object[1];

        long bytes = leastAllocated(round -> sink[0] = new byte[round & 7]);

        assertThat(bytes).isGreaterThanOrEqualTo(16L * CALLS);
    }

    /** Until the compiler has done its work rounds allocate; so the best of many counts. */
    private long leastAllocated(Call call) throws Exception {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS && least >= ALLOWED_PER_ROUND; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.run(i);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    private interface Call {
        void run(int round) throws Exception;
    }
}
