package io.cyphonic.engine.control.gateway;

import java.util.concurrent.TimeUnit;

/**
 * Notices from the time since its start, which a gateway puts into every answer, that it has lost
 * its mappings (RFC 6887, section 8.5; RFC 6886, section 3.6 is the same with other words). For one
 * thread.
 */
final class EpochWatch {
    private static final long NONE = -1;

    private long lastEpochSeconds = NONE;
    private long lastNanos;

    /**
     * Takes the epoch of an answer.
     *
     * @return whether the gateway has lost its state since the answer before
     */
    boolean observe(long epochSeconds, long nowNanos) {
        boolean lost = false;
        if (lastEpochSeconds != NONE) {
            long server = epochSeconds - lastEpochSeconds;
            long client = TimeUnit.NANOSECONDS.toSeconds(nowNanos - lastNanos);
            // A second back may be rounding; else both clocks have to go on alike.
            lost =
                    server < -1
                            || server + 2 < client - client / 16
                            || client + 2 < server - server / 16;
        }
        lastEpochSeconds = epochSeconds;
        lastNanos = nowNanos;
        return lost;
    }
}
