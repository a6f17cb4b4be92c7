package io.cyphonic.engine.pipeline;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.Sequence;

import java.util.function.Consumer;

/**
 * A worker of a ring: takes every N-th slot, and says after each how far it is, not only after all
 * it has found: the sink need not wait for the rest.
 *
 * @param <S> the slot
 */
public final class StripedHandler<S> implements EventHandler<S> {
    private final int ordinal;
    private final int count;
    private final Consumer<S> work;
    private final ParkingWaitStrategy parking;

    private Sequence progress;

    /**
     * Takes slots whose sequence modulo {@code count} is {@code ordinal}.
     *
     * @param parking what the sink may be asleep in, or {@code null}
     */
    public StripedHandler(int ordinal, int count, Consumer<S> work, ParkingWaitStrategy parking) {
        this.ordinal = ordinal;
        this.count = count;
        this.work = work;
        this.parking = parking;
    }

    @Override
    public void setSequenceCallback(Sequence sequence) {
        progress = sequence;
        if (parking != null) {
            parking.register(ordinal, sequence);
        }
    }

    @Override
    public void onStart() {
        if (parking != null) {
            parking.enter(ordinal);
        }
    }

    @Override
    public void onEvent(S slot, long sequence, boolean endOfBatch) {
        if (sequence % count != ordinal) {
            return;
        }
        work.accept(slot);
        progress.set(sequence);
        if (parking != null) {
            parking.advanced();
        }
    }
}
