package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.session.TunnelTable;
import io.cyphonic.signaling.net.Readiness;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * What a staging thread does: work while there is work, sleep on its sources when there is none,
 * and now and then tidy the tunnel table. One stage per thread, or both on one thread.
 */
final class StageLoop implements Runnable {
    private static final int IDLE_MILLIS = 1_000;
    private static final long TIDY_INTERVAL_NANOS = 1_000_000_000L;

    /** Rounds without sleep after which the clock is looked at. */
    private static final int ROUNDS_PER_LOOK = 256;

    /** Pause after a source failed, so that a broken one does not keep a core busy. */
    private static final long FAILURE_PAUSE_NANOS = 10_000_000;

    private final List<Stage> stages;
    private final Readiness readiness;
    private final TunnelTable table;
    private final LongSupplier clock;
    private final FailureLog failures;

    private volatile boolean running = true;
    private int rounds;
    private long tidiedNanos;

    StageLoop(
            List<Stage> stages,
            Readiness readiness,
            TunnelTable table,
            LongSupplier clock,
            FailureLog failures) {
        this.stages = stages;
        this.readiness = readiness;
        this.table = table;
        this.clock = clock;
        this.failures = failures;
        this.tidiedNanos = clock.getAsLong();
    }

    /** Ends the loop soon; any thread. */
    void stop() {
        running = false;
        readiness.wake();
    }

    /** Makes the thread look for work; any thread. */
    void wake() {
        readiness.wake();
    }

    @Override
    public void run() {
        while (running) {
            boolean busy = workOnAll();
            if (!busy && running) {
                readiness.await(IDLE_MILLIS);
            }
            if (!busy || ++rounds >= ROUNDS_PER_LOOK) {
                rounds = 0;
                tidy();
            }
        }
        for (int i = 0; i < stages.size(); i++) {
            stages.get(i).stopped();
        }
    }

    /** One round over the stages; whether one of them has more at once. */
    private boolean workOnAll() {
        boolean busy = false;
        for (int i = 0; i < stages.size(); i++) {
            int outcome = workOn(stages.get(i));
            busy |= outcome == Stage.BUSY;
            if (outcome == Stage.FAILED) {
                LockSupport.parkNanos(FAILURE_PAUSE_NANOS);
            }
        }
        return busy;
    }

    private int workOn(Stage stage) {
        try {
            return stage.work();
        } catch (RuntimeException | Error e) {
            failures.log(Disturbance.Step.STAGE, e);
            return Stage.FAILED;
        }
    }

    private void tidy() {
        long nowNanos = clock.getAsLong();
        if (nowNanos - tidiedNanos >= TIDY_INTERVAL_NANOS) {
            tidiedNanos = nowNanos;
            table.housekeep(nowNanos);
        }
    }
}
