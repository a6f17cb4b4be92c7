package io.cyphonic.signaling.relay;

/**
 * Which counters of a channel were seen: a ring of bits that slides by whole words (RFC 6479).
 * Counters are 48 bits and never negative. Owned by the relay's thread; does not allocate.
 */
final class CounterWindow {
    private static final int WORDS = 128;

    /** How far behind the highest counter a late one may be. */
    static final int SIZE = (WORDS - 1) * Long.SIZE;

    private final long[] words = new long[WORDS];
    private long highest = -1;

    /** Marks a counter as seen; {@code false} if it was, or is too old to know. */
    boolean mark(long counter) {
        if (counter > highest) {
            slide(counter);
        } else if (highest - counter >= SIZE) {
            return false;
        }
        int word = (int) (counter >>> 6) & WORDS - 1;
        long bit = 1L << counter;
        if ((words[word] & bit) != 0) {
            return false;
        }
        words[word] |= bit;
        return true;
    }

    private void slide(long counter) {
        long to = counter >> 6;
        for (long word = Math.max(highest >> 6, to - WORDS) + 1; word <= to; word++) {
            words[(int) word & WORDS - 1] = 0;
        }
        highest = counter;
    }
}
