package io.cyphonic.engine.pipeline;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.ExceptionHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;

import io.cyphonic.engine.config.EngineConfig.WaitKind;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A Disruptor of slots: one producer, N workers that take every N-th slot each, one sink behind all
 * of them. Order is the ring's sequence and nothing else.
 *
 * <pre>
 *   stage --cursor--&gt; worker 0 (sequence mod N = 0) --+
 *                     worker 1 (sequence mod N = 1) --+--all--&gt; sink --gates--&gt; stage
 *                     ...                           --+
 * </pre>
 */
final class SlotRing<S extends Slot> {
    /** A full ring is filled again when so much of it is free: one wake-up for many slots. */
    private static final int ROOM_SHARE = 4;

    private static final long JOIN_MILLIS = 1_000;

    private final Disruptor<S> disruptor;
    private final RingBuffer<S> ring;
    private final SequenceBarrier finished;
    private final Sink<S> last;
    private final NamedThreads threads;
    private final List<SlotRunner<S>> workers;

    private long claimed;

    /**
     * Assembles the ring; {@link #start} starts it.
     *
     * @param workers the parallel step, one runner per thread
     * @param sink the ordered step
     * @param threads names of the threads, workers first
     */
    SlotRing(
            Supplier<S> slots,
            int size,
            WaitKind waiting,
            List<SlotRunner<S>> workers,
            SlotRunner<S> sink,
            NamedThreads threads,
            FailureLog failures) {
        this.threads = threads;
        this.workers = workers;
        WaitStrategies.Waiting kind = WaitStrategies.of(waiting, workers.size());
        disruptor =
                new Disruptor<>(slots::get, size, threads, ProducerType.SINGLE, kind.strategy());
        disruptor.setDefaultExceptionHandler(new SlotFailureHandler<>(failures));
        last = new Sink<>(sink);
        disruptor.handleEventsWith(striped(workers, kind.parking())).then(last);
        ring = disruptor.getRingBuffer();
        finished = disruptor.after(last).asSequenceBarrier();
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static <S extends Slot> EventHandler<S>[] striped(
            List<SlotRunner<S>> workers, ParkingWaitStrategy parking) {
        EventHandler<S>[] handlers = new EventHandler[workers.size()];
        for (int i = 0; i < handlers.length; i++) {
            handlers[i] = new StripedHandler<>(i, handlers.length, workers.get(i)::work, parking);
        }
        return handlers;
    }

    void start() {
        disruptor.start();
    }

    /** Claims the next slot; waits while the ring is full; {@code null} when told to give up. */
    S claim() {
        if (!ring.hasAvailableCapacity(1) && !awaitRoom()) {
            return null;
        }
        claimed = ring.next();
        return ring.get(claimed);
    }

    private boolean awaitRoom() {
        int room = ring.getBufferSize() / ROOM_SHARE;
        long wanted = ring.getCursor() - ring.getBufferSize() + room;
        while (last.progress.get() < wanted) {
            if (finished.isAlerted()) {
                return false;
            }
            last.stage.sleep(last.progress, wanted, finished);
        }
        return true;
    }

    /** Makes {@link #claim} give up waiting; any thread. */
    void giveUp() {
        finished.alert();
        last.stage.wakeIfDue();
    }

    void publish() {
        ring.publish(claimed);
    }

    /** Whether all that was published is finished; an acquire of the sink's sequence. */
    boolean isDrained() {
        return finished.getCursor() == ring.getCursor();
    }

    long occupancy() {
        return Math.max(0, ring.getCursor() - finished.getCursor());
    }

    long bufferBytes() {
        long bytes = 0;
        for (int i = 0; i < ring.getBufferSize(); i++) {
            bytes += ring.get(i).bufferBytes();
        }
        return bytes;
    }

    /** Lets the ring drain for so long, then ends its threads. */
    void stop(long timeoutMillis) {
        try {
            disruptor.shutdown(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            disruptor.halt();
        }
        threads.join(JOIN_MILLIS);
        workers.forEach(SlotRunner::close);
    }

    /** The sink, and where the stage sleeps while it waits for it. */
    private static final class Sink<S extends Slot> implements EventHandler<S> {
        final ParkingPlace stage = new ParkingPlace();
        final SlotRunner<S> runner;
        Sequence progress;

        Sink(SlotRunner<S> runner) {
            this.runner = runner;
        }

        @Override
        public void setSequenceCallback(Sequence sequence) {
            progress = sequence;
        }

        @Override
        public void onEvent(S slot, long sequence, boolean endOfBatch) {
            try {
                runner.finish(slot);
            } finally {
                // Now, and not only after all that it has found: the stage may fill the slot again.
                progress.set(sequence);
                stage.wakeIfDue();
            }
        }
    }

    /**
     * The second net, behind {@link SlotRunner}: the default handler of the Disruptor would end the
     * thread, and with it the pipeline.
     */
    private static final class SlotFailureHandler<S extends Slot> implements ExceptionHandler<S> {
        private final FailureLog failures;

        SlotFailureHandler(FailureLog failures) {
            this.failures = failures;
        }

        @Override
        public void handleEventException(Throwable e, long sequence, S slot) {
            if (slot != null) {
                slot.failed = true;
            }
            failures.log(Disturbance.Step.RING, e);
        }

        @Override
        public void handleOnStartException(Throwable e) {
            failures.log(Disturbance.Step.RING, e);
        }

        @Override
        public void handleOnShutdownException(Throwable e) {
            failures.log(Disturbance.Step.RING, e);
        }
    }
}
