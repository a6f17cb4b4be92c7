package io.cyphonic.bench;

import com.lmax.disruptor.BlockingWaitStrategy;
import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.PhasedBackoffWaitStrategy;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.SleepingWaitStrategy;
import com.lmax.disruptor.WaitStrategy;
import com.lmax.disruptor.YieldingWaitStrategy;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;
import com.lmax.disruptor.util.DaemonThreadFactory;

import io.cyphonic.engine.pipeline.ParkingWaitStrategy;
import io.cyphonic.engine.pipeline.StripedHandler;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Handing slots through a ring of the engine's shape: one producer, workers that take every N-th
 * slot each, one sink behind all of them. {@code throughput} is the time per packet with the ring
 * kept full, {@code roundTrip} from publishing one slot to its end in an idle ring. A wait strategy
 * that never lets go of its processor (BUSY_SPIN, and YIELDING for a part) needs one for each
 * worker and one for the sink: with fewer, its figures are those of the scheduler. See
 * docs/adr/0001 and 0002.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class RingBenchmark {
    /** Stands for the cipher: about as long as 300 bytes of AES-GCM. */
    private static final int TOKENS_PER_PACKET = 50;

    private static final int MAX_BATCH = 64;

    /**
     * How the threads of the ring wait; parameters as in the engine. PARKING is what the engine
     * calls blocking, BLOCKING is the Disruptor's.
     */
    public enum Wait {
        PARKING,
        BLOCKING,
        SLEEPING,
        YIELDING,
        BUSY_SPIN,
        PHASED_BACKOFF
    }

    /** A slot: so many packets. */
    public static final class Slot {
        int packets;
        boolean worked;
    }

    @Param public Wait wait;

    @Param({"4", "32", "256"})
    public int ringSize;

    @Param({"1", "2"})
    public int workers;

    @Param({"1", "8", "44"})
    public int batch;

    private ParkingWaitStrategy parking;
    private Disruptor<Slot> disruptor;
    private RingBuffer<Slot> ring;
    private final Completion finished = new Completion();
    private int inBatch;
    private long claimed;

    /** Starts the threads of the ring. */
    @Setup
    public void setUp() {
        if (batch > MAX_BATCH) {
            throw new IllegalArgumentException("batch: 1 to %d".formatted(MAX_BATCH));
        }
        parking = wait == Wait.PARKING ? new ParkingWaitStrategy(workers) : null;
        disruptor =
                new Disruptor<>(
                        Slot::new,
                        ringSize,
                        DaemonThreadFactory.INSTANCE,
                        ProducerType.SINGLE,
                        strategy());
        EventHandler<Slot> sink =
                (slot, sequence, endOfBatch) -> {
                    slot.worked = false;
                    finished.reached(sequence);
                };
        disruptor.handleEventsWith(workers()).then(sink);
        finished.reached(-1);
        ring = disruptor.start();
        inBatch = 0;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private EventHandler<Slot>[] workers() {
        return IntStream.range(0, workers).mapToObj(this::worker).toArray(EventHandler[]::new);
    }

    private EventHandler<Slot> worker(int ordinal) {
        return new StripedHandler<>(ordinal, workers, RingBenchmark::work, parking);
    }

    private static void work(Slot slot) {
        for (int i = 0; i < slot.packets; i++) {
            Blackhole.consumeCPU(TOKENS_PER_PACKET);
        }
        slot.worked = true;
    }

    private WaitStrategy strategy() {
        return switch (wait) {
            case PARKING -> parking;
            case BLOCKING -> new BlockingWaitStrategy();
            case SLEEPING -> new SleepingWaitStrategy(100, 20_000);
            case YIELDING -> new YieldingWaitStrategy();
            case BUSY_SPIN -> new BusySpinWaitStrategy();
            case PHASED_BACKOFF -> PhasedBackoffWaitStrategy.withLock(2, 50, TimeUnit.MICROSECONDS);
        };
    }

    /** Ends the threads. */
    @TearDown
    public void tearDown() {
        disruptor.halt();
    }

    /** One packet; every {@code batch}-th call publishes a slot. */
    @Benchmark
    public void throughput() {
        if (inBatch == 0) {
            claimed = ring.next();
        }
        if (++inBatch == batch) {
            ring.get(claimed).packets = batch;
            ring.publish(claimed);
            inBatch = 0;
        }
    }

    /** One slot of {@code batch} packets, waited for. */
    @Benchmark
    public long roundTrip() {
        long sequence = ring.next();
        ring.get(sequence).packets = batch;
        ring.publish(sequence);
        finished.await(sequence);
        return sequence;
    }

    /**
     * How far the sink is, for the one thread that publishes. It looks a little while and then
     * sleeps until the sink wakes it: one that goes on looking would take a processor from the
     * threads it waits for where there are no more processors than threads.
     */
    private static final class Completion {
        private static final int LOOKS = 1_000;

        private volatile long last = -1;
        private volatile Thread sleeper;

        void reached(long sequence) {
            last = sequence;
            Thread asleep = sleeper;
            if (asleep != null) {
                LockSupport.unpark(asleep);
            }
        }

        void await(long sequence) {
            for (int look = 0; look < LOOKS; look++) {
                if (last >= sequence) {
                    return;
                }
                Thread.onSpinWait();
            }
            sleeper = Thread.currentThread();
            while (last < sequence) {
                LockSupport.park(this);
            }
            sleeper = null;
        }
    }
}
