package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.NodeDirectory;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Does in the background what would otherwise make the first tunnel and its first packets slow: a
 * {@link HandshakeRehearsal}, then a {@link Rehearsal}. Holds nothing; its thread ends by itself.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    /** Longer than this no rehearsal goes on; it ends sooner when it has passed its packets. */
    private static final long LIMIT_MILLIS = 3_000;

    /**
     * With a start-up cache a node is ready within a second and a half: it waits so long and
     * rehearses on behind. Without one a start takes long anyway; then at least it ends warm.
     */
    private static final long CACHED_WAIT_MILLIS = 350;

    /** Of which so long for handshakes at most. */
    private static final long HANDSHAKE_MILLIS = 300;

    private final Thread thread;
    private final long waitMillis;

    private WarmUp(EngineConfig config, NodeDirectory directory, long waitMillis) {
        this.waitMillis = waitMillis;
        thread =
                Thread.ofPlatform()
                        .name("cy-warm-up")
                        .daemon()
                        .start(() -> rehearse(config, directory));
    }

    /** Begins. The launcher says whether it gave the JVM a start-up cache (ADR 0018). */
    static WarmUp start(EngineConfig config, NodeDirectory directory) {
        boolean cached = Boolean.getBoolean("cyphonic.start-cache");
        return new WarmUp(config, directory, cached ? CACHED_WAIT_MILLIS : LIMIT_MILLIS);
    }

    private void rehearse(EngineConfig config, NodeDirectory directory) {
        try {
            HandshakeRehearsal.run(
                    directory, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(HANDSHAKE_MILLIS));
            long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS);
            Rehearsal.run(config, () -> System.nanoTime() - deadlineNanos < 0);
        } catch (IOException | RuntimeException e) {
            // What is really wrong shows when the node opens the same things itself.
            LOG.debug("no warm-up: {}", e.getMessage());
        }
    }

    /** Waits until it is done, for a bounded time: then the node begins, however warm it is. */
    void await() {
        try {
            thread.join(waitMillis);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
