package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.VirtualRuntime;
import io.cyphonic.engine.fixtures.VirtualTime;

import org.junit.jupiter.api.Test;

import java.time.Duration;

class ClockJumpsTest {
    private final VirtualTime time = new VirtualTime();
    private final VirtualRuntime runtime = new VirtualRuntime(time, 1, "node");
    private final ClockJumps jumps = new ClockJumps(runtime);

    @Test
    void shouldSayNothingWhileTimePassesAsItShould() {
        for (int i = 0; i < 1_000; i++) {
            time.advance(Duration.ofMillis(500));
            assertThat(jumps.hasJumped()).isFalse();
        }
    }

    @Test
    void shouldNoticeThatTheHostHasSlept() {
        time.advance(Duration.ofMillis(500));
        runtime.skewWallClock(60_000);

        assertThat(jumps.hasJumped()).isTrue();
        time.advance(Duration.ofMillis(500));
        assertThat(jumps.hasJumped()).as("once").isFalse();
    }

    @Test
    void shouldNoticeThatTheProcessStoodStill() {
        time.advance(Duration.ofSeconds(30));

        assertThat(jumps.hasJumped()).isTrue();
    }

    @Test
    void shouldNotMindAClockThatIsSetBackOrBySeconds() {
        runtime.skewWallClock(-3_600_000);
        time.advance(Duration.ofMillis(500));
        assertThat(jumps.hasJumped()).isFalse();
        runtime.skewWallClock(-3_600_000 + 1_500);
        time.advance(Duration.ofMillis(500));
        assertThat(jumps.hasJumped()).isFalse();
    }
}
