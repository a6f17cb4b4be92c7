package io.cyphonic.engine.pipeline;

import java.util.concurrent.TimeUnit;

/**
 * When a staging thread that serves both directions may lend the inbound one to a second thread,
 * and when it takes it back ({@link StageLoan}). One thread answers a lonely packet sooner; two
 * carry more bulk where the processors have something to spare, which {@link LoanTrial} finds out.
 *
 * @param enabled whether there is a second thread at all
 * @param lookNanos time between two looks at how busy a thread is
 * @param busyBatches batches from one look to the next that make a thread busy
 * @param batchesPerSleep and so many for each time it slept: questions and answers that wait for
 *     each other are many batches too, but one thread is enough for them
 * @param eachWay batches from one look to the next without which a direction is not worth a thread
 * @param steadyLooks so many more looks with bulk than without begin a trial, as a transfer starts
 *     slowly; the time of so many without traffic both ways ends it and the loan, as bulk has
 *     pauses
 * @param trial how it is found out whether a loan pays
 */
public record LendingPolicy(
        boolean enabled,
        long lookNanos,
        int busyBatches,
        int batchesPerSleep,
        int eachWay,
        int steadyLooks,
        LoanTerms trial) {
    private static final int MIN_PROCESSORS = 2;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int BUSY_BATCHES = 60;
    private static final int BATCHES_PER_SLEEP = 3;
    private static final int EACH_WAY = 10;
    private static final int STEADY_LOOKS = 25;

    /** The policy for a machine with so many processors. */
    public static LendingPolicy forProcessors(int processors) {
        return new LendingPolicy(
                processors >= MIN_PROCESSORS,
                LOOK_NANOS,
                BUSY_BATCHES,
                BATCHES_PER_SLEEP,
                EACH_WAY,
                STEADY_LOOKS,
                LoanTerms.USUAL);
    }

    /** Whether a thread has much to do and seldom waits for it. */
    boolean isBusy(LoadMeter load) {
        return load.perLook(load.batches(), lookNanos) >= busyBatches
                && load.batches() >= batchesPerSleep * load.sleeps();
    }

    /** Whether a direction has enough to do for a thread of its own. */
    boolean isWorthAThread(LoadMeter load, int batches) {
        return load.perLook(batches, lookNanos) >= eachWay;
    }
}
