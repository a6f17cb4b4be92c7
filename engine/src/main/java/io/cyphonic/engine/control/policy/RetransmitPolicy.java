package io.cyphonic.engine.control.policy;

import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * When an unanswered request is sent again: the wait doubles with every try and is spread by a
 * jitter, so that many requests lost together do not come back together. Pure.
 *
 * @param firstNanos wait after the first try, at least 1
 * @param maxTries sendings in all, at least 1
 * @param jitter how far a wait may be off, as a fraction of it, 0 to 0.5
 */
public record RetransmitPolicy(long firstNanos, int maxTries, double jitter) {
    /** Requests to the NMS. */
    public static final RetransmitPolicy REQUEST =
            new RetransmitPolicy(TimeUnit.MILLISECONDS.toNanos(250), 5, 0.2);

    /**
     * Tunnel requests: the first may come before the peer's NAT lets it in, and nobody should wait
     * long for the second. They go to several addresses each time, so the first wait covers those.
     */
    public static final RetransmitPolicy HANDSHAKE =
            new RetransmitPolicy(TimeUnit.MILLISECONDS.toNanos(60), 8, 0.2);

    /** Keep-alives to the NMS: the third miss in a row means that the cloud is away. */
    public static final RetransmitPolicy KEEP_ALIVE =
            new RetransmitPolicy(TimeUnit.SECONDS.toNanos(1), 3, 0.2);

    /** Probes of a path. */
    public static final RetransmitPolicy PROBE =
            new RetransmitPolicy(TimeUnit.MILLISECONDS.toNanos(200), 5, 0.2);

    private static final int MAX_DOUBLINGS = 16;

    /** Refuses values that would never end or never wait. */
    public RetransmitPolicy {
        if (firstNanos < 1 || maxTries < 1 || !(jitter >= 0 && jitter <= 0.5)) {
            throw new IllegalArgumentException(
                    "first wait %d ns, %d tries, jitter %s; allowed: from 1, from 1, 0 to 0.5"
                            .formatted(firstNanos, maxTries, jitter));
        }
    }

    /** Whether nothing more is sent after this many tries. */
    public boolean exhausted(int tries) {
        return tries >= maxTries;
    }

    /**
     * How long to wait for an answer.
     *
     * @param tries sendings so far, at least 1
     */
    public long waitNanos(int tries, RandomGenerator random) {
        long wait = firstNanos << Math.min(Math.max(tries, 1) - 1, MAX_DOUBLINGS);
        return wait + (long) (wait * jitter * (2 * random.nextDouble() - 1));
    }
}
