package io.cyphonic.engine.pipeline;

import java.util.concurrent.TimeUnit;

/**
 * How a {@link LoanTrial} is made and what follows from it.
 *
 * @param blockNanos length of a block, in which the stage is in one place
 * @param blocks blocks of a trial, a multiple of {@link LoanTrial#GROUP}; twice as many if those
 *     find a gain that is new
 * @param gainPercent so much more has to be carried while it is out: the answer to a lonely packet
 *     among bulk comes later then, and blocks differ by chance
 * @param shortestNanos how long the first verdict holds, and one that differs from the last
 * @param longestNanos how long any verdict holds at most
 */
public record LoanTerms(
        long blockNanos, int blocks, int gainPercent, long shortestNanos, long longestNanos) {
    /** Checks that a trial is made of whole groups. */
    public LoanTerms {
        if (blocks <= 0 || blocks % LoanTrial.GROUP != 0) {
            throw new IllegalArgumentException(
                    "blocks %d: a multiple of %d".formatted(blocks, LoanTrial.GROUP));
        }
    }

    /** What a node runs with. */
    static final LoanTerms USUAL =
            new LoanTerms(
                    TimeUnit.MILLISECONDS.toNanos(100),
                    16,
                    8,
                    TimeUnit.SECONDS.toNanos(5),
                    TimeUnit.SECONDS.toNanos(40));
}
