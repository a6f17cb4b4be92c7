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
    private static final long TIDY_INTERVAL_NANOS = 1_000_000_000L;

    /** Rounds without sleep after which the clock is looked at. */
    private static final int ROUNDS_PER_LOOK = 256;

    /** Pause after a source failed, so that a broken one does not keep a core busy. */
    private static final long FAILURE_PAUSE_NANOS = 10_000_000;

    private final List<Stage> stages;
    private final Duties duties;
    private final Readiness readiness;
    private final TunnelTable table;
    private final LongSupplier clock;
    private final FailureLog failures;
    private final LoadMeter load;

    private volatile boolean running = true;
    private int rounds;
    private long tidiedNanos;

    StageLoop(
            List<Stage> stages,
            Duties duties,
            Readiness readiness,
            TunnelTable table,
            LongSupplier clock,
            FailureLog failures) {
        this.stages = stages;
        this.duties = duties;
        this.readiness = readiness;
        this.table = table;
        this.clock = clock;
        this.failures = failures;
        this.tidiedNanos = clock.getAsLong();
        this.load = new LoadMeter(tidiedNanos);
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
        int ready = Readiness.SOURCES;
        while (running) {
            int outcome = round(ready & duties.sources());
            ready =
                    switch (outcome) {
                        case Stage.EMPTY -> sleep();
                        case Stage.DRAINED -> askOnce();
                        default -> Readiness.SOURCES;
                    };
            if (++rounds >= ROUNDS_PER_LOOK) {
                lookAround();
            }
        }
        for (int i = 0; i < stages.size(); i++) {
            stages.get(i).stopped();
        }
    }

    /**
     * What there is before the thread sleeps, once others have run: the host has its answer ready
     * as soon as the question was delivered, and whoever feeds this thread may have been waiting
     * for the processor. Being woken costs more than asking.
     */
    private int askOnce() {
        Thread.yield();
        return await(0);
    }

    /** Looks around before, not after: what wakes the thread is waiting. */
    private int sleep() {
        lookAround();
        load.slept();
        int ready = await(duties.longestSleepMillis());
        return ready == 0 ? Readiness.SOURCES : ready;
    }

    /**
     * What the next round is for: a source that is not ready would only delay the other. Who wakes
     * this thread may have given work to any stage.
     */
    private int await(int timeoutMillis) {
        int ready = readiness.await(duties.sources(), timeoutMillis);
        return (ready & Readiness.WOKEN) != 0 ? Readiness.SOURCES : ready;
    }

    /**
     * One round over the stages of these sources; the busiest answer, {@link Stage#EMPTY} if none
     * had work. After a failure nobody may sleep: the source may hold what it has received already,
     * of which poll(2) does not know.
     */
    private int round(int sources) {
        int busiest = Stage.EMPTY;
        for (int i = 0; i < stages.size(); i++) {
            Stage stage = stages.get(i);
            if ((stage.reads() & sources) != 0) {
                int outcome = workOn(stage);
                busiest = Math.max(busiest, outcome);
                if (outcome > Stage.EMPTY) {
                    load.worked(stage.reads());
                }
                if (outcome == Stage.FAILED) {
                    LockSupport.parkNanos(FAILURE_PAUSE_NANOS);
                    // So many pauses would be seconds without a look.
                    rounds = ROUNDS_PER_LOOK;
                    busiest = Stage.BUSY;
                }
            }
        }
        return busiest;
    }

    private int workOn(Stage stage) {
        try {
            return stage.work();
        } catch (RuntimeException | Error e) {
            failures.log(Disturbance.Step.STAGE, e);
            return Stage.FAILED;
        }
    }

    private void lookAround() {
        rounds = 0;
        try {
            look();
        } catch (RuntimeException | Error e) {
            // The thread must go on: it may be the only one that serves its stages.
            failures.log(Disturbance.Step.STAGE, e);
        }
    }

    private void look() {
        long nowNanos = clock.getAsLong();
        if (load.isDue(nowNanos, duties.lookNanos())) {
            duties.look(load);
            load.restart(nowNanos);
        }
        if (nowNanos - tidiedNanos >= TIDY_INTERVAL_NANOS) {
            tidiedNanos = nowNanos;
            table.housekeep(nowNanos);
        }
    }
}
