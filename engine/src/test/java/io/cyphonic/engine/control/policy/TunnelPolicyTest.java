package io.cyphonic.engine.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.policy.TunnelPolicy.Phase;
import io.cyphonic.engine.control.policy.TunnelPolicy.Verdict;
import io.cyphonic.engine.control.policy.TunnelPolicy.View;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.concurrent.TimeUnit;

class TunnelPolicyTest {
    // phase, initiator, running, due, in phase, key age, silent, idle (seconds), sealed, verdict
    @ParameterizedTest
    @CsvSource({
        "CONNECTING, true,  true,  true, 5,   60,   0,   0,  0, 0, NONE",
        "CONNECTING, false, false, true, 5,   14,   0,   0,  0, 0, NONE",
        "CONNECTING, false, false, true, 5,   15,   0,   0,  0, 0, FORGET",
        "UP,         true,  false, true, 5,   50,  50,   5,  5, 0, NONE",
        "UP,         true,  false, true, 5,   50,  50,   5, 10, 0, KEEP_ALIVE",
        "UP,         true,  false, true, 5,  200, 119,   1,  1, 0, NONE",
        "UP,         true,  false, true, 5,  200, 120,   1,  1, 0, REKEY",
        "UP,         false, false, true, 5,  200, 134,   1,  1, 0, NONE",
        "UP,         false, false, true, 5,  200, 135,   1,  1, 0, REKEY",
        "UP,         true,  true,  true, 5,  200, 130,   1,  1, 0, NONE",
        "UP,         true,  false, false, 5, 200, 130,   1,  1, 0, NONE",
        "UP,         true,  false, false, 5, 200, 130,   1, 10, 0, KEEP_ALIVE",
        "UP,         true,  false, true, 5,  200,  10,   1,  1, 281474976710656, REKEY",
        "UP,         true,  false, true, 5,  200,  50,  24,  1, 0, NONE",
        "UP,         true,  false, true, 5,  200,  50,  25,  1, 0, DECLARE_DOWN",
        "UP,         true,  true,  true, 5,  200, 130,  25,  1, 0, DECLARE_DOWN",
        "UP,         true,  false, true, 5,  200,  50,  30, 30, 0, KEEP_ALIVE",
        "DOWN,       true,  false, false, 5,   5,  50,  30,  1, 0, NONE",
        "DOWN,       true,  false, true, 5,    5,  50,  30,  1, 0, REDIRECT",
        "DOWN,       true,  false, false, 8,   50,  50,  30,  1, 0, REDIRECT",
        "DOWN,       true,  false, false, 8,   50,  50,  30,  2, 0, NONE",
        "DOWN,       true,  true,  false, 8,   50,  50,  30,  1, 0, NONE",
        "DOWN,       true,  true,  true, 5,    5,  50,  30,  1, 0, NONE",
        "DOWN,       true,  false, true, 5,    5,  50,   1,  1, 0, RECOVERED",
        "DOWN,       true,  false, true, 5,  600,  50, 625,  1, 0, FORGET"
    })
    void shouldDecideWhenTimeHasPassed(
            Phase phase,
            boolean initiator,
            boolean running,
            boolean due,
            long attempt,
            long inPhase,
            long keyAge,
            long silent,
            long idle,
            long sealed,
            Verdict verdict) {
        View view =
                new View(
                        phase,
                        initiator,
                        running,
                        due,
                        TimeUnit.SECONDS.toNanos(attempt),
                        TimeUnit.SECONDS.toNanos(inPhase),
                        TimeUnit.SECONDS.toNanos(keyAge),
                        TimeUnit.SECONDS.toNanos(silent),
                        TimeUnit.SECONDS.toNanos(idle),
                        sealed);

        assertThat(TunnelPolicy.decide(view)).isEqualTo(verdict);
    }
}
