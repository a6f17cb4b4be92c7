package io.cyphonic.engine.control.policy;

import io.cyphonic.signaling.protocol.Id128;

import java.util.concurrent.TimeUnit;

/**
 * Whether to answer a tunnel request while a request of our own to the same peer is under way. Both
 * ends decide alike without asking each other: the request of the smaller node id wins. Pure.
 */
public final class InitiationPolicy {
    /**
     * How long the smaller id insists on its own request. After that its request does not seem to
     * get through (a NAT in the way), and the other one evidently does.
     */
    public static final long INSIST_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private InitiationPolicy() {}

    /**
     * Whether our own request stands and the peer's is to be left unanswered.
     *
     * @param ownRequestAgeNanos since our request was first sent
     */
    public static boolean ownRequestWins(Id128 self, Id128 peer, long ownRequestAgeNanos) {
        return compare(self, peer) < 0 && ownRequestAgeNanos < INSIST_NANOS;
    }

    private static int compare(Id128 left, Id128 right) {
        int high = Long.compareUnsigned(left.high(), right.high());
        return high != 0 ? high : Long.compareUnsigned(left.low(), right.low());
    }
}
