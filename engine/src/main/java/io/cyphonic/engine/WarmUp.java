package io.cyphonic.engine;

import io.cyphonic.engine.pipeline.PacketEngine;
import io.cyphonic.signaling.state.ChronicleStateStore;

import java.util.List;

/**
 * Does in the background what would otherwise make the start long and the first packet slow: loads
 * the shared memory's library, and lets the compiler see the cipher. Holds nothing; its threads end
 * by themselves.
 */
final class WarmUp {
    private static final long LIMIT_MILLIS = 1000;

    private final List<Thread> threads;

    private WarmUp(List<Thread> threads) {
        this.threads = threads;
    }

    /** Begins. */
    static WarmUp start() {
        return new WarmUp(
                List.of(
                        inBackground("cy-warm-state", WarmUp::loadSharedState),
                        inBackground("cy-warm-cipher", PacketEngine::warmUp)));
    }

    private static Thread inBackground(String name, Runnable task) {
        return Thread.ofPlatform().name(name).daemon().start(task);
    }

    private static void loadSharedState() {
        try (ChronicleStateStore store = new ChronicleStateStore()) {
            store.createTable("warm-up", Long.BYTES, Long.BYTES, 1);
        }
    }

    /** Waits until it is done, a second at most per part: a slow machine may go on cold. */
    void await() {
        try {
            for (Thread thread : threads) {
                thread.join(LIMIT_MILLIS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
