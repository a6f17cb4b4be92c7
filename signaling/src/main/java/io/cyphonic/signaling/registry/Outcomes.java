package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.sbe.Status;

/** Outcomes that are a status and nothing more. */
final class Outcomes {
    private Outcomes() {}

    static Registry.Redeemed of(Status status) {
        return new Registry.Redeemed(status, null, null, null, null);
    }
}
