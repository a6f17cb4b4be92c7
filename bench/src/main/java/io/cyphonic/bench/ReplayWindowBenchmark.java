package io.cyphonic.bench;

import io.cyphonic.engine.session.ReplayWindow;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import java.util.concurrent.TimeUnit;

/** What the replay window costs for capsules in order, out of order and repeated. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ReplayWindowBenchmark {
    private static final int DISTANCE = 64;

    private final ReplayWindow window = new ReplayWindow();
    private long counter = DISTANCE;

    /** Every counter one higher than the one before. */
    @Benchmark
    public boolean inOrder() {
        return window.mark(counter++);
    }

    /** Pairs change places over a distance of 64. */
    @Benchmark
    public boolean outOfOrder() {
        long next = counter++;
        return window.mark((next & 1) == 0 ? next + DISTANCE : next);
    }

    /** The same counter again and again. */
    @Benchmark
    public boolean repeated() {
        return window.mark(1);
    }

    /** What came in the network's order and is not yet authenticated: only looked at. */
    @Benchmark
    public boolean look() {
        return window.isNew(counter++);
    }
}
