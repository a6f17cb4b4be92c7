package io.cyphonic.engine.pipeline;

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
 * <p>In that order what grows steadily, as a transfer does that has just begun, favours neither. A
 * verdict that is found again is kept twice as long as the one before.
 *
 * <p>For the lending thread only; allocates nothing.
 */
final class LoanTrial {
    private final LoanTerms terms;

    // The trial under way.
    private int block;
    private final long[] bytes = new long[2];
    private final long[] nanos = new long[2];

    // The block under way, once the stage is where it should be.
    private boolean measuring;
    private long beganNanos;
    private long beganBytes;

    // The last verdict; none before the first trial has ended.
    private boolean pays;
    private boolean holds;
    private long heldSinceNanos;
    private long heldNanos;

    LoanTrial(LoanTerms terms) {
        this.terms = terms;
    }

    /**
     * A look while there is bulk both ways.
     *
     * @param carriedBytes what both directions have carried so far
     * @param out where the stage is
     * @return whether it should be out
     */
    boolean look(long nowNanos, long carriedBytes, boolean out) {
        if (holds && nowNanos - heldSinceNanos < heldNanos) {
            return pays;
        }
        holds = false;
        if (out != isOut(block)) {
            measuring = false;
        } else if (!measuring) {
            measuring = true;
            beganNanos = nowNanos;
            beganBytes = carriedBytes;
        } else if (nowNanos - beganNanos >= terms.blockNanos()) {
            end(nowNanos, carriedBytes, out ? 1 : 0);
            return holds ? pays : isOut(block);
        }
        return isOut(block);
    }

    /** The bulk is over, or rests: what was being measured says nothing. */
    void rest() {
        measuring = false;
    }

    /** Home, out, out, home. */
    private static boolean isOut(int block) {
        return (block + 1 & 2) != 0;
    }

    private void end(long nowNanos, long carriedBytes, int place) {
        bytes[place] += carriedBytes - beganBytes;
        nanos[place] += nowNanos - beganNanos;
        // The next block may be in the same place, and then goes on from here.
        beganNanos = nowNanos;
        beganBytes = carriedBytes;
        block++;
        if (block >= terms.blocks()) {
            decide(nowNanos);
        }
    }

    private void decide(long nowNanos) {
        double home = (double) bytes[0] / nanos[0];
        double out = (double) bytes[1] / nanos[1];
        boolean found = out * 100 >= home * (100 + terms.gainPercent());
        heldNanos =
                found == pays && heldNanos > 0
                        ? Math.min(2 * heldNanos, terms.longestNanos())
                        : terms.shortestNanos();
        pays = found;
        holds = true;
        heldSinceNanos = nowNanos;
        block = 0;
        measuring = false;
        bytes[0] = bytes[1] = 0;
        nanos[0] = nanos[1] = 0;
    }
}
