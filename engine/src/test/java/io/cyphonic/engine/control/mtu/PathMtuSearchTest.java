package io.cyphonic.engine.control.mtu;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.mtu.PathMtuSearch.Probe;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.List;
import java.util.Random;

/** The search finds what a path carries, and notices what it no longer carries. */
class PathMtuSearchTest {
    private static final int RUNS = 400;

    private long counter;

    @ParameterizedTest
    @CsvSource({
        // MTU of the interface, of the underlay; expected
        "1400,1500,1400", "1400,1400,1340", "1400,1280,1220", "8900,9000,8900", "8900,1500,1440",
        "1400,1492,1400", "1500,1492,1432", "1280,1280,1220", "1400,9000,1400", "8900,1280,1220"
    })
    void shouldFindWhatCommonUnderlaysCarry(int innerMtu, int underlay, int expected) {
        SimulatedPath path = new SimulatedPath(1, innerMtu, underlay - SimulatedPath.OVERHEAD);

        path.run(Duration.ofSeconds(3));

        assertThat(path.search.mtu()).isEqualTo(expected);
        assertThat(path.search.isConfirmed()).isTrue();
        assertThat(path.search.isSearching()).isFalse();
        int settled = path.probes;
        path.run(Duration.ofMinutes(10));
        assertThat(path.probes).as("a tunnel without traffic is not probed").isEqualTo(settled);
    }

    @Test
    void shouldAskOnceWhereTheCeilingPasses() {
        SimulatedPath path = new SimulatedPath(2, 1400, 1440);

        path.run(Duration.ofMillis(6));

        assertThat(path.search.isConfirmed()).isTrue();
        assertThat(path.probes).isEqualTo(3);
    }

