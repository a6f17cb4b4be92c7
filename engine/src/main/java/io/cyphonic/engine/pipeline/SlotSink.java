package io.cyphonic.engine.pipeline;

/**
 * The last, ordered step of a pipeline: sender or deliverer. Called for every slot in the order of
 * the ring, by one thread at a time; which thread that is may change in the adaptive mode, see
 * {@link Conveyor}.
 */
interface SlotSink<S extends Slot> {
    /** Sends or delivers what is in the slot and counts all of it. */
    void finish(S slot);

    /** Counts what {@link #finish} has not, after it or a worker threw. */
    void abandon(S slot);
}
