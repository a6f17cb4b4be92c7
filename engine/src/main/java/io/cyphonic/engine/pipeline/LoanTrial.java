package io.cyphonic.engine.pipeline;

import java.util.random.RandomGenerator;

/**
 * Whether a loan pays ({@link StageLoan}), found by trying: while there is bulk, the stage is at
 * home for a while and out for a while, in turn, and what both directions carried in either decides
 * for some time. Where the processors have nothing to spare, a second thread only takes turns with
 * the first, and every packet waits longer.
 *
 * <pre>
 *   home | out  out | home  home | out  out | home ...   a trial: blocks, each measured alone
 * </pre>
 *
 * <p>Two blocks of one place stand between two of the other, so that what grows steadily favours
 * neither; which place is in the middle is chosen by lot for every four blocks, as the node at the
 * other end of the tunnel makes its own trial at the same time. A trial that finds a gain where the
 * last verdict was none, however old, takes as long again, and all of it decides: chance makes
 * gains too. A verdict that is found again is kept twice as long as the one before.
 *
 * <p>For the lending thread only; allocates nothing.
 */
final class LoanTrial {
    /** Blocks in which either place has the same share, whichever is in the middle. */
    static final int GROUP = 4;

    private final LoanTerms terms;
    private final RandomGenerator random;

    // The trial under way.
    private boolean running;
    private int block;
    private boolean longer;
    private boolean outInTheMiddle;
    private final long[] bytes = new long[2];
    private final long[] nanos = new long[2];

    // The block under way, once the stage is where it should be.
    private boolean measuring;
    private long beganNanos;
    private long beganBytes;

    // The last verdict; held for no time before the first trial has ended.
    private boolean pays;
    private long foundNanos;
    private long heldNanos;

    LoanTrial(LoanTerms terms, RandomGenerator random) {
        this.terms = terms;
        this.random = random;
    }

    boolean isRunning() {
        return running;
    }

    /** Whether the last verdict still holds. */
    boolean isDecided(long nowNanos) {
        return heldNanos > 0 && nowNanos - foundNanos < heldNanos;
    }

    /** The last verdict. */
    boolean pays() {
        return pays;
    }

    void begin() {
        running = true;
        block = 0;
        longer = false;
        measuring = false;
        bytes[0] = bytes[1] = 0;
        nanos[0] = nanos[1] = 0;
        drawLots();
    }

    /** The traffic is over: no verdict, and the next trial begins anew. */
    void abandon() {
        running = false;
    }

    /**
     * A look while the trial is running.
     *
     * @param carriedBytes what both directions have carried so far
     * @param out where the stage is
     * @return whether it should be out
     */
    boolean look(long nowNanos, long carriedBytes, boolean out) {
        if (out != isOut()) {
            measuring = false;
        } else if (!measuring) {
            startBlock(nowNanos, carriedBytes);
        } else if (nowNanos - beganNanos >= terms.blockNanos()) {
            endBlock(nowNanos, carriedBytes, out);
        }
        return running ? isOut() : pays;
    }

    /** Where the stage should be in this block. */
    private boolean isOut() {
        boolean middle = (block + 1 & 2) != 0;
        return middle == outInTheMiddle;
    }

    private void drawLots() {
        outInTheMiddle = random.nextBoolean();
    }

    private void startBlock(long nowNanos, long carriedBytes) {
        measuring = true;
        beganNanos = nowNanos;
        beganBytes = carriedBytes;
    }

    private void endBlock(long nowNanos, long carriedBytes, boolean out) {
        int place = out ? 1 : 0;
        bytes[place] += carriedBytes - beganBytes;
        nanos[place] += nowNanos - beganNanos;
        block++;
        if (isOver()) {
            decide(nowNanos);
            return;
        }
        if (block % GROUP == 0) {
            drawLots();
        }
        startBlock(nowNanos, carriedBytes);
        measuring = isOut() == out;
    }

    private boolean isOver() {
        if (block == terms.blocks()) {
            longer = !pays && isGain();
        }
        return block == (longer ? 2 * terms.blocks() : terms.blocks());
    }

    /** Whether so much more was carried out than at home. */
    private boolean isGain() {
        double home = (double) bytes[0] / nanos[0];
        double out = (double) bytes[1] / nanos[1];
        return out > 0 && out * 100 >= home * (100 + terms.gainPercent());
    }

    private void decide(long nowNanos) {
        boolean found = isGain();
        heldNanos =
                found == pays && heldNanos > 0
                        ? Math.min(2 * heldNanos, terms.longestNanos())
                        : terms.shortestNanos();
        pays = found;
        foundNanos = nowNanos;
        running = false;
    }
}
