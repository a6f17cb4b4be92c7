package io.cyphonic.engine.pipeline;

import java.util.Arrays;

/**
 * Remembers when a missing tunnel was reported, so that each address is reported at most once a
 * second. Bounded: sets of eight addresses; when all eight of a set were reported within the
 * second, a ninth has to wait for its next packet. Owned by the outbound stage; does not allocate.
 */
final class WantedAddresses {
    private static final long INTERVAL_NANOS = 1_000_000_000L;
    private static final int SETS = 64;
    private static final int WAYS = 8;
    private static final int KEY_LENGTH = 16;

    private final byte[] keys = new byte[SETS * WAYS * KEY_LENGTH];
    private final long[] reportedNanos = new long[SETS * WAYS];
    private final boolean[] used = new boolean[SETS * WAYS];

    /** Whether a report is due now; if so, it is taken as made. */
    boolean isDue(byte[] key, long nowNanos) {
        int first = (Arrays.hashCode(key) * 0x9E3779B9 >>> 26) * WAYS;
        int free = -1;
        for (int way = first; way < first + WAYS; way++) {
            boolean fresh = used[way] && nowNanos - reportedNanos[way] < INTERVAL_NANOS;
            int at = way * KEY_LENGTH;
            if (fresh && Arrays.equals(keys, at, at + KEY_LENGTH, key, 0, KEY_LENGTH)) {
                return false;
            }
            free = fresh ? free : way;
        }
        if (free < 0) {
            return false;
        }
        used[free] = true;
        reportedNanos[free] = nowNanos;
        System.arraycopy(key, 0, keys, free * KEY_LENGTH, KEY_LENGTH);
        return true;
    }
}
