package io.cyphonic.bench;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.cyphonic.engine.packet.HeaderBytes;
import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.engine.packet.SuperPacketCutter;
import io.cyphonic.engine.packet.SuperPacketJoiner;
import io.cyphonic.signaling.net.VirtioNetHeader;

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
import org.openjdk.jmh.annotations.Warmup;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** Cutting a TCP super-packet into segments with headers of their own, and joining them again. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class SuperPacketBenchmark {
    private static final int NETWORK = 20;
    private static final int HEADERS = NETWORK + 32;
    private static final int MTU = 1400;
    private static final int SEGMENT = MTU - HEADERS;
    private static final int IP = VirtioNetHeader.LENGTH;
    private static final int CHECKSUM_OFFSET = 16;
    private static final int KEPT = IpPacket.FRONT_LENGTH;

    @Param({"2", "10", "44"})
    public int segments;

    private final SuperPacketCutter cutter = new SuperPacketCutter();
    private byte[] pristine;
    private MemorySegment whole;
    private byte[][] pieces;
    private byte[] head;
    private byte[] kept;

    /** Makes the super-packet and its pieces. */
    @Setup
    public void setUp() {
        int payload = segments * SEGMENT;
        ByteBuffer out = ByteBuffer.allocate(IP + HEADERS + payload).position(IP);
        out.put((byte) 0x45).put((byte) 0).putShort((short) (HEADERS + payload));
        out.putShort((short) 1).putShort((short) 0x4000).put((byte) 64).put((byte) 6);
        out.putShort((short) 0).putInt(0x0A790001).putInt(0x0A790002);
        out.putShort((short) 1).putShort((short) 2).putInt(1).putInt(1);
        out.put((byte) 0x80).put((byte) 0x10).putShort((short) 512).putInt(0);
        pristine = out.array();
        VirtioNetHeader.write(
                pristine,
                0,
                VirtioNetHeader.FLAG_NEEDS_CSUM,
                VirtioNetHeader.GSO_TCPV4,
                HEADERS,
                SEGMENT,
                NETWORK,
                CHECKSUM_OFFSET);
        whole = MemorySegment.ofBuffer(ByteBuffer.allocateDirect(pristine.length));
        MemorySegment.copy(pristine, 0, whole, JAVA_BYTE, 0, pristine.length);
        pieces = new byte[segments][IP + MTU];
        cutter.parse(whole, 0, pristine.length);
        // From the back: the headers of a segment overwrite the end of the payload before it.
        for (int i = segments - 1; i >= 0; i--) {
            cutter.make(i);
            int at = cutter.segmentOffset(i);
            MemorySegment.copy(whole, JAVA_BYTE, at, pieces[i], IP, cutter.segmentLength(i));
        }
        head = pieces[0].clone();
        kept = new byte[segments * KEPT];
        MemorySegment.copy(pristine, 0, whole, JAVA_BYTE, 0, pristine.length);
    }

    /** Makes the headers of all segments; what is between them is left alone. */
    @Benchmark
    public int cut() {
        HeaderBytes.write(pristine, 0, whole, 0, IP + HEADERS);
        cutter.parse(whole, 0, pristine.length);
        for (int i = segments - 1; i >= 0; i--) {
            cutter.make(i);
        }
        return cutter.segmentCount();
    }

    /** Copies the headers of all segments to an array, as the inbound worker does. */
    @Benchmark
    public byte[] read() {
        for (int i = 0; i < segments; i++) {
            HeaderBytes.read(whole, (long) IP + i * SEGMENT, kept, i * KEPT, HEADERS);
        }
        return kept;
    }

    /** The same with the bulk copy of the Java platform. */
    @Benchmark
    public byte[] readInBulk() {
        for (int i = 0; i < segments; i++) {
            MemorySegment.copy(whole, JAVA_BYTE, (long) IP + i * SEGMENT, kept, i * KEPT, HEADERS);
        }
        return kept;
    }

    /** Checks that each segment continues the one before and makes the common header. */
    @Benchmark
    public boolean join() {
        System.arraycopy(pieces[0], IP, head, IP, HEADERS);
        boolean joins = SuperPacketJoiner.isSegment(head, IP, HEADERS, MTU);
        int payload = SEGMENT;
        for (int i = 1; i < segments; i++) {
            joins &=
                    SuperPacketJoiner.continues(head, IP, pieces[i], IP, HEADERS, payload, SEGMENT);
            payload += SEGMENT;
        }
        SuperPacketJoiner.join(head, IP, HEADERS, payload, SEGMENT, pieces[segments - 1], IP);
        return joins;
    }
}
