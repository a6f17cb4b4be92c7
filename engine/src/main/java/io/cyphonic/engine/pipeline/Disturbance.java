package io.cyphonic.engine.pipeline;

/**
 * Fault injection: called before every step on a slot, may take its time or throw. The engine runs
 * with {@link #NONE}; tests bring their own.
 */
@FunctionalInterface
public interface Disturbance {
    /** No disturbance. */
    Disturbance NONE = (step, batch) -> {};

    /** The steps that can be disturbed. */
    enum Step {
        /** Reading and staging; never disturbed, but it may fail by itself. */
        STAGE,
        /** The ring itself; never disturbed. */
        RING,
        /** Before sealing a slot. */
        SEAL,
        /** Before sending a slot. */
        SEND,
        /** Before opening a slot. */
        OPEN,
        /** Before delivering a slot. */
        DELIVER
    }

    /**
     * Called on the thread that is about to work.
     *
     * @param batch number of the batch, from 1
     */
    void before(Step step, long batch);
}
