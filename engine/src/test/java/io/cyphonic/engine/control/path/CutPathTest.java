package io.cyphonic.engine.control.path;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.state.PathRecord.Kind;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Arrays;
import java.util.List;

/** Both ends of a tunnel whose path in use is cut: how long packets do not pass. */
class CutPathTest {
    private static final int RUNS = 200;

    /** A direct path in use at both ends, and a relay. */
    private static TwoEnds onTheDirectPath(long seed) {
        TwoEnds ends = new TwoEnds(seed);
        ends.delay(TwoEnds.RELAY, 2);
        for (TwoEnds.End end : List.of(ends.one, ends.other)) {
            end.event(m -> m.onWays(List.of(new Way(TwoEnds.DIRECT, Kind.DIRECT)), true));
            end.event(m -> m.onSession(TwoEnds.RELAY, Kind.RELAY));
        }
        ends.pass(1_000);
        return ends;
    }

    /** What the traffic is: an echo of the first end, streams of both, or of the first alone. */
    enum Traffic {
        ECHO,
        BOTH,
        FORTH
    }

    /** In which directions the direct path is cut. */
    enum Cut {
        BOTH,
        FORTH,
        BACK
    }

    private static void begin(TwoEnds ends, Traffic traffic) {
        ends.other.answers = traffic == Traffic.ECHO;
        ends.one.stream(10);
        if (traffic == Traffic.BOTH) {
            ends.other.stream(10);
        }
    }

    private static void cut(TwoEnds ends, Cut cut) {
        if (cut != Cut.BACK) {
            ends.one.cut.add(TwoEnds.DIRECT);
        }
        if (cut != Cut.FORTH) {
            ends.other.cut.add(TwoEnds.DIRECT);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ECHO, BOTH", "ECHO, FORTH", "ECHO, BACK",
        "BOTH, BOTH", "BOTH, FORTH", "BOTH, BACK",
        "FORTH, BOTH", "FORTH, FORTH", "FORTH, BACK"
    })
    void shouldTakeTheRelaySoonWhenTheDirectPathIsCut(Traffic traffic, Cut cut) {
        long[] gaps = new long[RUNS];
        for (int seed = 0; seed < RUNS; seed++) {
            TwoEnds ends = onTheDirectPath(seed);
            assertThat(ends.one.paths.active()).isEqualTo(TwoEnds.DIRECT);
            begin(ends, traffic);
            ends.pass(50 + seed * 37L);
            if (seed % 2 == 1) {
                // The path has been proven a moment ago.
                ends.one.event(PathMachine::onIdle);
                ends.other.event(PathMachine::onIdle);
                ends.pass(10 + seed % 50 * 10);
            }

            cut(ends, cut);
            long since = ends.millis();
            ends.pass(2_500);

            gaps[seed] = ends.other.gap(since);
            if (traffic != Traffic.FORTH) {
                gaps[seed] = Math.max(gaps[seed], ends.one.gap(since));
            }
            assertThat(gaps[seed]).as("seed %d", seed).isLessThan(1_000);
        }
        Arrays.sort(gaps);
        assertThat(gaps[RUNS / 2]).as("median").isLessThan(300);
        assertThat(gaps[RUNS * 95 / 100]).as("95th percentile").isLessThan(500);
    }

    @Test
    void shouldAskRarelyAndStayWhenTwoEndsUseDifferentPathsThatWork() {
        TwoEnds ends = onDifferentPaths();
        ends.one.stream(10);
        ends.other.stream(10);
        ends.pass(5_000);
        ends.one.probes = 0;
        ends.other.probes = 0;

        ends.pass(60_000);

        assertThat(ends.one.paths.active()).isEqualTo(TwoEnds.DIRECT);
        assertThat(ends.other.paths.active()).isEqualTo(TwoEnds.OTHER);
        assertThat(ends.one.probes + ends.other.probes).isLessThan(2 * 60 * 4);
    }

    @Test
    void shouldNotProbeForEverWhenTwoEndsUseDifferentPathsAndAllIsQuiet() {
        TwoEnds ends = onDifferentPaths();
        ends.pass(5_000);
        ends.one.probes = 0;
        ends.other.probes = 0;

        ends.pass(60_000);

        assertThat(ends.one.probes + ends.other.probes).isLessThan(60);
    }

    private static TwoEnds onDifferentPaths() {
        TwoEnds ends = new TwoEnds(1);
        List<Way> ways =
                List.of(new Way(TwoEnds.DIRECT, Kind.DIRECT), new Way(TwoEnds.OTHER, Kind.DIRECT));
        ends.one.event(m -> m.onWays(ways, true));
        ends.other.event(m -> m.onWays(ways, true));
        ends.one.event(m -> m.onSession(TwoEnds.DIRECT, Kind.DIRECT));
        ends.other.event(m -> m.onSession(TwoEnds.OTHER, Kind.DIRECT));
        return ends;
    }
}
