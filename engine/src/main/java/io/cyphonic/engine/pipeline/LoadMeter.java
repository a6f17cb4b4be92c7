package io.cyphonic.engine.pipeline;

import io.cyphonic.signaling.net.Readiness;

/** What a staging thread has done since it was last looked at; owned by that thread. */
final class LoadMeter {
    private long sinceNanos;
    private long elapsedNanos;
    private int outbound;
    private int inbound;
    private int sleeps;

    LoadMeter(long nowNanos) {
        restart(nowNanos);
    }

    void restart(long nowNanos) {
        sinceNanos = nowNanos;
        outbound = 0;
        inbound = 0;
        sleeps = 0;
    }

    /** A batch of the stage that reads this source. */
    void worked(int source) {
        if (source == Readiness.UDP) {
            inbound++;
        } else {
            outbound++;
        }
    }

    void slept() {
        sleeps++;
    }

    /** Whether it is time for a look, which {@link #perLook} then is about. */
    boolean isDue(long nowNanos, long lookNanos) {
        elapsedNanos = nowNanos - sinceNanos;
        return elapsedNanos >= lookNanos;
    }

    /** So many in the time between two looks, as this time may have been longer. */
    long perLook(int count, long lookNanos) {
        return elapsedNanos == 0 ? count : count * lookNanos / elapsedNanos;
    }

    int batches() {
        return outbound + inbound;
    }

    int outbound() {
        return outbound;
    }

    int inbound() {
        return inbound;
    }

    int sleeps() {
        return sleeps;
    }
}
