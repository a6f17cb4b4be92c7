package io.cyphonic.engine.pipeline;

/**
 * What travels through a pipeline: one batch, in buffers made at start. A slot has one owner at a
 * time (the stage, then one worker, then the sender or deliverer); the ring's sequences hand it on.
 */
abstract class Slot {
    /** Bytes used of what was received. */
    int inLength;

    /** The batch, counted from 1, for {@link io.cyphonic.engine.session.BatchMarks}. */
    long batch;

    /** The clock when the batch was staged. */
    long nowNanos;

    /** A handler failed on this slot: its packets are lost, and counted by the last handler. */
    boolean failed;

    /** Packets for which the last handler has counted an outcome already. */
    int settled;

    /** Empties the slot for the next batch. */
    void clear() {
        inLength = 0;
        failed = false;
        settled = 0;
    }

    /** Packets in the slot, each of which must end in exactly one counter. */
    abstract int packets();

    /** Bytes of the buffers, for the memory bound. */
    abstract int bufferBytes();
}
