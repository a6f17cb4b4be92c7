package io.cyphonic.engine.control.policy;

import io.cyphonic.signaling.protocol.Id128;

/**
 * Whether to answer a tunnel request while a request of our own to the same peer is under way. Both
 * ends decide alike without asking each other, whatever the network does to the two requests: that
 * of the smaller node id wins. No time is in the rule: two ends that change their minds at
 * different moments could each give up their own request for the other's. Pure.
 */
public final class InitiationPolicy {
    private InitiationPolicy() {}

    /** Whether our own request stands, and the peer's is not to be answered. */
    public static boolean ownRequestWins(Id128 self, Id128 peer) {
        int high = Long.compareUnsigned(self.high(), peer.high());
        return high != 0 ? high < 0 : Long.compareUnsigned(self.low(), peer.low()) < 0;
    }
}
