package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.TimeUnit;

/**
 * Does in the background what would otherwise make the first packets slow: a {@link Rehearsal}.
 * Holds nothing; its thread ends by itself.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    /** Without a start-up cache a start takes long anyway; then at least it ends warm. */
    private static final long COLD_LIMIT_MILLIS = 3_000;

    /** With one this is what a node that is ready within a second and a half has for it. */
    private static final long CACHED_LIMIT_MILLIS = 700;

    private final Thread thread;
    private final long limitMillis;

    private WarmUp(EngineConfig config, long limitMillis) {
        this.limitMillis = limitMillis;
        thread = Thread.ofPlatform().name("cy-warm-up").daemon().start(() -> rehearse(config));
    }

    /** Begins. The launcher says whether it gave the JVM a start-up cache (ADR 0018). */
    static WarmUp start(EngineConfig config) {
        boolean cached = Boolean.getBoolean("cyphonic.start-cache");
        return new WarmUp(config, cached ? CACHED_LIMIT_MILLIS : COLD_LIMIT_MILLIS);
    }

    private void rehearse(EngineConfig config) {
        try {
            Rehearsal.run(config, TimeUnit.MILLISECONDS.toNanos(limitMillis));
        } catch (RuntimeException e) {
            // What is really wrong shows when the node opens the same things itself.
            LOG.debug("no warm-up: {}", e.getMessage());
        }
    }

    /** Waits until it is done, for a bounded time: a slow machine may go on cold. */
    void await() {
        try {
            thread.join(COLD_LIMIT_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
