package io.cyphonic.engine;

import io.cyphonic.engine.pipeline.PacketEngine;

/** Lets the compiler see the cipher while the rest starts, so that the first packet is fast. */
final class CipherWarmUp implements AutoCloseable {
    private static final long LIMIT_MILLIS = 1000;

    private final Thread thread;

    private CipherWarmUp(Thread thread) {
        this.thread = thread;
    }

    /** Begins in the background. */
    static CipherWarmUp start() {
        return new CipherWarmUp(
                Thread.ofPlatform().name("cy-warm-up").daemon().start(PacketEngine::warmUp));
    }

    /** Waits until it is done, a second at most: a slow machine may go on cold. */
    void await() {
        try {
            thread.join(LIMIT_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nothing is held: the thread ends by itself. */
    @Override
    public void close() {}
}
