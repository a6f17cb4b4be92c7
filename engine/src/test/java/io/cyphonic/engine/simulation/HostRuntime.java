package io.cyphonic.engine.simulation;

import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.fixtures.Scheduler;
import io.cyphonic.engine.fixtures.VirtualRuntime;
import io.cyphonic.engine.fixtures.VirtualTime;

import java.security.SecureRandom;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * The clocks and threads of one simulated node. While it sleeps its monotonic clock stands still
 * and nothing runs, as with CLOCK_MONOTONIC of Linux; its wall clock goes on.
 */
final class HostRuntime implements ControlRuntime, Scheduler {
    private static final long LOGIN_NANOS = 20_000_000;
    private static final int START_SPREAD_NANOS = 50_000;

    private record Task(long timeNanos, long order, Runnable work) {}

    private final VirtualTime time;
    private final SecureRandom random;
    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(
                    Comparator.comparingLong(Task::timeNanos).thenComparingLong(Task::order));
    private long order;
    private long sleptNanos;
    private long asleepSince = -1;
    private long wallSkewMillis;
    private long stalledUntil;
    private int startSpreadNanos = START_SPREAD_NANOS;
    private boolean dead;

    HostRuntime(VirtualTime time, String seed) {
        this.time = time;
        this.random = VirtualRuntime.seeded(seed);
    }

    /** Stops this node's monotonic clock. */
    void sleep() {
        asleepSince = time.nanoTime();
    }

    /** Lets it go on. */
    void wake() {
        sleptNanos += time.nanoTime() - asleepSince;
        asleepSince = -1;
        tasks.forEach(task -> poke(task.timeNanos - nanoTime()));
    }

    boolean isAsleep() {
        return asleepSince >= 0;
    }

    /** Nothing runs for so long although the clock goes on: others have the processor. */
    void stall(long nanos) {
        stalledUntil = nanoTime() + nanos;
        poke(nanos);
    }

    /** How much later one handler may start than another that was to start at the same time. */
    void startSpread(int nanos) {
        startSpreadNanos = nanos;
    }

    /** Sets the wall clock forward or back. */
    void jump(long millis) {
        wallSkewMillis += millis;
    }

    /** How far the wall clock is off. */
    long wallSkewMillis() {
        return wallSkewMillis;
    }

    /** The process ends without a word. */
    void kill() {
        dead = true;
        tasks.clear();
    }

    /** Timers set and not due yet. */
    int timers() {
        long now = nanoTime();
        return (int) tasks.stream().filter(task -> task.timeNanos > now).count();
    }

    @Override
    public long nanoTime() {
        return (isAsleep() ? asleepSince : time.nanoTime()) - sleptNanos;
    }

    @Override
    public long wallMillis() {
        return time.wallMillis() + wallSkewMillis;
    }

    @Override
    public SecureRandom random() {
        return random;
    }

    @Override
    public boolean handle(Runnable handler) {
        after(random.nextInt(startSpreadNanos), handler);
        return true;
    }

    @Override
    public void after(long delayNanos, Runnable handler) {
        if (!dead) {
            long delay = Math.max(0, delayNanos);
            tasks.add(new Task(nanoTime() + delay, order++, handler));
            poke(delay);
        }
    }

    private void poke(long delayNanos) {
        time.after(delayNanos, this::runDue);
    }

    private void runDue() {
        while (!isAsleep()
                && !isStalled()
                && !tasks.isEmpty()
                && tasks.peek().timeNanos <= nanoTime()) {
            tasks.poll().work.run();
        }
    }

    private boolean isStalled() {
        return nanoTime() < stalledUntil;
    }

    @Override
    public void every(long periodNanos, Runnable sweep) {
        after(
                0,
                () -> {
                    sweep.run();
                    after(periodNanos, () -> every(periodNanos, sweep));
                });
    }

    @Override
    public void background(Runnable task) {
        after(LOGIN_NANOS, task);
    }

    @Override
    public void close() {
        kill();
    }
}
