package io.cyphonic.engine.pipeline;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.ExceptionHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import com.lmax.disruptor.WaitStrategy;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
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
    private static final int SPINS_BEFORE_PARK = 100;
    private static final long FULL_PARK_NANOS = 20_000;
    private static final long JOIN_MILLIS = 1_000;

    private final Disruptor<S> disruptor;
    private final RingBuffer<S> ring;
    private final SequenceBarrier finished;
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
            WaitStrategy waiting,
            List<SlotRunner<S>> workers,
            SlotRunner<S> sink,
            NamedThreads threads,
            FailureLog failures) {
        this.threads = threads;
        this.workers = workers;
        disruptor = new Disruptor<>(slots::get, size, threads, ProducerType.SINGLE, waiting);
        disruptor.setDefaultExceptionHandler(new SlotFailureHandler<>(failures));
        EventHandler<S> last = (slot, sequence, endOfBatch) -> sink.finish(slot);
        disruptor.handleEventsWith(striped(workers)).then(last);
        ring = disruptor.getRingBuffer();
        finished = disruptor.after(last).asSequenceBarrier();
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static <S extends Slot> EventHandler<S>[] striped(List<SlotRunner<S>> workers) {
        EventHandler<S>[] handlers = new EventHandler[workers.size()];
        int count = handlers.length;
        for (int i = 0; i < count; i++) {
            int ordinal = i;
            SlotRunner<S> worker = workers.get(i);
            handlers[i] =
                    (slot, sequence, endOfBatch) -> {
                        if (sequence % count == ordinal) {
                            worker.work(slot);
                        }
                    };
        }
        return handlers;
    }

    void start() {
        disruptor.start();
    }

    /** Claims the next slot; waits while the ring is full; {@code null} when told to give up. */
    S claim(BooleanSupplier giveUp) {
        int spins = 0;
        while (!ring.hasAvailableCapacity(1)) {
            if (giveUp.getAsBoolean()) {
                return null;
            }
            if (spins++ < SPINS_BEFORE_PARK) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(FULL_PARK_NANOS);
            }
        }
        claimed = ring.next();
        return ring.get(claimed);
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
