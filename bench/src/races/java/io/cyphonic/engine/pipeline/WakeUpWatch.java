package io.cyphonic.engine.pipeline;

import java.util.concurrent.locks.LockSupport;

/**
 * Wakes a sleeper who should have been woken long ago, so that a lost wake-up is a result and not a
 * run that never ends.
 */
final class WakeUpWatch {
    /** Far more than a thread that was woken has to wait for a processor. */
    private static final long PATIENCE_MILLIS = 3_000;

    private static volatile WakeUpWatch present;

    static {
        Thread.ofPlatform().daemon().name("wake-up-watch").start(WakeUpWatch::watch);
    }

    private volatile Thread sleeper;
    private volatile boolean called;
    private volatile boolean rescued;

    /** The present thread is about to sleep. */
    void sleeps() {
        sleeper = Thread.currentThread();
        present = this;
    }

    /** The other one has done all that should wake the sleeper. */
    void called() {
        called = true;
    }

    /** The sleeper is awake; how come? */
    String awake() {
        sleeper = null;
        return rescued ? "slept on" : "woken";
    }

    private static void watch() {
        WakeUpWatch before = null;
        while (true) {
            LockSupport.parkNanos(PATIENCE_MILLIS * 1_000_000);
            WakeUpWatch now = present;
            Thread thread = now == null ? null : now.sleeper;
            boolean overdue = thread != null && now.called;
            if (overdue && now == before) {
                now.rescued = true;
                LockSupport.unpark(thread);
            }
            before = overdue ? now : null;
        }
    }
}
