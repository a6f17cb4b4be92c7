package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.function.LongUnaryOperator;

class LoanTrialTest {
    private static final long LOOK = 20;
    private static final LoanTerms TERMS = new LoanTerms(100, 16, 8, 5_000, 80_000);

    private final LoanTrial trial = new LoanTrial(TERMS);
    private long now;
    private long carried;
    private boolean out;
    private int moves;

    /** One look later; the stage goes where the trial wants it. */
    private void look(long bytes) {
        now += LOOK;
        carried += bytes;
        boolean wanted = trial.look(now, carried, out);
        if (wanted != out) {
            moves++;
        }
        out = wanted;
    }

    /** Looks for so long at what is carried at home and out. */
    private void run(long time, LongUnaryOperator home, LongUnaryOperator away) {
        for (long end = now + time; now < end; ) {
            look((out ? away : home).applyAsLong(now));
        }
    }

    /** How long the stage stays where it is while both places carry the same. */
    private long heldFor() {
        long began = now;
        int before = moves;
        while (moves == before && now - began < 2 * TERMS.longestNanos()) {
            look(1_000);
        }
        return now - began;
    }

    @Test
    void shouldSendItOutWhenMoreIsCarriedSo() {
        run(3_000, _ -> 1_000, _ -> 1_100);

        assertThat(out).isTrue();
    }

    @Test
    void shouldKeepItAtHomeWhenTheGainIsSmall() {
        run(3_000, _ -> 1_000, _ -> 1_070);

        assertThat(out).isFalse();
    }

    @Test
    void shouldFavourNeitherPlaceWhenTheRateGrowsSteadily() {
        run(3_000, now -> now, now -> now);

        assertThat(out).isFalse();
    }

    @Test
    void shouldHoldAVerdictLongerWhenItIsFoundAgain() {
        run(2_200, _ -> 1_000, _ -> 1_000);
        assertThat(out).isFalse();

        long first = heldFor();
        run(2_200, _ -> 1_000, _ -> 1_000);
        long second = heldFor();

        assertThat(first).isBetween(TERMS.shortestNanos() / 2, TERMS.shortestNanos() + 200);
        assertThat(second)
                .isBetween(3 * TERMS.shortestNanos() / 2, 2 * TERMS.shortestNanos() + 200);
    }

    @Test
    void shouldHoldAVerdictShortlyWhenItDiffersFromTheLast() {
        run(TERMS.longestNanos(), _ -> 1_000, _ -> 1_000);
        // However long the last verdict holds, then comes one more trial.
        run(TERMS.longestNanos() + 3_000, _ -> 1_000, _ -> 1_200);
        assertThat(out).isTrue();

        assertThat(heldFor()).isLessThan(TERMS.shortestNanos() + 200);
    }

    @Test
    void shouldNotCountTheTimeWhenTheBulkRested() {
        for (int look = 0; look < 150; look++) {
            boolean wasOut = out;
            look(out ? 1_200 : 1_000);
            if (out && !wasOut) {
                look(1_200);
                trial.rest();
                now += 3_000;
            }
        }

        assertThat(out).isTrue();
    }
}
