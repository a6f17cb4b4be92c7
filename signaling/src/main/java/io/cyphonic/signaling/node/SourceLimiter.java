package io.cyphonic.signaling.node;

import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Limits datagrams per source address, before anything else is done with them. A fixed number of
 * buckets, so that no number of (forged) sources can make it grow; sources that share a bucket
 * share its rate. Each bucket is one number, the theoretical arrival time of the generic cell rate
 * algorithm (ITU-T I.371). Safe for any number of threads; does not block.
 */
public final class SourceLimiter {
    private final AtomicLongArray theoreticalArrivalNs;
    private final int mask;
    private final int salt;
    private final long intervalNs;
    private final long toleranceNs;

    /**
     * @param buckets a power of two
     * @param perSecond sustained datagrams per second of one bucket
     * @param burst datagrams at once
     * @param salt so that nobody outside knows who shares a bucket
     */
    public SourceLimiter(int buckets, int perSecond, int burst, int salt, long nowNs) {
        if (Integer.bitCount(buckets) != 1) {
            throw new IllegalArgumentException("buckets " + buckets + " is not a power of two");
        }
        theoreticalArrivalNs = new AtomicLongArray(buckets);
        for (int i = 0; i < buckets; i++) {
            theoreticalArrivalNs.setPlain(i, nowNs);
        }
        mask = buckets - 1;
        this.salt = salt;
        intervalNs = 1_000_000_000L / perSecond;
        toleranceNs = intervalNs * (burst - 1);
    }

    /** Whether one more may come from there now; if so, it is counted. */
    public boolean allows(InetAddress source, long nowNs) {
        int bucket = bucket(source);
        while (true) {
            long arrival = theoreticalArrivalNs.get(bucket);
            long early = arrival - nowNs;
            if (early > toleranceNs) {
                return false;
            }
            long next = (early > 0 ? arrival : nowNs) + intervalNs;
            if (theoreticalArrivalNs.compareAndSet(bucket, arrival, next)) {
                return true;
            }
        }
    }

    private int bucket(InetAddress source) {
        int hash = source.hashCode() ^ salt;
        // Finalizer of MurmurHash3: neighbours in a network must not be neighbours here.
        hash ^= hash >>> 16;
        hash *= 0x85ebca6b;
        hash ^= hash >>> 13;
        hash *= 0xc2b2ae35;
        hash ^= hash >>> 16;
        return hash & mask;
    }
}
