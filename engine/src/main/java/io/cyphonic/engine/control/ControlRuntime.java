package io.cyphonic.engine.control;

import java.security.SecureRandom;

/**
 * Time, chance and threads for the signaling side: the only place it gets them from, so that tests
 * can run it in virtual time from a seed. Thread-safe.
 */
public interface ControlRuntime extends AutoCloseable {
    /** The monotonic clock in nanoseconds: the one that the packet engine stamps traffic with. */
    long nanoTime();

    /** The wall clock in milliseconds since the epoch. */
    long wallMillis();

    /** For keys, ids and jitter. */
    SecureRandom random();

    /**
     * Runs a handler on a thread of its own, now. Handlers do not wait for the network.
     *
     * @return false if too many run already, and this one will not
     */
    boolean handle(Runnable handler);

    /** Runs a handler after a while; never lost, but later when too many run. */
    void after(long delayNanos, Runnable handler);

    /**
     * Runs a sweep again and again, from now on, one at a time. It runs on the timer's own thread,
     * which is a platform thread: walking through whole tables is cheapest there.
     */
    void every(long periodNanos, Runnable sweep);

    /** Runs something that may wait for the network. */
    void background(Runnable task);

    /**
     * The work of the signaling side, past and present.
     *
     * @param running handlers and background tasks at work, each on a virtual thread
     * @param waiting tasks that wait for their time; they take no thread
     * @param started virtual threads ever started
     * @param busyNanos time they took, all together
     */
    record Tasks(int running, int waiting, long started, long busyNanos) {}

    /** Ends the timer and waits for running handlers, a short while. Idempotent. */
    @Override
    void close();
}
