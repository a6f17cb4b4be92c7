package io.cyphonic.engine.pipeline;

/**
 * The parallel step of a pipeline: works on one slot at a time and on nothing else. One instance
 * per thread.
 */
interface SlotWorker<S extends Slot> extends AutoCloseable {
    /** Does the work; an exception marks the slot failed. */
    void process(S slot);

    /** Forgets keys. */
    @Override
    void close();
}
