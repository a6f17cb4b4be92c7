package io.cyphonic.signaling.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.net.DatagramRuns;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

final class RelaySenderTest {
    private static final int SHORT = 200;
    private static final Endpoint[] RECEIVERS = {
        Endpoint.of(RelayFixture.address("192.0.2.1:1000")),
        Endpoint.of(RelayFixture.address("192.0.2.2:1000")),
        Endpoint.of(RelayFixture.address("[2001:db8::1]:1000")),
    };

    private final Kernel kernel = new Kernel();
    private final RelayCounters counters = new RelayCounters();
    private final RelaySender sender = new RelaySender(kernel, counters);

    @Test
    void shouldSendShortRunsTogetherWhenFlushed() {
        for (int number = 1; number <= 5; number++) {
            forward(number, SHORT, SHORT);
        }
        assertThat(kernel.calls).isEmpty();
        assertThat(counters.get(RelayCounter.FORWARDED)).isZero();

        sender.flush();

        assertThat(kernel.calls).containsExactly(List.of(1, 2, 3, 4, 5));
        assertThat(kernel.receivers)
                .containsExactly(receiver(1), receiver(2), receiver(3), receiver(4), receiver(5));
        assertThat(counters.get(RelayCounter.FORWARDED)).isEqualTo(5);
    }

    @Test
    void shouldNotUseTheBufferAfterwards() {
        byte[] buffer = filled(7, SHORT);
        sender.forward(buffer, 0, SHORT, SHORT, receiver(7));
        buffer[0] = 99;

        sender.flush();

        assertThat(kernel.calls).containsExactly(List.of(7));
    }

    @Test
    void shouldKeepOrderWhenALongRunFollowsShortOnes() {
        forward(1, SHORT, SHORT);
        forward(2, SHORT, SHORT);
        forward(3, 30 * SHORT, SHORT);
        forward(4, SHORT, SHORT);
        sender.flush();

        assertThat(kernel.calls.stream().flatMap(List::stream)).containsExactly(1, 2, 3, 4);
        assertThat(counters.get(RelayCounter.FORWARDED)).isEqualTo(33);
    }

    @Test
    void shouldSendByItselfWhatCannotGoTogether() {
        kernel.together = 2;
        for (int number = 1; number <= 6; number++) {
            forward(number, SHORT, SHORT);
        }
        kernel.refused.add(3);

        sender.flush();

        assertThat(kernel.calls).containsExactly(List.of(1, 2), List.of(4, 5), List.of(6));
        assertThat(counters.get(RelayCounter.FORWARDED)).isEqualTo(5);
        assertThat(counters.get(RelayCounter.SEND_FAILED)).isEqualTo(1);
    }

    @Test
    void shouldFlushByItselfWhenThereIsNoMoreRoom() {
        for (int number = 0; number < RelaySender.MAX_RUNS; number++) {
            forward(number, SHORT, SHORT);
        }
        assertThat(kernel.calls).isEmpty();
        forward(100, SHORT, SHORT);
        assertThat(kernel.receivers).hasSize(RelaySender.MAX_RUNS);

        int bytes = SHORT;
        while (kernel.receivers.size() == RelaySender.MAX_RUNS) {
            forward(101, RelaySender.LONGEST_KEPT, 1500);
            bytes += RelaySender.LONGEST_KEPT;
            assertThat(bytes).isLessThanOrEqualTo(64 * 1024 + RelaySender.LONGEST_KEPT);
        }
        sender.flush();

        assertThat(counters.get(RelayCounter.SEND_FAILED)).isZero();
        assertThat(counters.get(RelayCounter.FORWARDED))
                .isEqualTo(
                        RelaySender.MAX_RUNS + 1 + 2L * (bytes - SHORT) / RelaySender.LONGEST_KEPT);
    }

    @Test
    void shouldAnswerAtOnceAndNotCountIt() {
        sender.answer(filled(9, SHORT), receiver(9));

        assertThat(kernel.calls).containsExactly(List.of(9));
        assertThat(counters.get(RelayCounter.FORWARDED)).isZero();
    }

    private void forward(int number, int length, int segmentLength) {
        sender.forward(filled(number, length), 0, length, segmentLength, receiver(number));
    }

    private static byte[] filled(int number, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) number);
        return bytes;
    }

    private static Endpoint receiver(int number) {
        return RECEIVERS[number % RECEIVERS.length];
    }

    /** What the kernel was asked to send: a list for each call, of the first byte of each run. */
    private static final class Kernel implements UdpTransport {
        final List<List<Integer>> calls = new ArrayList<>();
        final List<Endpoint> receivers = new ArrayList<>();
        final List<Integer> refused = new ArrayList<>();
        int together = Integer.MAX_VALUE;

        @Override
        public int send(
                MemorySegment memory, int offset, int length, int segmentLength, Endpoint to) {
            int number = memory.get(ValueLayout.JAVA_BYTE, offset);
            if (refused.contains(number)) {
                return -1;
            }
            calls.add(List.of(number));
            receivers.add(to);
            return length;
        }

        @Override
        public int sendRuns(MemorySegment memory, DatagramRuns runs, int first) {
            List<Integer> call = new ArrayList<>();
            for (int run = first; run < runs.count && call.size() < together; run++) {
                int number = memory.get(ValueLayout.JAVA_BYTE, runs.offset[run]);
                if (refused.contains(number)) {
                    break;
                }
                call.add(number);
                receivers.add(runs.to[run]);
            }
            if (!call.isEmpty()) {
                calls.add(call);
            }
            return call.size();
        }

        @Override
        public int localPort() {
            throw new AssertionError();
        }

        @Override
        public int receive(ReceivedDatagrams into) {
            throw new AssertionError();
        }

        @Override
        public int sendSignaling(byte[] datagram, int length, Endpoint to) {
            throw new AssertionError();
        }

        @Override
        public boolean segmentationOffload() {
            throw new AssertionError();
        }

        @Override
        public boolean receiveOffload() {
            throw new AssertionError();
        }

        @Override
        public void close() {}
    }
}
