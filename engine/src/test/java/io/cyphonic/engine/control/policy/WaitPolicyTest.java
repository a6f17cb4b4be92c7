package io.cyphonic.engine.control.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Random;
import java.util.concurrent.TimeUnit;

class WaitPolicyTest {
    private static final long SEED = 3;

    private final Random random = new Random(SEED);

    @ParameterizedTest
    @CsvSource({"1, 200, 300", "2, 400, 600", "3, 800, 1200", "4, 1600, 2400", "5, 3200, 4800"})
    void shouldDoubleTheWaitWhenThereIsNoAnswer(int tries, long leastMillis, long mostMillis) {
        for (int i = 0; i < 100; i++) {
            assertThat(RetransmitPolicy.REQUEST.waitNanos(tries, random))
                    .isBetween(
                            TimeUnit.MILLISECONDS.toNanos(leastMillis),
                            TimeUnit.MILLISECONDS.toNanos(mostMillis));
        }
    }

    @Test
    void shouldGiveUpWhenTheTriesAreUsedUp() {
        assertThat(RetransmitPolicy.REQUEST.exhausted(4)).isFalse();
        assertThat(RetransmitPolicy.REQUEST.exhausted(5)).isTrue();
    }

    @Test
    void shouldRefuseAPolicyWhenItNeverWaits() {
        assertThatThrownBy(() -> new RetransmitPolicy(0, 1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 ns");
        assertThatThrownBy(() -> new BackoffPolicy(2, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 2", "2, 2, 3", "5, 16, 21", "6, 32, 41", "7, 60, 76", "1000, 60, 76"})
    void shouldBackOffUpToALimitWhenAttemptsFail(
            int failures, long leastSeconds, long mostSeconds) {
        for (int i = 0; i < 100; i++) {
            assertThat(BackoffPolicy.ATTEMPT.waitNanos(failures, random))
                    .isBetween(
                            TimeUnit.SECONDS.toNanos(leastSeconds),
                            TimeUnit.SECONDS.toNanos(mostSeconds));
        }
    }

    @Test
    void shouldTryToLogInEveryTenSecondsAtLeastWhenNothingWorksWithoutALogin() {
        for (int failures = 1; failures < 100; failures++) {
            assertThat(BackoffPolicy.FIRST_LOGIN.waitNanos(failures, random))
                    .isBetween(TimeUnit.SECONDS.toNanos(1), TimeUnit.SECONDS.toNanos(10));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "false, false, -1, NONE",
        "false, false,  0, REGISTER",
        "false, true,   9, NONE",
        "true,  false, -1, NONE",
        "true,  false,  0, KEEP_ALIVE",
        "true,  true,   9, NONE"
    })
    void shouldTellWhatTheCloudIsOwedWhenTimeHasPassed(
            boolean registered, boolean running, long due, RegistrationPolicy.Verdict verdict) {
        assertThat(RegistrationPolicy.decide(registered, running, due)).isEqualTo(verdict);
    }

    @ParameterizedTest
    @CsvSource({"0, 100, 74, false", "0, 100, 75, true", "0, 100, 200, true"})
    void shouldLogInAgainWhenAQuarterOfTheLoginIsLeft(
            long loggedIn, long expiry, long now, boolean due) {
        assertThat(RegistrationPolicy.loginDue(loggedIn, expiry, now)).isEqualTo(due);
    }
}
