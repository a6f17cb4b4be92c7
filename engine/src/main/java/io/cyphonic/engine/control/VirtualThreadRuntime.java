package io.cyphonic.engine.control;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.security.SecureRandom;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** The runtime of a real node: a virtual thread per handler, one platform thread for the timer. */
public final class VirtualThreadRuntime implements ControlRuntime {
    /** Most handlers at once. */
    public static final int MAX_HANDLERS = 512;

    private static final Logger LOG = LoggerFactory.getLogger(VirtualThreadRuntime.class);
    private static final long OVERLOAD_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long CLOSE_MILLIS = 500;

    private final SecureRandom random;
    private final Semaphore permits = new Semaphore(MAX_HANDLERS);
    private final AtomicInteger running = new AtomicInteger();
    private final LongAdder started = new LongAdder();
    private final LongAdder busyNanos = new LongAdder();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ScheduledThreadPoolExecutor timer;

    /** Starts the timer. */
    public VirtualThreadRuntime(SecureRandom random) {
        this.random = random;
        this.timer =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().name("cy-timer").daemon().factory());
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        // A handler that is still at work may set a timer after the end: it has no use any more.
        timer.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long wallMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public SecureRandom random() {
        return random;
    }

    /** The work so far and at present. */
    public Tasks tasks() {
        return new Tasks(running.get(), timer.getQueue().size(), started.sum(), busyNanos.sum());
    }

    @Override
    public boolean handle(Runnable handler) {
        if (closed.get() || !permits.tryAcquire()) {
            return false;
        }
        start("cy-handler", handler, permits::release);
        return true;
    }

    @Override
    public void after(long delayNanos, Runnable handler) {
        if (!closed.get()) {
            timer.schedule(() -> due(handler), Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
        }
    }

    private void due(Runnable handler) {
        if (!handle(handler) && !closed.get()) {
            timer.schedule(() -> due(handler), OVERLOAD_DELAY_NANOS, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void every(long periodNanos, Runnable sweep) {
        if (!closed.get()) {
            timer.scheduleWithFixedDelay(() -> run(sweep), 0, periodNanos, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void background(Runnable task) {
        if (!closed.get()) {
            start("cy-background", task, () -> {});
        }
    }

    private void start(String name, Runnable task, Runnable last) {
        running.incrementAndGet();
        started.increment();
        Thread.ofVirtual()
                .name(name)
                .start(
                        () -> {
                            long begin = System.nanoTime();
                            try {
                                run(task);
                            } finally {
                                busyNanos.add(System.nanoTime() - begin);
                                running.decrementAndGet();
                                last.run();
                            }
                        });
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            // An error that got out, of memory for one, would end the periodic sweep for good.
            LOG.error("a signaling handler failed; this is a bug", e);
        }
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        timer.shutdownNow();
        try {
            timer.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
            if (!permits.tryAcquire(MAX_HANDLERS, CLOSE_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.warn("{} signaling handlers did not end in time", running.get());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
