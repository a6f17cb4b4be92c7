package io.cyphonic.engine.control.gateway;

import java.util.concurrent.TimeUnit;

/**
 * For how long a mapping was granted, by the monotonic clock. Renewed after half of it (RFC 6887,
 * section 11.2.1; RFC 6886, section 3.3).
 */
record Lease(long renewalNanos, long endNanos) {
    /** A mapping without an end is renewed all the same: gateways forget. */
    private static final int PERMANENT_RENEWAL_SECONDS = 1800;

    private static final long NEVER = Long.MAX_VALUE / 2;

    /**
     * A lease that begins now.
     *
     * @param lifetimeSeconds 0 if it does not end
     */
    static Lease of(int lifetimeSeconds, long nowNanos) {
        if (lifetimeSeconds == 0) {
            long renewal = TimeUnit.SECONDS.toNanos(PERMANENT_RENEWAL_SECONDS);
            return new Lease(nowNanos + renewal, nowNanos + NEVER);
        }
        long lifetime = TimeUnit.SECONDS.toNanos(lifetimeSeconds);
        long asked = TimeUnit.SECONDS.toNanos(MappingProtocol.LIFETIME_SECONDS);
        return new Lease(nowNanos + Math.min(lifetime, asked) / 2, nowNanos + lifetime);
    }

    boolean isRenewalDue(long nowNanos) {
        return renewalNanos - nowNanos <= 0;
    }

    boolean hasEnded(long nowNanos) {
        return endNanos - nowNanos <= 0;
    }
}
