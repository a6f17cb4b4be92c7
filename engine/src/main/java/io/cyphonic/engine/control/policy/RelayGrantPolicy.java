package io.cyphonic.engine.control.policy;

import io.cyphonic.signaling.protocol.Id128;

import java.util.concurrent.TimeUnit;

/** Which grant of a relay counts, and when to ask for the next one. Pure. */
public final class RelayGrantPolicy {
    private static final long SAME_AGE_MILLIS = TimeUnit.MINUTES.toMillis(1);
    private static final long INITIATOR_RENEWAL_MILLIS = TimeUnit.MINUTES.toMillis(12);
    private static final long RESPONDER_RENEWAL_MILLIS = TimeUnit.MINUTES.toMillis(8);

    private RelayGrantPolicy() {}

    /**
     * Whether a grant takes the place of the present one.
     *
     * <p>Both ends get both grants when both have asked, in whatever order, and one end may miss
     * one: they agree again with the next grant if an order of the grants alone decides. The later
     * one counts, of two of the same millisecond that with the greater path id.
     */
    public static boolean replaces(
            Id128 path, long expiryMillis, Id128 presentPath, long presentExpiryMillis) {
        if (presentPath.equals(path)) {
            return expiryMillis > presentExpiryMillis + SAME_AGE_MILLIS;
        }
        return expiryMillis != presentExpiryMillis
                ? expiryMillis > presentExpiryMillis
                : Long.compareUnsigned(path.high(), presentPath.high()) > 0;
    }

    /**
     * Whether to ask for the next grant. The initiator first: if both asked at a time there would
     * be two new grants.
     *
     * @param leftMillis until the present one ends
     */
    public static boolean isRenewalDue(boolean initiator, long leftMillis) {
        return leftMillis < (initiator ? INITIATOR_RENEWAL_MILLIS : RESPONDER_RENEWAL_MILLIS);
    }
}
