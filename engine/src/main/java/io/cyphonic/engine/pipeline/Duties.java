package io.cyphonic.engine.pipeline;

import io.cyphonic.signaling.net.Readiness;

/** Which of its stages a staging thread works on at present. Asked and told by that thread only. */
interface Duties {
    /** All of them, always. */
    Duties ALL =
            new Duties() {
                @Override
                public int sources() {
                    return Readiness.SOURCES;
                }

                @Override
                public long lookNanos() {
                    return Long.MAX_VALUE;
                }

                @Override
                public void look(LoadMeter load) {
                    // Nothing depends on it.
                }
            };

    /** The longest sleep of a thread that need not look at anything. */
    int IDLE_MILLIS = 1_000;

    /** Bits of {@link Readiness}: sources whose stages are this thread's now. */
    int sources();

    /** Time between two calls of {@link #look}, at least. */
    long lookNanos();

    /** How long the thread may sleep now if nothing comes. */
    default int longestSleepMillis() {
        return IDLE_MILLIS;
    }

    /** Looks at what the thread has done since the last look; {@link #sources} may change. */
    void look(LoadMeter load);
}
