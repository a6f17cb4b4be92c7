package io.cyphonic.signaling.os;

/**
 * Decides when a call that failed is worth a second one for its reason. A non-blocking read that
 * has nothing to read fails once per batch, and nearly always for that reason; so only every
 * sixteenth failure in a row is looked into, or fewer. A source that is broken is readable for
 * poll(2) at once, so it is found out soon. Owned by one thread.
 */
final class RefusalCount {
    private static final int USUAL = 16;

    private final int askEvery;
    private int inARow;

    RefusalCount() {
        this(USUAL);
    }

    /** For a source that mostly has nothing: one failure in so many in a row is looked into. */
    RefusalCount(int askEvery) {
        this.askEvery = askEvery;
    }

    /** Counts a failure; whether to ask for its reason. */
    boolean explain() {
        return ++inARow % askEvery == 0;
    }

    /** A call went well. */
    void reset() {
        inARow = 0;
    }
}
