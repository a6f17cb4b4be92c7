package io.cyphonic.signaling.node;

import io.cyphonic.signaling.net.RateBuckets;

import java.net.InetAddress;

/**
 * Limits datagrams per source address, before anything else is done with them. Bounded, whatever
 * the number of (forged) sources; see {@link RateBuckets}. Safe for any number of threads; does not
 * block.
 */
public final class SourceLimiter {
    private static final long SECOND_NS = 1_000_000_000L;

    private final RateBuckets buckets;

    /**
     * @param buckets a power of two
     * @param perSecond sustained datagrams per second of one bucket
     * @param burst datagrams at once
     * @param salt so that nobody outside knows who shares a bucket
     */
    public SourceLimiter(int buckets, int perSecond, int burst, int salt, long nowNs) {
        this.buckets = new RateBuckets(buckets, SECOND_NS / perSecond, burst, salt, nowNs);
    }

    /** Whether one more may come from there now; if so, it is counted. */
    public boolean allows(InetAddress source, long nowNs) {
        return buckets.allows(source.hashCode(), nowNs);
    }
}
