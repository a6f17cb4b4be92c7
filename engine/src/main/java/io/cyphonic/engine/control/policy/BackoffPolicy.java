package io.cyphonic.engine.control.policy;

import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * How long to leave a failed attempt alone before the next: doubles up to a limit, with up to a
 * quarter of the wait added at random. Pure.
 *
 * @param minNanos wait after the first failure, at least 1
 * @param maxNanos longest wait before the random part
 */
public record BackoffPolicy(long minNanos, long maxNanos) {
    /** Logins of a node that has one, and new directions to a peer that is down. */
    public static final BackoffPolicy ATTEMPT =
            new BackoffPolicy(TimeUnit.SECONDS.toNanos(1), TimeUnit.SECONDS.toNanos(60));

    /**
     * Logins of a node that has none: nothing works until one succeeds, so it may not sleep through
     * the return of the cloud.
     */
    public static final BackoffPolicy FIRST_LOGIN =
            new BackoffPolicy(TimeUnit.SECONDS.toNanos(1), TimeUnit.SECONDS.toNanos(8));

    private static final int MAX_DOUBLINGS = 30;

    /** Refuses an empty range. */
    public BackoffPolicy {
        if (minNanos < 1 || maxNanos < minNanos) {
            throw new IllegalArgumentException(
                    "waits from %d to %d ns: allowed are 1 or more, rising"
                            .formatted(minNanos, maxNanos));
        }
    }

    /**
     * How long to wait.
     *
     * @param failures in a row so far, at least 1
     */
    public long waitNanos(int failures, RandomGenerator random) {
        int doublings = Math.min(Math.max(failures, 1) - 1, MAX_DOUBLINGS);
        long wait =
                doublings > 62 || minNanos > maxNanos >> doublings
                        ? maxNanos
                        : minNanos << doublings;
        return wait + (long) (wait * 0.25 * random.nextDouble());
    }
}
