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
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

class StageLoanTest {
    private static final LendingPolicy POLICY = LendingPolicy.forProcessors(2);
    private static final LoanTerms TERMS = POLICY.trial();
    private static final int PACKETS = 50_000;

    /** More than it takes to begin a trial and to end it, less than until the next one. */
    private static final long LOOKS_OF_A_TRIAL =
            POLICY.steadyLooks() + 3 * TERMS.blocks() * TERMS.blockNanos() / POLICY.lookNanos();

    private long nowNanos;
    private final Counters counters = new Counters();
    private final Counters.Lane traffic = counters.newLane();
    private final StageLoan loan =
            new StageLoan(
                    POLICY, counters, counters.newLane(), () -> nowNanos, new SplittableRandom(1));
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

    private boolean isOut() {
        return lender.sources() == Readiness.TUN;
    }

    /** Both threads look; bulk lies behind them if {@code bytes} were carried. */
    private void look(long bytes) {
        nowNanos += POLICY.lookNanos();
        traffic.add(Counter.INBOUND_DELIVERED_BYTES, bytes);
        int batches = bytes > 0 ? 100 : 0;
        if (isOut()) {
            borrower.look(load(0, batches, 10));
            lender.look(load(batches, 0, 10));
        } else {
            lender.look(load(batches, batches, 10));
        }
        assertThat(borrower.sources()).isEqualTo(isOut() ? Readiness.UDP : 0);
    }

    /** A whole trial, of what is carried in a look at home and out. */
    private void tryOut(long atHome, long out) {
        for (long look = 0; look < LOOKS_OF_A_TRIAL; look++) {
            look(isOut() ? out : atHome);
        }
    }

    private void lend() {
        tryOut(1_000_000, 1_200_000);
        assertThat(isOut()).isTrue();
    }

    /** Both look so often, until the loan is over or should be. */
    private void untilOver(LoadMeter lenderLoad, LoadMeter borrowerLoad) {
        for (int look = 0; look <= POLICY.steadyLooks(); look++) {
            assertThat(isOut()).isTrue();
            nowNanos += POLICY.lookNanos();
            borrower.look(borrowerLoad);
            lender.look(lenderLoad);
        }
        assertThat(borrower.lookNanos()).isZero();
        borrower.look(borrowerLoad);
    }

    @Test
    void shouldBeAtHomeWhenNothingHasHappened() {
        assertThat(lender.sources()).isEqualTo(Readiness.SOURCES);
        assertThat(borrower.sources()).isZero();
        assertThat(lender.longestSleepMillis()).isEqualTo(Duties.IDLE_MILLIS);
        assertThat(borrower.longestSleepMillis()).isEqualTo(Duties.IDLE_MILLIS);
    }

    @Test
    void shouldTryTheLoanInTurnWhenBulkHasLasted() {
        StringBuilder places = new StringBuilder();
        for (int look = 0; look < POLICY.steadyLooks() + 2 * TERMS.blocks() * 6; look++) {
            look(1_000_000);
            places.append(isOut() ? 'o' : 'h');
        }

        assertThat(places.toString()).matches("h{24,}(o{4,}h{4,}){4,8}h+");
        long loans = counters.get(Counter.STAGE_LOANS);
        assertThat(loans).isBetween(4L, 8L);
        // To lend and to recall.
        assertThat((long) borrowerWoken).isEqualTo(2 * loans);
        assertThat((long) lenderWoken).isEqualTo(loans);
    }

    @Test
    void shouldStayOutWhenMoreIsCarriedSo() {
        lend();

        for (int look = 0; look < 50; look++) {
            look(1_200_000);
            assertThat(isOut()).isTrue();
        }
        assertThat(lender.longestSleepMillis()).isBetween(1, 100);
        assertThat(borrower.longestSleepMillis()).isBetween(1, 100);
    }

    @Test
    void shouldStayAtHomeWhenALoanBringsTooLittle() {
        tryOut(1_000_000, 1_050_000);

        for (int look = 0; look < 50; look++) {
            look(1_000_000);
            assertThat(isOut()).isFalse();
        }
    }

    @Test
    void shouldTryAgainWhenAVerdictIsOldAndTheTrafficAnother() {
        tryOut(1_000_000, 1_000_000);
        nowNanos += TERMS.shortestNanos();

        lend();
    }

    @Test
    void shouldComeHomeAndTryAgainWhenAVerdictIsOldAndTheStageOut() {
        lend();
        long loans = counters.get(Counter.STAGE_LOANS);
        nowNanos += TERMS.shortestNanos();

        look(1_200_000);
        look(1_200_000);
        assertThat(isOut()).isFalse();

        tryOut(1_000_000, 1_000_000);
        assertThat(isOut()).isFalse();
        assertThat(counters.get(Counter.STAGE_LOANS)).isGreaterThan(loans);
    }

    @Test
    void shouldNotSleepThroughATrialWhenThereIsAPause() {
        for (int look = 0; !isOut() && look < 100; look++) {
            look(1_000_000);
        }
        for (int look = 0; isOut() && look < 100; look++) {
            look(1_000_000);
        }

        assertThat(isOut()).isFalse();
        assertThat(lender.longestSleepMillis()).isBetween(1, 100);
    }

