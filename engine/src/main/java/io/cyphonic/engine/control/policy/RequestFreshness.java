package io.cyphonic.engine.control.policy;

import java.util.concurrent.TimeUnit;

/**
 * Whether the time stamp in a tunnel request may be believed. Stamps rise per initiator; a stamp
 * far from our own clock is refused altogether, so that the greatest stamp of an initiator need be
 * remembered for a bounded time only and a replay after that is still refused. Pure.
 */
public final class RequestFreshness {
    /** Clocks of two nodes may differ by this much: each is within 5 minutes of the cloud's. */
    public static final long MAX_SKEW_MILLIS = TimeUnit.MINUTES.toMillis(12);

    /** A greatest stamp must be remembered for this long. */
    public static final long REMEMBER_MILLIS = 2 * MAX_SKEW_MILLIS + TimeUnit.MINUTES.toMillis(1);

    private RequestFreshness() {}

    /**
     * Whether a request is neither too old, nor from the future, nor a replay.
     *
     * @param greatestMillis greatest stamp accepted from this initiator, or {@link Long#MIN_VALUE}
     */
    public static boolean isFresh(long stampMillis, long greatestMillis, long nowMillis) {
        return stampMillis > greatestMillis
                && stampMillis >= nowMillis - MAX_SKEW_MILLIS
                && stampMillis <= nowMillis + MAX_SKEW_MILLIS;
    }
}
