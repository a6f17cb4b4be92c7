package io.cyphonic.signaling.os;

/**
 * Whose turn it is among queues that give to one thread: a queue gives as much as makes a batch,
 * then the next one that has something. So bulk in one delays what is in another by a batch at
 * most, and neighbours of one flow stay neighbours. Does not allocate.
 */
final class Turns {
    /** A turn is over when a queue has given this many bytes. */
    static final int BYTES = 32 * 1024;

    /** What counts at least: a turn of empty packets is over too, after 128 of them. */
    private static final int MIN_BYTES = 256;

    private final int queues;
    private int current;
    private int given;

    /** The first of so many queues has the first turn. */
    Turns(int queues) {
        this.queues = queues;
    }

    /** Whether the queue that has the turn has given enough. */
    boolean isOver() {
        return given >= BYTES;
    }

    /** The queue that has, or just had, the turn. */
    int current() {
        return current;
    }

    /** The queue that is to be asked now. */
    int next() {
        if (isOver()) {
            pass();
        }
        return current;
    }

    /** It gave this much. */
    void gave(int bytes) {
        given += Math.max(bytes, MIN_BYTES);
    }

    /** None has anything: the first is asked first when something has come. */
    void restart() {
        given = 0;
        current = 0;
    }

    /** It has nothing now, or its turn is over. */
    void pass() {
        given = 0;
        current = current + 1 == queues ? 0 : current + 1;
    }
}
