package io.cyphonic.bench;

import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** What the hand-written capsule header costs to write and to read. See docs/adr/0006. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CapsuleHeaderBenchmark {
    private static final int OFFSET = 20;

    private final MemorySegment memory =
            MemorySegment.ofBuffer(ByteBuffer.allocateDirect(OFFSET + CapsuleHeader.LENGTH));
    private long counter;

    /** Writes all fields. */
    @Benchmark
    public MemorySegment write() {
        int segment = CapsuleHeader.segmentData(52, (int) counter);
        CapsuleHeader.write(memory, OFFSET, CapsuleHeader.FLAG_SEGMENT, segment, 0x5EED, counter++);
        return memory;
    }

    /** Reads all fields. */
    @Benchmark
    public long read() {
        int segment = CapsuleHeader.segmentData(memory, OFFSET);
        return CapsuleHeader.flags(memory, OFFSET)
                + CapsuleHeader.innerHeaderLength(segment)
                + CapsuleHeader.segmentIndex(segment)
                + CapsuleHeader.receiverIndex(memory, OFFSET)
                + CapsuleHeader.counter(memory, OFFSET);
    }
}
