package io.cyphonic.engine.control.tunnel;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Stamps for this node's tunnel requests: the wall clock, but always rising, because a responder
 * refuses a stamp that does not. Thread-safe.
 */
public final class RequestStamps {
    private final AtomicLong last = new AtomicLong(Long.MIN_VALUE);

    long next(long wallMillis) {
        return last.updateAndGet(previous -> Math.max(previous + 1, wallMillis));
    }
}
