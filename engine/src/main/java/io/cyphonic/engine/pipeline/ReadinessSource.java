package io.cyphonic.engine.pipeline;

import io.cyphonic.signaling.net.Readiness;

/** Makes what a staging thread sleeps on. */
@FunctionalInterface
public interface ReadinessSource {
    /**
     * Watches the TUN device, the UDP sockets, or both.
     *
     * @param sources {@link Readiness#TUN}, {@link Readiness#UDP}, or both bits
     */
    Readiness watch(int sources);
}
