package io.cyphonic.signaling.handshake;

import java.util.Arrays;

/**
 * Checks the codes of many datagrams of one channel at once. A single SipHash is a chain in which
 * every step waits for the one before; here each step is done for all datagrams before the next
 * one, in loops over arrays that the compiler turns into vector instructions. The result is that of
 * {@link RelaySeal#verify} for each.
 *
 * <p>Owned by one thread; does not allocate.
 */
public final class RelaySealBatch {
    /** Most datagrams at once. */
    public static final int CAPACITY = 64;

    /** From so many on this is faster than one by one. */
    public static final int WORTHWHILE = 12;

    private static final int WORDS = RelaySeal.FULL_WORDS;
    private static final int LANES = 8;

    // One entry per datagram: the words of the message, and the state of the hash.
    private final long[][] words = new long[WORDS][CAPACITY];
    private final long[] v0 = new long[CAPACITY];
    private final long[] v1 = new long[CAPACITY];
    private final long[] v2 = new long[CAPACITY];
    private final long[] v3 = new long[CAPACITY];
    private final long[] codes = new long[CAPACITY];

    /** Nothing computed yet. */
    public RelaySealBatch() {}

    /**
     * Computes the codes of datagrams that lie back to back.
     *
     * @param seal of the channel they all are on
     * @param length of each, header included; at least {@link RelaySeal#FULL_LENGTH}
     * @param count 1 to {@link #CAPACITY}
     */
    public void compute(RelaySeal seal, byte[] buffer, int offset, int length, int count) {
        for (int i = 0; i < count; i++) {
            int at = offset + i * length;
            words[0][i] = RelaySeal.word0(buffer, at);
            words[1][i] = RelaySeal.word1(buffer, at, length);
            words[2][i] = RelaySeal.coveredWord(buffer, at, 0);
            words[3][i] = RelaySeal.coveredWord(buffer, at, 1);
            words[4][i] = RelaySeal.coveredWord(buffer, at, 2);
            words[5][i] = RelaySeal.coveredWord(buffer, at, 3);
            codes[i] = RelaySeal.codeOf(buffer, at);
        }
        // Whole vectors; what is beyond the count is left over and looked at by nobody.
        int lanes = Math.min(CAPACITY, count + LANES - 1 & -LANES);
        Arrays.fill(v0, 0, lanes, seal.initial(0));
        Arrays.fill(v1, 0, lanes, seal.initial(1));
        Arrays.fill(v2, 0, lanes, seal.initial(2));
        Arrays.fill(v3, 0, lanes, seal.initial(3));
        for (long[] word : words) {
            compress(v0, v1, v2, v3, word, lanes);
        }
        Arrays.fill(words[0], 0, lanes, (long) WORDS * Long.BYTES << 56);
        compress(v0, v1, v2, v3, words[0], lanes);
        for (int i = 0; i < lanes; i++) {
            v2[i] ^= 0xFF;
        }
        Arrays.fill(words[0], 0, lanes, 0);
        compress(v0, v1, v2, v3, words[0], lanes);
        compress(v0, v1, v2, v3, words[0], lanes);
        for (int i = 0; i < lanes; i++) {
            codes[i] ^= v0[i] ^ v1[i] ^ v2[i] ^ v3[i];
        }
    }

    /** Whether the code of one of them was right. */
    public boolean isRight(int index) {
        return codes[index] == 0;
    }

    /** Two rounds with one word of each message. */
    private static void compress(
            long[] v0, long[] v1, long[] v2, long[] v3, long[] word, int lanes) {
        for (int i = 0; i < lanes; i++) {
            long m = word[i];
            long a = v0[i];
            long b = v1[i];
            long c = v2[i];
            long d = v3[i] ^ m;
            a += b;
            c += d;
            b = Long.rotateLeft(b, 13) ^ a;
            d = Long.rotateLeft(d, 16) ^ c;
            a = Long.rotateLeft(a, 32);
            c += b;
            a += d;
            b = Long.rotateLeft(b, 17) ^ c;
            d = Long.rotateLeft(d, 21) ^ a;
            c = Long.rotateLeft(c, 32);
            a += b;
            c += d;
            b = Long.rotateLeft(b, 13) ^ a;
            d = Long.rotateLeft(d, 16) ^ c;
            a = Long.rotateLeft(a, 32);
            c += b;
            a += d;
            b = Long.rotateLeft(b, 17) ^ c;
            d = Long.rotateLeft(d, 21) ^ a;
            c = Long.rotateLeft(c, 32);
            v0[i] = a ^ m;
            v1[i] = b;
            v2[i] = c;
            v3[i] = d;
        }
    }
}
