package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.session.Tunnel;
import io.cyphonic.signaling.net.Endpoint;

/** What the control plane asks of the outbound stage, through a bounded queue. */
sealed interface OutboundRequest {
    /**
     * Seal and send a control message.
     *
     * @param to for this one capsule, or {@code null} for the tunnel's endpoint
     * @param urgent whether it may overtake packets
     */
    record Control(Tunnel tunnel, byte[] message, Endpoint to, boolean urgent)
            implements OutboundRequest {}

    /** Drop what waits for an address key. */
    record Discard(byte[] key) implements OutboundRequest {}
}