    @Test
    void shouldBeginNoTrialWhenBulkIsSeldom() {
        for (int look = 0; look < 40 * POLICY.steadyLooks(); look++) {
            nowNanos += POLICY.lookNanos();
            lender.look(look % 3 == 0 ? load(100, 100, 10) : load(100, 100, 180));

            assertThat(lender.longestSleepMillis()).isEqualTo(Duties.IDLE_MILLIS);
        }
    }

    @Test
    void shouldAbandonATrialWhenNothingComesInWhileMuchGoesOut() {
        for (int look = 0; look < POLICY.steadyLooks() + 3; look++) {
            look(1_000_000);
        }
        for (int look = 0; look < POLICY.steadyLooks() + 3; look++) {
            nowNanos += POLICY.lookNanos();
            borrower.look(load(0, 0, 1));
            lender.look(load(200, 0, 5));
        }
        borrower.look(load(0, 0, 1));

        assertThat(isOut()).isFalse();
        assertThat(lender.longestSleepMillis()).isEqualTo(Duties.IDLE_MILLIS);
    }

    @Test
    void shouldLendAtOnceWhenItIsKnownToPay() {
        lend();
        untilOver(load(0, 0, 1), load(0, 0, 1));
        assertThat(isOut()).isFalse();

        look(1_000_000);

        assertThat(isOut()).isTrue();
    }

    @Test
    void shouldKeepItWhenALoanIsKnownToPayButTheThreadMostlyWaits() {
        lend();
        untilOver(load(0, 0, 1), load(0, 0, 1));

        looksAtHome(load(100, 100, 180));
    }

    @Test
    void shouldDecideWhenTheThreadsSleepMoreWhileItIsOut() {
        // Half the work each: what makes one thread busy may make neither of two busy.
        for (long look = 0; look < LOOKS_OF_A_TRIAL; look++) {
            nowNanos += POLICY.lookNanos();
            boolean out = isOut();
            traffic.add(Counter.OUTBOUND_SENT_BYTES, out ? 1_200_000 : 1_000_000);
            borrower.look(load(0, 100, 95));
            lender.look(out ? load(100, 0, 95) : load(100, 100, 50));
        }
        long loans = counters.get(Counter.STAGE_LOANS);

        assertThat(isOut()).isTrue();
        assertThat(loans).isLessThanOrEqualTo(TERMS.blocks() + 1);
    }

    @Test
    void shouldKeepItWhenTheThreadMostlyWaits() {
        looksAtHome(load(100, 100, 180));
    }

    @Test
    void shouldKeepItWhenNothingComesIn() {
        looksAtHome(load(300, 2, 5));
    }

    @Test
    void shouldKeepItWhenNothingGoesOut() {
        looksAtHome(load(2, 300, 5));
    }

    @Test
    void shouldKeepItWhenManyBatchesTookLong() {
        looksAtHome(load(200, 100, 10, 100 * POLICY.lookNanos()));
    }

    private void looksAtHome(LoadMeter load) {
        for (int look = 0; look < 300; look++) {
            nowNanos += POLICY.lookNanos();
            lender.look(load);

            assertThat(isOut()).isFalse();
        }
    }

    @Test
    void shouldTakeItBackWhenTheBulkIsOver() {
        lend();

        untilOver(load(0, 0, 1), load(0, 0, 1));

        assertThat(isOut()).isFalse();
    }

    @Test
    void shouldTakeItBackWhenOnlyInboundBulkIsLeft() {
        lend();

        untilOver(load(3, 0, 3), load(0, 200, 5));

        assertThat(isOut()).isFalse();
    }

    @Test
    void shouldTakeItBackWhenOnlyOutboundBulkIsLeft() {
        lend();

        untilOver(load(200, 0, 5), load(0, 3, 3));

        assertThat(isOut()).isFalse();
    }

    @Test
    void shouldBeginATrialAnewWhenTheTrafficWasOver() {
        // A fast flow ends within its trial, then comes a slow one that gains nothing.
        for (int look = 0; look < POLICY.steadyLooks() + 20; look++) {
            look(10_000_000);
        }
        for (int look = 0; look <= POLICY.steadyLooks() + 1; look++) {
            look(0);
        }
        assertThat(isOut()).isFalse();

        tryOut(1_000_000, 1_000_000);

        assertThat(isOut()).isFalse();
    }

    @Test
    void shouldHoldItWhenAPauseIsShort() {
        lend();

        // For less long than the verdict holds.
        long end = nowNanos + TERMS.shortestNanos() / 2;
        while (nowNanos < end) {
            for (int look = 0; look < POLICY.steadyLooks(); look++) {
                look(0);
            }
            look(1_000_000);
            assertThat(isOut()).isTrue();
        }
    }

    @Test
    void shouldKeepOrderWhenItIsLentAndGivenBackAllTheTime() {
        Map<String, LongAdder> opened = new ConcurrentHashMap<>();
        LoanTerms unending = new LoanTerms(0, 1 << 30, 0, 0, 0);
        LendingPolicy restless = new LendingPolicy(true, 0, 0, 0, 0, 0, unending);
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
