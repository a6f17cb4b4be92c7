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
    private static final long LIMIT_MILLIS = 3_000;

    private final Thread thread;

    private WarmUp(Thread thread) {
        this.thread = thread;
    }

    /** Begins. */
    static WarmUp start(EngineConfig config) {
        return new WarmUp(
                Thread.ofPlatform().name("cy-warm-up").daemon().start(() -> rehearse(config)));
    }

    private static void rehearse(EngineConfig config) {
        try {
            Rehearsal.run(config, TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS));
        } catch (RuntimeException e) {
            // What is really wrong shows when the node opens the same things itself.
            LOG.debug("no warm-up: {}", e.getMessage());
        }
    }

    /** Waits until it is done, for a bounded time: a slow machine may go on cold. */
    void await() {
        try {
            thread.join(LIMIT_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
