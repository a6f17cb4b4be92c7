package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.fixtures.EngineRig;
import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.engine.session.JcaCapsuleCipher;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.net.Readiness;
import io.cyphonic.signaling.net.VirtioNetHeader;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

class StageLoanTest {
    private static final LendingPolicy POLICY = LendingPolicy.forProcessors(2);
    private static final int PACKETS = 20_000;

    private final Counters counters = new Counters();
    private final StageLoan loan = new StageLoan(POLICY, counters.newLane());
    private final Duties lender = loan.lender();
    private final Duties borrower = loan.borrower();
    private int lenderWoken;
    private int borrowerWoken;

    @BeforeEach
    void wireUp() {
        loan.between(() -> lenderWoken++, () -> borrowerWoken++);
    }

    /** What a thread has done in the time between two looks. */
    private static LoadMeter load(int outbound, int inbound, int sleeps) {
        return load(outbound, inbound, sleeps, POLICY.lookNanos());
    }

    private static LoadMeter load(int outbound, int inbound, int sleeps, long nanos) {
        LoadMeter load = new LoadMeter(0);
        IntStream.range(0, outbound).forEach(_ -> load.worked(Readiness.TUN));
        IntStream.range(0, inbound).forEach(_ -> load.worked(Readiness.UDP));
        IntStream.range(0, sleeps).forEach(_ -> load.slept());
        assertThat(load.isDue(nanos, POLICY.lookNanos())).isTrue();
        return load;
    }

    private void lend() {
        lender.look(load(200, 100, 10));
        // Its first look is about the time before.
        borrower.look(load(0, 0, 1));
        assertThat(borrower.sources()).isEqualTo(Readiness.UDP);
    }

    @Test
    void shouldBeAtHomeWhenNothingHasHappened() {
        assertThat(lender.sources()).isEqualTo(Readiness.SOURCES);
        assertThat(borrower.sources()).isZero();
    }

    @Test
    void shouldLendTheInboundStageWhenThereIsBulkBothWays() {
        lend();

        assertThat(lender.sources()).isEqualTo(Readiness.TUN);
        assertThat(borrowerWoken).isOne();
        assertThat(counters.get(Counter.STAGE_LOANS)).isOne();
    }

    @Test
    void shouldKeepItWhenTheThreadMostlyWaits() {
        lender.look(load(100, 100, 180));

        assertThat(lender.sources()).isEqualTo(Readiness.SOURCES);
    }

    @Test
    void shouldKeepItWhenOneDirectionIsSilent() {
        lender.look(load(300, 2, 5));
        lender.look(load(2, 300, 5));

        assertThat(lender.sources()).isEqualTo(Readiness.SOURCES);
    }

    @Test
    void shouldKeepItWhenManyBatchesTookLong() {
        lender.look(load(200, 100, 10, 100 * POLICY.lookNanos()));

        assertThat(lender.sources()).isEqualTo(Readiness.SOURCES);
    }

    @Test
    void shouldGiveItBackWhenNothingComesAnyMore() {
        lend();

        for (int look = 0; look < POLICY.idleLooks(); look++) {
            assertThat(lender.sources()).isEqualTo(Readiness.TUN);
            borrower.look(load(0, 1, 1));
        }

        assertThat(lender.sources()).isEqualTo(Readiness.SOURCES);
        assertThat(borrower.sources()).isZero();
        assertThat(lenderWoken).isOne();
    }

    @Test
    void shouldGiveItBackWhenNeitherThreadIsBusyForLong() {
        lend();
        lender.look(load(30, 0, 30));

        for (int look = 0; look < POLICY.calmLooks(); look++) {
            assertThat(lender.sources()).isEqualTo(Readiness.TUN);
            borrower.look(load(0, 30, 30));
        }

        assertThat(lender.sources()).isEqualTo(Readiness.SOURCES);
    }

    @Test
    void shouldHoldItWhenTheLenderIsBusyAndTheBorrowerHasItsShare() {
        lend();

        for (int look = 0; look < 10 * POLICY.calmLooks(); look++) {
            borrower.look(load(0, 30, 30));
        }

        assertThat(lender.sources()).isEqualTo(Readiness.TUN);
    }

    @Test
    void shouldHoldItWhenAPauseIsShort() {
        lend();

        for (int round = 0; round < 50; round++) {
            for (int look = 1; look < POLICY.idleLooks(); look++) {
                borrower.look(load(0, 0, 1));
            }
            borrower.look(load(0, 100, 10));
        }

        assertThat(lender.sources()).isEqualTo(Readiness.TUN);
    }

    @Test
    void shouldKeepOrderWhenItIsLentAndGivenBackAllTheTime() {
        Map<String, LongAdder> opened = new ConcurrentHashMap<>();
        LendingPolicy restless = new LendingPolicy(true, 0, 0, 0, 0, 0, 0);
        EngineTuning tuning =
                new EngineTuning(
                        new HandOverPolicy(false, 4),
                        restless,
                        JcaCapsuleCipher::new,
                        (step, _) -> {
                            if (step == Disturbance.Step.OPEN) {
                                opened.computeIfAbsent(
                                                Thread.currentThread().getName(),
                                                _ -> new LongAdder())
                                        .increment();
                            }
                        });
        try (EngineRig a = new EngineRig(1, EngineRig.config(Mode.ADAPTIVE, 8, 1), tuning);
                EngineRig b = new EngineRig(2, EngineRig.config(Mode.ADAPTIVE, 8, 1), tuning)) {
            a.openTunnelTo(b);
            b.openTunnelTo(a);
            EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 5);
            a.udp.onSend((datagram, _) -> b.udp.offer(datagram, a.address));
            b.udp.onSend((datagram, _) -> a.udp.offer(datagram, b.address));
            a.engine.start();
            b.engine.start();

            List<Integer> atB = new ArrayList<>();
            List<Integer> atA = new ArrayList<>();
            for (int id = 0; id < PACKETS; id++) {
                a.tun.offer(Packets.numbered(a.ipv4, b.ipv4, id, 100));
                b.tun.offer(Packets.numbered(b.ipv4, a.ipv4, id, 100));
                if (id % 500 == 499) {
                    int sent = id + 1;
                    EngineRig.await("arrival of " + sent, () -> arrived(a, atA) == sent);
                    EngineRig.await("arrival of " + sent, () -> arrived(b, atB) == sent);
                }
            }

            assertThat(atA).isSorted().doesNotHaveDuplicates();
            assertThat(atB).isSorted().doesNotHaveDuplicates();
            assertThat(a.count(Counter.STAGE_LOANS)).isGreaterThan(20);
            assertThat(b.count(Counter.STAGE_LOANS)).isGreaterThan(20);
            // Batches of both engines, by the threads that opened them.
            assertThat(opened.get("cy-stage").sum()).isGreaterThan(20);
            assertThat(opened.get("cy-in-stage").sum()).isGreaterThan(20);
        }
    }

    private static int arrived(EngineRig rig, List<Integer> numbers) {
        for (byte[] framed : rig.tun.takeWritten()) {
            byte[] packet = Arrays.copyOfRange(framed, VirtioNetHeader.LENGTH, framed.length);
            numbers.add(Packets.number(packet));
        }
        return numbers.size();
    }
}
