package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.net.Readiness;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The order in which a staging thread works, asks and sleeps. */
@Timeout(30)
class StageLoopTest {
    private final List<String> events = new ArrayList<>();

    @Test
    void shouldAskOnceAndThenSleepWhenTheSourceIsDrained() {
        assertThat(run(Stage.DRAINED)).containsExactly("work", "ask", "sleep");
    }

    @Test
    void shouldSleepWithoutAskingWhenThereWasNothing() {
        assertThat(run(Stage.EMPTY)).containsExactly("work", "sleep");
    }

    /** Whatever the source holds, poll(2) does not know of it. */
    @Test
    void shouldWorkAgainBeforeSleepingWhenTheSourceFailed() {
        assertThat(run(Stage.FAILED, Stage.EMPTY)).containsExactly("work", "work", "sleep");
    }

    @Test
    void shouldWorkAgainWithoutAskingWhenThereMayBeMore() {
        assertThat(run(Stage.BUSY, Stage.EMPTY)).containsExactly("work", "work", "sleep");
    }

    /** What a loop does whose stage answers so, until it sleeps. */
    private List<String> run(Integer... outcomes) {
        Recorder readiness = new Recorder();
        StageLoop loop =
                new StageLoop(
                        List.of(new Scripted(List.of(outcomes).iterator())),
                        Duties.ALL,
                        readiness,
                        null,
                        () -> 0,
                        null);
        readiness.loop = loop;
        loop.run();
        return events;
    }

    private final class Scripted implements Stage {
        private final Iterator<Integer> outcomes;

        Scripted(Iterator<Integer> outcomes) {
            this.outcomes = outcomes;
        }

        @Override
        public int reads() {
            return Readiness.UDP;
        }

        @Override
        public int work() {
            events.add("work");
            return outcomes.next();
        }

        @Override
        public void stopped() {
            // Nothing is left behind.
        }
    }

    private final class Recorder implements Readiness {
        private StageLoop loop;

        @Override
        public int await(int sources, int timeoutMillis) {
            events.add(timeoutMillis == 0 ? "ask" : "sleep");
            if (timeoutMillis != 0) {
                loop.stop();
            }
            return 0;
        }

        @Override
        public void wake() {
            // It is awake.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
