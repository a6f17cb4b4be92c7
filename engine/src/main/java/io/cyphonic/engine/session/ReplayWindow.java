package io.cyphonic.engine.session;

/**
 * Anti-replay window over capsule counters: a ring of bits that slides by whole words (RFC 6479).
 * It also tells whether packets come in order.
 *
 * <p>{@link #mark} is called only for capsules whose tag was right, in ring order. Not thread-safe:
 * owned by whoever holds the deliverer's role.
 */
public final class ReplayWindow {
    private static final int WORD_BITS_LOG2 = 6;
    private static final int WORD_BITS = 1 << WORD_BITS_LOG2;
    private static final int WORDS = 256;

    /** How far behind the highest counter a late one may be: one word always is being reused. */
    public static final int SIZE = (WORDS - 1) * WORD_BITS;

    /** Counters from here on are refused; a sender stops long before ({@link Session}). */
    public static final long COUNTER_LIMIT = 1L << 62;

    private final long[] words = new long[WORDS];
    private long highest = -1;
    private long latestPacket = -1;

    /** An empty window: every counter is new. */
    public ReplayWindow() {}

    /**
     * Whether a counter is neither seen nor too old; changes nothing.
     *
     * @param counter as received
     */
    public boolean isNew(long counter) {
        if (counter < 0 || counter >= COUNTER_LIMIT) {
            return false;
        }
        if (counter > highest) {
            return true;
        }
        return highest - counter < SIZE && (words[wordOf(counter)] & bitOf(counter)) == 0;
    }

    /**
     * Marks a counter as seen if it is new.
     *
     * @return whether it was new
     */
    public boolean mark(long counter) {
        if (!isNew(counter)) {
            return false;
        }
        if (counter > highest) {
            slide(counter);
        }
        words[wordOf(counter)] |= bitOf(counter);
        return true;
    }

    /**
     * Notes a marked counter as that of a packet. Control messages, which may go other ways than
     * packets, are not to be told here.
     *
     * @return whether a later packet has come before
     */
    public boolean notePacket(long counter) {
        boolean late = counter < latestPacket;
        latestPacket = Math.max(latestPacket, counter);
        return late;
    }

    private void slide(long counter) {
        long from = highest >> WORD_BITS_LOG2;
        long to = counter >> WORD_BITS_LOG2;
        long first = Math.max(from, to - WORDS);
        for (long word = first + 1; word <= to; word++) {
            words[(int) word & WORDS - 1] = 0;
        }
        highest = counter;
    }

    private static int wordOf(long counter) {
        return (int) (counter >> WORD_BITS_LOG2) & WORDS - 1;
    }

    private static long bitOf(long counter) {
        return 1L << (counter & WORD_BITS - 1);
    }
}
