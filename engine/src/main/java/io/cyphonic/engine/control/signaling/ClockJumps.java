package io.cyphonic.engine.control.signaling;

import io.cyphonic.engine.control.ControlRuntime;

import java.util.concurrent.TimeUnit;

/**
 * Notices that the host has slept: the wall clock has then gone on and the monotonic clock has not
 * (CLOCK_MONOTONIC, clock_gettime(2)), or, where a process was stopped, both have gone on and
 * nobody looked. For the thread of the sweep alone.
 */
final class ClockJumps {
    private static final long JUMP_MILLIS = TimeUnit.SECONDS.toMillis(3);
    private static final long STANDSTILL_MILLIS = TimeUnit.SECONDS.toMillis(4);

    private final ControlRuntime runtime;
    private long lastWallMillis;
    private long lastMonotonicMillis;

    ClockJumps(ControlRuntime runtime) {
        this.runtime = runtime;
        this.lastWallMillis = runtime.wallMillis();
        this.lastMonotonicMillis = TimeUnit.NANOSECONDS.toMillis(runtime.nanoTime());
    }

    /** Whether the host has slept, or somebody has set its clock forward, since the last look. */
    boolean hasJumped() {
        long wall = runtime.wallMillis();
        long monotonic = TimeUnit.NANOSECONDS.toMillis(runtime.nanoTime());
        long wallPassed = wall - lastWallMillis;
        long passed = monotonic - lastMonotonicMillis;
        lastWallMillis = wall;
        lastMonotonicMillis = monotonic;
        return wallPassed - passed >= JUMP_MILLIS || passed >= STANDSTILL_MILLIS;
    }
}