    @Test
    void shouldFindAnyMtuOfAnyPathAndNeverUseWhatWasNotAnswered() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int run = 0; run < RUNS; run++) {
            int innerMtu = random.nextBoolean() ? 1400 : 1280 + random.nextInt(7700);
            int carries = 600 + random.nextInt(random.nextBoolean() ? 900 : 9000);
            SimulatedPath path = new SimulatedPath(random.nextLong(), innerMtu, carries);
            path.roundTrip = Duration.ofMillis(1 + random.nextInt(300));
            path.jitter = Duration.ofMillis(random.nextInt(30));
            path.loss = random.nextBoolean() ? 0 : 0.02;
            path.time.runUntil(() -> !path.search.isSearching(), Duration.ofSeconds(60));

            int best = Math.min(innerMtu, carries);
            String what = "seed %d run %d: %d of %d".formatted(seed, run, carries, innerMtu);
            assertThat(path.search.isSearching()).as(what).isFalse();
            assertThat(path.search.mtu()).as(what).isEqualTo(path.largestAnswered);
            assertThat(path.search.mtu()).as(what).isLessThanOrEqualTo(best);
            if (path.loss == 0) {
                int step = Math.max(8, best >> 7);
                assertThat(path.search.mtu()).as(what).isGreaterThanOrEqualTo(best - step);
            }
            assertThat(path.probes).as(what).isLessThan(250);
        }
    }

    @Test
    void shouldNoticeABlackHoleSoonerThanTcpTriesAgainForTheSecondTime() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int run = 0; run < RUNS; run++) {
            SimulatedPath path = new SimulatedPath(random.nextLong(), 1400, 1440);
            path.roundTrip = Duration.ofMillis(1 + random.nextInt(20));
            path.sending = true;
            path.run(Duration.ofMillis(3000 + random.nextInt(1000)));
            assertThat(path.search.mtu()).isEqualTo(1400);
            int carries = 1220 + random.nextInt(170);

            path.carries = carries;
            Duration until = path.untilItFits(Duration.ofSeconds(5));

            String what = "seed %d run %d: now %d".formatted(seed, run, carries);
            assertThat(until).as(what).isBetween(Duration.ZERO, Duration.ofMillis(620));
            assertThat(path.search.mtu()).as(what).isGreaterThanOrEqualTo(carries - 60);
            path.run(Duration.ofSeconds(2));
            assertThat(path.search.mtu()).as(what).isBetween(carries - 10, carries);
        }
    }

    @Test
    void shouldGoBackToTheBaseWhenOnlyThatPassesAndUpAgainAfterMinutes() {
        SimulatedPath path = new SimulatedPath(5, 1400, 1440);
        path.sending = true;
        path.run(Duration.ofSeconds(5));

        path.carries = 1220;
        path.run(Duration.ofSeconds(1));
        assertThat(path.search.mtu()).isEqualTo(path.search.sizes().base()).isEqualTo(1220);

        path.carries = 1440;
        path.run(Duration.ofMinutes(4));
        assertThat(path.search.mtu()).isEqualTo(1400);
    }

    @Test
    void shouldNotTakeAnOutageForABlackHole() {
        SimulatedPath path = new SimulatedPath(6, 1400, 1440);
        path.sending = true;
        path.run(Duration.ofSeconds(2));

        path.down = true;
        path.run(Duration.ofMinutes(1));
        assertThat(path.search.mtu()).isEqualTo(1400);
        int sent = path.probes;
        assertThat(sent).as("four or so a second while packets go out").isLessThan(600);

        path.down = false;
        path.run(Duration.ofSeconds(20));
        assertThat(path.search.mtu()).isEqualTo(1400);
        assertThat(path.search.isConfirmed()).isTrue();
    }

    @Test
    void shouldStandLossWithoutLoweringTheMtu() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int lowered = 0;
        for (int run = 0; run < 50; run++) {
            SimulatedPath path = new SimulatedPath(random.nextLong(), 1400, 1440);
            path.loss = 0.05;
            path.jitter = Duration.ofMillis(20);
            path.sending = true;
            for (int second = 0; second < 60; second++) {
                path.run(Duration.ofSeconds(1));
                if (path.search.mtu() < 1400) {
                    lowered++;
                    break;
                }
            }
        }
        // Four losses in a row while the small probe passes: one in some ten thousand probes.
        assertThat(lowered).as("seed %d", seed).isLessThan(10);
    }

    @Test
    void shouldBelieveTheKernelAtOnce() {
        SimulatedPath path = new SimulatedPath(8, 1400, 1440);
        path.sending = true;
        path.run(Duration.ofSeconds(2));

        path.interfaceTakes = 1220;
        path.carries = 1220;
        Duration until = path.untilItFits(Duration.ofSeconds(1));

        assertThat(until).isBetween(Duration.ZERO, Duration.ofMillis(150));
        assertThat(path.search.mtu()).isEqualTo(1220);
    }

    @Test
    void shouldKeepItsMtuOnANewPathUntilItKnowsBetter() {
        SimulatedPath path = new SimulatedPath(9, 1400, 1220);
        path.run(Duration.ofSeconds(3));
        assertThat(path.search.mtu()).isEqualTo(1220);

        path.carries = 1440;
        path.search.pathChanged(PathSizes.of(80, 1400), path.time.nanoTime());
        assertThat(path.search.mtu()).isEqualTo(1220);
        path.go();
        path.run(Duration.ofMillis(6));
        assertThat(path.search.mtu()).isEqualTo(1400);

        path.carries = 1340;
        path.search.pathChanged(PathSizes.of(60, 1400), path.time.nanoTime());
        path.go();
        path.run(Duration.ofSeconds(1));
        assertThat(path.search.mtu()).isEqualTo(1340);
    }

    @Test
    void shouldStopAskingWhereNobodyAnswers() {
        SimulatedPath path = new SimulatedPath(10, 1400, 1440);
        path.down = true;

        path.run(Duration.ofHours(1));

        assertThat(path.search.isSearching()).isFalse();
        assertThat(path.search.mtu()).as("nobody said it does not pass").isEqualTo(1400);
        assertThat(path.probes).isLessThan(60);
    }

    @Test
    void shouldIgnoreAnswersThatNobodyAskedFor() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        PathMtuSearch search = new PathMtuSearch(PathSizes.of(60, 1400), () -> counter++, 0);
        List<Probe> first = search.poll(0);
        for (int i = 0; i < 10_000; i++) {
            search.onAnswer(random.nextLong(), random.nextInt(70_000), 1);
            search.onAnswer(first.getFirst().id(), random.nextInt(1400), 1);
        }
        assertThat(search.isConfirmed()).isFalse();

        for (Probe probe : first) {
            search.onAnswer(probe.id(), probe.size(), 2);
        }
        assertThat(search.isConfirmed()).isTrue();
        assertThat(first).extracting(Probe::size).containsExactly(1400, 1220, PathMtuSearch.SMALL);
    }

    @Test
    void shouldSurviveAnyOrderOfEvents() {
        surviveAnyOrderOfEvents(new Random().nextLong());
    }

    @ParameterizedTest
    @ValueSource(longs = -5821698460715537400L)
    void shouldNotFailAgainWithASeedThatFailedOnce(long seed) {
        surviveAnyOrderOfEvents(seed);
    }

    private static void surviveAnyOrderOfEvents(long seed) {
        Random random = new Random(seed);
        for (int run = 0; run < RUNS; run++) {
            SimulatedPath path = new SimulatedPath(random.nextLong(), 1400, 1440);
            for (int step = 0; step < 100; step++) {
                switch (random.nextInt(8)) {
                    case 0 -> path.carries = 500 + random.nextInt(1200);
                    case 1 -> path.interfaceTakes = 500 + random.nextInt(1200);
                    case 2 -> path.down = random.nextBoolean();
                    case 3 -> path.sending = random.nextBoolean();
                    case 4 -> path.loss = random.nextDouble();
                    case 5 ->
                            path.search.pathChanged(
                                    PathSizes.of(60 + random.nextInt(3) * 20, 1280 + step),
                                    path.time.nanoTime());
                    case 6 -> path.search.onTooLong(random.nextInt(2000), path.time.nanoTime());
                    default -> path.roundTrip = Duration.ofMillis(random.nextInt(500));
                }
                path.go();
                path.run(Duration.ofMillis(random.nextInt(400)));
                assertThat(path.search.mtu())
                        .as("seed %d run %d", seed, run)
                        .isBetween(576, path.search.sizes().ceiling());
            }
            path.carries = 1340;
            path.interfaceTakes = 2000;
            path.down = false;
            path.loss = 0;
            path.sending = true;
            path.run(Duration.ofMinutes(5));
            int best = Math.min(1340, path.search.sizes().ceiling());
            assertThat(path.search.mtu())
                    .as("seed %d run %d", seed, run)
                    .isBetween(best - 20, best);
        }
    }
}
