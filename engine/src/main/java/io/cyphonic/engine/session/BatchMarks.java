package io.cyphonic.engine.session;

/**
 * How far a pipeline has come, in batches: what was begun may still use a session that has left the
 * tables, what is finished does not. It tells the {@link TunnelTable} when keys can be wiped.
 *
 * <p>The protocol, for a session S: the stage begins batch b and then looks sessions up; the table
 * removes S and then reads {@link #begun}. Both fields are volatile, so their accesses have one
 * total order: either the stage's lookup comes after the removal and does not find S, or batch b
 * was begun before the table read the mark, which therefore is at least b. Batches finish in order,
 * so once {@link #finished} has reached that mark nobody has S any more.
 */
public final class BatchMarks {
    private volatile long begun;
    private volatile long finished;

    /** Nothing begun yet. */
    public BatchMarks() {}

    /** Begins a batch; for the stage only, before it looks up a session. */
    public long begin() {
        long batch = begun + 1;
        begun = batch;
        return batch;
    }

    /** Finishes all batches up to this one; for the last handler only. */
    public void finish(long batch) {
        finished = batch;
    }

    /** The batch begun last. */
    public long begun() {
        return begun;
    }

    /** The batch finished last. */
    public long finished() {
        return finished;
    }
}
