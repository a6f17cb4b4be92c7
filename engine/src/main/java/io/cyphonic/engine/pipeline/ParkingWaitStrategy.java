package io.cyphonic.engine.pipeline;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.WaitStrategy;

import java.util.Arrays;

/**
 * How the threads of a {@link SlotRing} wait without ever spinning: each sleeps until there is
 * something for it, and is woken by the one that brings it.
 *
 * <pre>
 *   stage --publishes s--&gt; worker s mod N, if asleep --finishes s--&gt; sink, if it sleeps for s
 * </pre>
 *
 * <p>The Disruptor's own blocking strategy sleeps for the stage only: a sink that waits for workers
 * spins for as long as they work, on a processor that they could use. It also wakes every thread
 * with every slot. Here a worker sleeps through slots of others, and the sink asks of each slot
 * only the worker whose it is. So a worker may lag behind slots that are not its own, even where
 * the stage has filled them anew, and must not look at them; {@link StripedHandler} does not.
 *
 * <p>For one producer that publishes, workers made as {@link StripedHandler}, and one sink behind
 * all of them.
 */
public final class ParkingWaitStrategy implements WaitStrategy {
    private final Worker[] workers;
    private final ParkingPlace sink = new ParkingPlace();

    /** What is known of a worker. */
    private static final class Worker {
        final ParkingPlace place = new ParkingPlace();
        Sequence progress;
        Thread thread;
    }

    /** For a ring with so many workers. */
    public ParkingWaitStrategy(int workerCount) {
        workers = new Worker[workerCount];
        Arrays.setAll(workers, _ -> new Worker());
    }

    /** Tells how far a worker is; before the threads start. */
    void register(int ordinal, Sequence progress) {
        workers[ordinal].progress = progress;
    }

    /** The present thread is that of a worker; before it waits for the first time. */
    void enter(int ordinal) {
        workers[ordinal].thread = Thread.currentThread();
    }

    /** A worker has moved its sequence. */
    void advanced() {
        sink.wakeIfDue();
    }

    @Override
    public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier)
            throws AlertException {
        return dependent == cursor
                ? waitForPublication(sequence, cursor, barrier)
                : waitForWorkers(sequence, barrier);
    }

    private long waitForPublication(long sequence, Sequence cursor, SequenceBarrier barrier)
            throws AlertException {
        // A handler that has thrown has not said that its slot is done with all the same.
        advanced();
        int ordinal = ordinal();
        long own = sequence + Math.floorMod(ordinal - sequence, workers.length);
        long published = cursor.get();
        while (published < own) {
            barrier.checkAlert();
            workers[ordinal].place.sleep(cursor, own, barrier);
            published = cursor.get();
        }
        return published;
    }

    private int ordinal() {
        Thread present = Thread.currentThread();
        int ordinal = 0;
        while (workers[ordinal].thread != present) {
            ordinal++;
        }
        return ordinal;
    }

    private long waitForWorkers(long sequence, SequenceBarrier barrier) throws AlertException {
        while (!isFinished(sequence)) {
            barrier.checkAlert();
            sink.sleep(progress(sequence), sequence, barrier);
        }
        long last = sequence;
        while (isFinished(last + 1)) {
            last++;
        }
        return last;
    }

    private boolean isFinished(long sequence) {
        return progress(sequence).get() >= sequence;
    }

    private Sequence progress(long sequence) {
        return workers[(int) (sequence % workers.length)].progress;
    }

    /** Something was published, or a barrier was alerted. */
    @Override
    public void signalAllWhenBlocking() {
        for (Worker worker : workers) {
            worker.place.wakeIfDue();
        }
        sink.wakeIfDue();
    }
}
