package io.cyphonic.bench;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.TunDevice;
import io.cyphonic.signaling.net.UdpTransport;
import io.cyphonic.signaling.os.LinuxUdpTransport;
import io.cyphonic.signaling.os.NativeException;
import io.cyphonic.signaling.os.TunOptions;
import io.cyphonic.signaling.os.TunStandIn;
import io.cyphonic.signaling.os.UdpOptions;
import io.cyphonic.signaling.protocol.CapsuleHeader;

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

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** What it costs that bulk does not delay what is urgent: one queue, or several. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class QueuesBenchmark {
    private static final int DATAGRAM = 1_400;
    private static final int BULK = 40 * DATAGRAM;
    private static final int SHORT = 116;

    /** Whether there are queues for what is urgent, of the port and of the device. */
    @Param({"false", "true"})
    public boolean queues;

    private final ReceivedDatagrams received = new ReceivedDatagrams();
    private final MemorySegment bulk = ReceivedDatagrams.newMemory();
    private final MemorySegment urgent = ReceivedDatagrams.newMemory();
    private LinuxUdpTransport udp;
    private Endpoint self;
    private TunStandIn host;
    private MemorySegment packet;

    /** A port that sends to itself, and a device in whose other end nobody puts anything. */
    @Setup
    public void open() throws NativeException {
        received.memory = ReceivedDatagrams.newMemory();
        udp = LinuxUdpTransport.open(new UdpOptions(0, true, true, queues));
        self =
                Endpoint.of(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), udp.localPort()));
        CapsuleHeader.write(urgent, 0, CapsuleHeader.FLAG_URGENT, 0, 1, 1);
        host = TunStandIn.open(new TunOptions("bench", DATAGRAM, true, true, queues));
        packet = ReceivedDatagrams.newMemory();
    }

    /** Closes both. */
    @TearDown
    public void close() {
        udp.close();
        host.close();
    }

    /** Forty datagrams in one send, and until they are all received. */
    @Benchmark
    public int bulk() {
        return sendAndReceive(bulk, BULK, DATAGRAM);
    }

    /** One urgent capsule, the same way. */
    @Benchmark
    public int urgent() {
        return sendAndReceive(urgent, SHORT, SHORT);
    }

    /** An urgent capsule after bulk: the hop limit changes twice. */
    @Benchmark
    public int both() {
        return sendAndReceive(bulk, BULK, DATAGRAM) + sendAndReceive(urgent, SHORT, SHORT);
    }

    private int sendAndReceive(MemorySegment datagrams, int length, int each) {
        udp.send(datagrams, 0, length, each, self);
        int left = length;
        while (left > 0) {
            left -= udp.receive(received);
        }
        return left;
    }

    /** A look into a port that has nothing. */
    @Benchmark
    public int emptyPort() {
        int length = udp.receive(received);
        if (length != UdpTransport.WOULD_BLOCK) {
            throw new IllegalStateException("received " + length);
        }
        return length;
    }

    /** A look into a device that has nothing. */
    @Benchmark
    public int emptyDevice() {
        int length = host.device().read(packet, 0, (int) packet.byteSize());
        if (length != TunDevice.WOULD_BLOCK) {
            throw new IllegalStateException("read " + length);
        }
        return length;
    }
}
