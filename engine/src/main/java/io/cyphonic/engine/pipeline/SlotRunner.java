package io.cyphonic.engine.pipeline;

/**
 * Runs the steps of a slot and keeps failures in it: whatever a handler throws marks the slot, and
 * the sink counts it. Used by the staging thread for whole slots, by the ring's threads for a step.
 */
final class SlotRunner<S extends Slot> {
    private final SlotWorker<S> worker;
    private final SlotSink<S> sink;
    private final Disturbance disturbance;
    private final Disturbance.Step workStep;
    private final Disturbance.Step finishStep;
    private final FailureLog failures;

    /**
     * Made once per thread.
     *
     * @param worker {@code null} where only {@link #finish} is used
     * @param sink {@code null} where only {@link #work} is used
     */
    SlotRunner(
            SlotWorker<S> worker,
            SlotSink<S> sink,
            Disturbance disturbance,
            Disturbance.Step workStep,
            Disturbance.Step finishStep,
            FailureLog failures) {
        this.worker = worker;
        this.sink = sink;
        this.disturbance = disturbance;
        this.workStep = workStep;
        this.finishStep = finishStep;
        this.failures = failures;
    }

    /** Both steps. */
    void run(S slot) {
        work(slot);
        finish(slot);
    }

    /** The parallel step. */
    void work(S slot) {
        try {
            disturbance.before(workStep, slot.batch);
            worker.process(slot);
        } catch (RuntimeException | Error e) {
            slot.failed = true;
            failures.log(workStep, e);
        }
    }

    /** The ordered step. */
    void finish(S slot) {
        try {
            disturbance.before(finishStep, slot.batch);
            sink.finish(slot);
        } catch (RuntimeException | Error e) {
            failures.log(finishStep, e);
            sink.abandon(slot);
        }
    }

    void close() {
        if (worker != null) {
            worker.close();
        }
    }
}
