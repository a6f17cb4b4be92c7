package io.cyphonic.signaling.net;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Limits how often something may happen, for each of any number of sources. A fixed number of
 * buckets, so that no number of (forged) sources can make it grow; sources that share a bucket
 * share its rate. Each bucket is one number, the theoretical arrival time of the generic cell rate
 * algorithm (ITU-T I.371). Sans I/O. Safe for any number of threads; does not block or allocate.
 */
public final class RateBuckets {
    private final AtomicLongArray theoreticalArrivalNs;
    private final int mask;
    private final int salt;
    private final long intervalNs;
    private final long toleranceNs;

    /**
     * Full buckets.
     *
     * @param buckets a power of two
     * @param intervalNs sustained time between two events of one bucket, at least 1
     * @param burst events at once, at least 1
     * @param salt so that nobody outside knows who shares a bucket
     * @param nowNs the time, on the scale of the later calls
     */
    public RateBuckets(int buckets, long intervalNs, int burst, int salt, long nowNs) {
        if (Integer.bitCount(buckets) != 1 || intervalNs < 1 || burst < 1) {
            throw new IllegalArgumentException(
                    "%d buckets, %d ns, burst %d; allowed: a power of two, from 1, from 1"
                            .formatted(buckets, intervalNs, burst));
        }
        theoreticalArrivalNs = new AtomicLongArray(buckets);
        for (int i = 0; i < buckets; i++) {
            theoreticalArrivalNs.setPlain(i, nowNs);
        }
        mask = buckets - 1;
        this.salt = salt;
        this.intervalNs = intervalNs;
        toleranceNs = intervalNs * (burst - 1);
    }

    /**
     * Whether one more event is allowed now, and counts it if it is.
     *
     * @param source hash of who causes it
     */
    public boolean allows(int source, long nowNs) {
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

    private int bucket(int source) {
        int hash = source ^ salt;
        // Finalizer of MurmurHash3: neighbours in a network must not be neighbours here.
        hash ^= hash >>> 16;
        hash *= 0x85ebca6b;
        hash ^= hash >>> 13;
        hash *= 0xc2b2ae35;
        hash ^= hash >>> 16;
        return hash & mask;
    }
}
