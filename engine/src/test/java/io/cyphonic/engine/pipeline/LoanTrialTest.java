package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;

class LoanTrialTest {
    private static final long LOOK = 20;
    private static final LoanTerms TERMS = new LoanTerms(100, 16, 8, 5_000, 80_000);

    private final LoanTrial trial = new LoanTrial(TERMS, new SplittableRandom(7));
    private long now;
    private long carried;
    private boolean out;

    /** One trial, of what is carried in a look at home and out; the stage goes where it should. */
    private void run(LongUnaryOperator home, LongUnaryOperator away) {
        trial.begin();
        while (trial.isRunning()) {
            look((out ? away : home).applyAsLong(now));
        }
        assertThat(out).isEqualTo(trial.pays());
        assertThat(trial.isDecided(now)).isTrue();
    }

    private void look(long bytes) {
        now += LOOK;
        carried += bytes;
        out = trial.look(now, carried, out);
    }

    private void assertThatItHolds(long time) {
        assertThat(trial.isDecided(now + time - 1)).isTrue();
        assertThat(trial.isDecided(now + time)).isFalse();
    }

    @Test
    void shouldKnowNothingWhenNothingWasTried() {
        assertThat(trial.isRunning()).isFalse();
        assertThat(trial.isDecided(0)).isFalse();
        assertThat(trial.isDecided(-1)).isFalse();
        assertThat(trial.isDecided(Long.MIN_VALUE)).isFalse();
        assertThat(trial.isDecided(Long.MAX_VALUE)).isFalse();
    }

    @Test
    void shouldSendItOutWhenMoreIsCarriedSo() {
        run(_ -> 1_000, _ -> 1_100);

        assertThat(trial.pays()).isTrue();
    }

    @Test
    void shouldLookAsLongAgainWhenAGainIsNew() {
        run(_ -> 1_000, _ -> 1_200);
        assertThat(now).isGreaterThanOrEqualTo(2L * TERMS.blocks() * TERMS.blockNanos());

        long again = now;
        run(_ -> 1_000, _ -> 1_200);
        assertThat(now - again).isLessThan(2L * TERMS.blocks() * TERMS.blockNanos());
        assertThat(trial.pays()).isTrue();
    }

    @Test
    void shouldKeepItAtHomeWhenAGainDoesNotLast() {
        // A new block begins a look late where the stage has to move.
        long half = TERMS.blocks() * (TERMS.blockNanos() + LOOK / 2);

        run(_ -> 1_000, now -> now < half ? 1_200 : 900);

        assertThat(now).isGreaterThan(half);
        assertThat(trial.pays()).isFalse();
    }

    @Test
    void shouldKeepItAtHomeWhenTheGainIsSmall() {
        run(_ -> 1_000, _ -> 1_070);

        assertThat(trial.pays()).isFalse();
    }

    @Test
    void shouldKeepItAtHomeWhenNothingIsCarriedAtAll() {
        run(_ -> 0, _ -> 0);

        assertThat(trial.pays()).isFalse();
    }

    @Test
    void shouldFavourNeitherPlaceWhenTheRateGrowsSteadily() {
        for (int round = 0; round < 100; round++) {
            long began = now;
            run(now -> now - began, now -> now - began);

            assertThat(trial.pays()).isFalse();
        }
    }

    @Test
    void shouldHaveEitherPlaceInTheMiddleWhenThereAreManyTrials() {
        int beganOut = 0;
        for (int round = 0; round < 100; round++) {
            trial.begin();
            beganOut += trial.look(now, carried, false) ? 1 : 0;
        }

        assertThat(beganOut).isBetween(20, 80);
    }

    @Test
    void shouldNotCountWhatIsCarriedOnTheWay() {
        trial.begin();
        while (trial.isRunning()) {
            boolean wanted = trial.look(now += LOOK, carried += out ? 1_050 : 1_000, out);
            if (wanted != out) {
                // It takes some looks to get there, of much traffic.
                trial.look(now += LOOK, carried += 100_000, out);
                trial.look(now += LOOK, carried += out ? 0 : 500_000, out);
                out = wanted;
            }
        }

        assertThat(trial.pays()).isFalse();
    }

    @Test
    void shouldHoldAVerdictTwiceAsLongWhenItIsFoundAgain() {
        run(_ -> 1_000, _ -> 1_000);
        assertThatItHolds(TERMS.shortestNanos());

        run(_ -> 1_000, _ -> 1_000);
        assertThatItHolds(2 * TERMS.shortestNanos());

        for (int round = 0; round < 10; round++) {
            run(_ -> 1_000, _ -> 1_000);
        }
        assertThatItHolds(TERMS.longestNanos());
    }

    @Test
    void shouldHoldAVerdictShortlyWhenItDiffersFromTheLast() {
        run(_ -> 1_000, _ -> 1_000);
        run(_ -> 1_000, _ -> 1_000);
        run(_ -> 1_000, _ -> 1_200);

        assertThatItHolds(TERMS.shortestNanos());
    }

    @Test
    void shouldForgetWhatWasCarriedWhenItIsAbandoned() {
        trial.begin();
        for (int look = 0; look < 40; look++) {
            look(out ? 100_000 : 1_000);
        }
        trial.abandon();
        assertThat(trial.isRunning()).isFalse();

        run(_ -> 1_000, _ -> 1_000);

        assertThat(trial.pays()).isFalse();
    }
}
