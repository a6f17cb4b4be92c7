package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.NodeDirectory;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Does in the background what would otherwise make the first tunnel and its first packets slow: a
 * {@link HandshakeRehearsal}, then a {@link Rehearsal}. Holds nothing; its thread ends by itself.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    /** Longer than this no rehearsal goes on; it ends sooner when it has passed its packets. */
    private static final long LIMIT_MILLIS = 3_000;

    /**
     * With a start-up cache a node is ready within a second and a half: it does not wait longer
     * than until so long after the process began, and rehearses on behind. Where starting takes
     * longer than that, it does not wait at all. Without a cache a start takes long anyway; then at
     * least it ends warm.
     */
    private static final long CACHED_READY_MILLIS = 1_300;

    /** And no longer than this, however fast everything else was. */
    private static final long CACHED_WAIT_MILLIS = 500;

    /** Of which so long for handshakes at most. */
    private static final long HANDSHAKE_MILLIS = 300;

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Thread thread;
    private volatile BooleanSupplier tunnelOpens = () -> false;

    private WarmUp(EngineConfig config, NodeDirectory directory) {
        thread =
                Thread.ofPlatform()
                        .name("cy-warm-up")
                        .daemon()
                        .start(() -> rehearse(config, directory));
    }

    /** Begins. */
    static WarmUp start(EngineConfig config, NodeDirectory directory) {
        return new WarmUp(config, directory);
    }

    private void rehearse(EngineConfig config, NodeDirectory directory) {
        try {
            HandshakeRehearsal.run(
                    directory, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(HANDSHAKE_MILLIS));
            long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS);
            Rehearsal.run(
                    config,
                    () ->
                            goesOn(
                                    () -> System.nanoTime() - deadlineNanos < 0,
                                    tunnelOpens,
                                    () -> LockSupport.parkNanos(PAUSE_NANOS)));
        } catch (IOException | RuntimeException e) {
            // What is really wrong shows when the node opens the same things itself.
            LOG.debug("no warm-up: {}", e.getMessage());
        }
    }

    /**
     * Holds the rehearsal still while a tunnel opens: that needs the processors more than what the
     * rehearsal prepares.
     *
     * @return whether there is time for another round
     */
    static boolean goesOn(BooleanSupplier inTime, BooleanSupplier tunnelOpens, Runnable pause) {
        while (inTime.getAsBoolean()) {
            if (!tunnelOpens.getAsBoolean()) {
                return true;
            }
            pause.run();
        }
        return false;
    }

    /**
     * From now on the rehearsal makes way for tunnels.
     *
     * @param tunnelOpens whether there is one that opens at present; asked between two rounds
     */
    void makeWayFor(BooleanSupplier tunnelOpens) {
        this.tunnelOpens = tunnelOpens;
    }

    /** Waits until it is done, for a bounded time: then the node begins, however warm it is. */
    void await() {
        try {
            thread.join(Duration.ofMillis(waitMillis()));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** The launcher says whether it gave the JVM a start-up cache (ADR 0018), and when it began. */
    private static long waitMillis() {
        if (!Boolean.getBoolean("cyphonic.start-cache")) {
            return LIMIT_MILLIS;
        }
        long now = System.currentTimeMillis();
        long sinceStart = now - Long.getLong("cyphonic.start-micros", now * 1000) / 1000;
        return Math.clamp(CACHED_READY_MILLIS - sinceStart, 0, CACHED_WAIT_MILLIS);
    }
}
