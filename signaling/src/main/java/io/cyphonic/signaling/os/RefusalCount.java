package io.cyphonic.signaling.os;

/**
 * Decides when a call that failed is worth a second one for its reason. A non-blocking read fails
 * nearly always because there is nothing more to read; so only every sixteenth failure in a row is
 * looked into. A source that is broken is readable for poll(2) at once, so it is found out soon.
 * Owned by one thread.
 */
final class RefusalCount {
    private static final int ASK_EVERY = 16;

    private int inARow;

    /** Counts a failure; whether to ask for its reason. */
    boolean explain() {
        return ++inARow % ASK_EVERY == 0;
    }

    /** A call went well. */
    void reset() {
        inARow = 0;
    }
}
