package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;

/**
 * Carries slots from the stage through a worker to the sink, in order. The stage claims a slot,
 * fills it and commits it; how the slot gets to the end is the conveyor's business: on the staging
 * thread itself, or through a {@link SlotRing}, or now this way and now that.
 *
 * <p><b>Hand-over of the sink's role in the adaptive mode.</b> The sink (replay windows, traffic
 * counts, counters) has no lock and is used by one thread at a time: by the staging thread while it
 * carries slots itself, by the ring's last thread while slots are in the ring.
 *
 * <ul>
 *   <li>Stage to ring: everything the stage did to the sink is before its {@code publish}, a
 *       release of the cursor; the worker and through it the last thread see the slot only after an
 *       acquire of that cursor.
 *   <li>Ring to stage: the stage carries a slot itself only if the last thread's sequence equals
 *       the cursor, that is, everything published has been finished. That thread advances its
 *       sequence (a release) after it is done with the sink, and does not touch the sink again
 *       before something more is published, which only the stage can do. The stage's read of the
 *       sequence is an acquire.
 * </ul>
 *
 * The claimed slot itself is not published yet, so no other thread looks at it; when the stage has
 * finished it, the claim is used again for the next batch.
 *
 * <p>For the staging thread only, but for {@link #stop} and {@link #occupancy}.
 */
final class Conveyor<S extends Slot> {
    private final S ownSlot;
    private final SlotRing<S> ring;
    private final boolean mayCarry;
    private final boolean mayHandOver;
    private final int fullBatchesUntilHandOver;
    private final SlotRunner<S> runner;
    private final Counters.Lane counters;
    private final Counter inlineBatches;
    private final Counter ringBatches;

    private S claimed;
    private int fullBatches;
    private boolean handingOver;

    /** A conveyor that always carries inline. */
    Conveyor(S slot, SlotRunner<S> runner, Counters.Lane counters, Counter inlineBatches) {
        this.ownSlot = slot;
        this.ring = null;
        this.mayCarry = true;
        this.mayHandOver = false;
        this.fullBatchesUntilHandOver = 0;
        this.runner = runner;
        this.counters = counters;
        this.inlineBatches = inlineBatches;
        this.ringBatches = null;
    }

    /**
     * A conveyor over a ring.
     *
     * @param runner the stage's own worker and the sink; {@code null} to hand over always
     */
    Conveyor(
            SlotRing<S> ring,
            SlotRunner<S> runner,
            HandOverPolicy policy,
            Counters.Lane counters,
            Counter inlineBatches,
            Counter ringBatches) {
        this.ownSlot = null;
        this.ring = ring;
        this.mayCarry = runner != null;
        this.mayHandOver = runner == null || policy.enabled();
        this.fullBatchesUntilHandOver = policy.fullBatches();
        this.runner = runner;
        this.counters = counters;
        this.inlineBatches = inlineBatches;
        this.ringBatches = ringBatches;
    }

    /** Starts the ring's threads. */
    void start() {
        if (ring != null) {
            ring.start();
        }
    }

    /**
     * The slot to fill next: the one not committed yet, or a new one, for which this waits while
     * the ring is full.
     *
     * @return {@code null} when the conveyor stops
     */
    S claim() {
        if (claimed == null) {
            claimed = ring == null ? ownSlot : ring.claim();
        }
        return claimed;
    }

    /**
     * Sends the claimed slot on its way.
     *
     * @param sourceDrained the source had nothing more when the slot was closed
     */
    void commit(boolean sourceDrained) {
        if (carries(sourceDrained)) {
            counters.add(inlineBatches, 1);
            runner.run(claimed);
        } else {
            counters.add(ringBatches, 1);
            claimed = null;
            ring.publish();
        }
    }

    private boolean carries(boolean sourceDrained) {
        if (!mayHandOver) {
            return true;
        }
        if (!mayCarry || !ring.isDrained()) {
            // While anything is in the ring, whatever comes after it has to go the same way.
            return false;
        }
        if (sourceDrained) {
            fullBatches = 0;
            handingOver = false;
            return true;
        }
        fullBatches++;
        handingOver |= fullBatches >= fullBatchesUntilHandOver;
        return !handingOver;
    }

    /** Slots published and not finished. */
    long occupancy() {
        return ring == null ? 0 : ring.occupancy();
    }

    /** Bytes of all slots. */
    long bufferBytes() {
        return ring == null ? ownSlot.bufferBytes() : ring.bufferBytes();
    }

    /** Makes {@link #claim} give up waiting; any thread. */
    void giveUp() {
        if (ring != null) {
            ring.giveUp();
        }
    }

    /** Lets the ring drain, ends its threads, forgets keys; the staging thread must have ended. */
    void stop(long timeoutMillis) {
        if (ring != null) {
            ring.stop(timeoutMillis);
        }
        if (runner != null) {
            runner.close();
        }
    }
}
