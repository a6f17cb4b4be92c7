package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;

import io.cyphonic.engine.config.EngineConfig.BatchLimit;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.fixtures.MemoryStateStore;
import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.engine.fixtures.RecordingListener;
import io.cyphonic.engine.session.BatchMarks;
import io.cyphonic.engine.session.TunnelTable;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.TunDevice;
import io.cyphonic.signaling.net.UdpTransport;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.security.SecureRandom;

/** No allocation of our own per packet: both directions inline, with a cipher that does nothing. */
class HotPathAllocationTest {
    private static final int WARM_UP = 20_000;
    private static final int MEASURED = 5_000;
    private static final byte[] HERE = {10, 121, 0, 1};
    private static final byte[] THERE = {10, 121, 0, 2};
    private static final Endpoint PEER = Endpoint.of(new InetSocketAddress("127.0.0.1", 7447));

    private final BatchMarks outbound = new BatchMarks();
    private final BatchMarks inbound = new BatchMarks();
    private final Counters counters = new Counters();
    private final TunnelTable table =
            new TunnelTable(new MemoryStateStore(), 4, new SecureRandom(), outbound, inbound);
    private final Loop loop = new Loop();
    private final FailureLog failures = new FailureLog();

    /** The TUN device gives the same packet each time; what is sent comes straight back. */
    private static final class Loop implements TunDevice, UdpTransport {
        byte[] packet;
        final MemorySegment inFlight = ReceivedDatagrams.newMemory();
        int inFlightLength;
        int segmentLength;
        long written;
        private boolean given;

        @Override
        public int read(MemorySegment memory, long offset, int capacity) {
            given = !given;
            if (!given) {
                return 0;
            }
            MemorySegment.copy(packet, 0, memory, ValueLayout.JAVA_BYTE, offset, packet.length);
            return packet.length;
        }

        @Override
        public int send(MemorySegment memory, int offset, int length, int segment, Endpoint to) {
            MemorySegment.copy(memory, offset, inFlight, 0, length);
            inFlightLength = length;
            segmentLength = segment;
            return length;
        }

        @Override
        public int receive(ReceivedDatagrams into) {
            int length = inFlightLength;
            MemorySegment.copy(inFlight, 0, into.memory, 0, length);
            into.length = length;
            into.segmentLength = segmentLength;
            byte[] sockaddr = PEER.sockaddr();
            System.arraycopy(sockaddr, 0, into.source, 0, sockaddr.length);
            into.sourceLength = sockaddr.length;
            inFlightLength = 0;
            return length;
        }

        @Override
        public int write(MemorySegment memory, long offset, int length) {
            written++;
            return length;
        }

        @Override
        public int inject(byte[] buffer, int offset, int length) {
            return write(MemorySegment.ofArray(buffer), offset, length);
        }

        @Override
        public String name() {
            return "loop";
        }

        @Override
        public int mtu() {
            return 1400;
        }

        @Override
        public boolean segmentationOffload() {
            return true;
        }

        @Override
        public boolean receiveOffload() {
            return true;
        }

        @Override
        public int localPort() {
            return 1;
        }

        @Override
        public int sendSignaling(byte[] datagram, int length, Endpoint to) {
            return length;
        }

        @Override
        public void close() {}
    }

    private OutboundStage outboundStage() {
        Counters.Lane lane = counters.newLane();
        SlotRunner<OutboundSlot> runner =
                new SlotRunner<>(
                        new SealHandler(new NullCapsuleCipher()),
                        new SendHandler(
                                loop, new RecordingListener(), counters.newLane(), outbound),
                        Disturbance.NONE,
                        Disturbance.Step.SEAL,
                        Disturbance.Step.SEND,
                        failures);
        return new OutboundStage(
                loop,
                new Conveyor<>(
                        new OutboundSlot(BatchLimit.DEFAULT),
                        runner,
                        lane,
                        Counter.OUTBOUND_INLINE_BATCHES),
                new TunnelLookup(table),
                new OverlayPrefixes(new byte[] {10, 121, 0, 0}, 16, null, 0),
                new RecordingListener(),
                lane,
                outbound,
                System::nanoTime);
    }

    private InboundStage inboundStage() {
        Counters.Lane lane = counters.newLane();
        Counters.Lane sinkLane = counters.newLane();
        SlotRunner<InboundSlot> runner =
                new SlotRunner<>(
                        new OpenHandler(new NullCapsuleCipher()),
                        new DeliverHandler(
                                table,
                                new TunWriter(loop, sinkLane),
                                new RecordingListener(),
                                () -> {},
                                sinkLane,
                                inbound),
                        Disturbance.NONE,
                        Disturbance.Step.OPEN,
                        Disturbance.Step.DELIVER,
                        failures);
        return new InboundStage(
                loop,
                new Conveyor<>(
                        new InboundSlot(BatchLimit.DEFAULT),
                        runner,
                        lane,
                        Counter.INBOUND_INLINE_BATCHES),
                table,
                new RecordingListener(),
                lane,
                inbound,
                System::nanoTime);
    }

    /** A tunnel to ourselves: what we seal comes back and is opened. */
    private void openLoopedTunnel() {
        int tunnel = table.open(THERE, null, PEER);
        int index = table.reserve(tunnel);
        SessionKeys keys = new SessionKeys(CipherSuite.AES_GCM_SHA256, new byte[32], new byte[32]);
        table.install(tunnel, index, index, keys, true, 0);
    }

    private long allocatedPerBatch(byte[] packet) {
        loop.packet = packet;
        OutboundStage out = outboundStage();
        InboundStage in = inboundStage();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int i = 0; i < WARM_UP; i++) {
            out.work();
            in.work();
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < MEASURED; i++) {
            out.work();
            in.work();
        }
        return (threads.getCurrentThreadAllocatedBytes() - before) / MEASURED;
    }

    @Test
    void shouldNotAllocateForASuperPacketOfFortySegments() {
        openLoopedTunnel();

        // Source and destination are the peer, who is ourselves.
        byte[] packet = Packets.tcpSuper(THERE, THERE, 1, 0x10, new byte[40_000], 1_000);

        assertThat(allocatedPerBatch(packet)).isZero();
        assertThat(loop.written).isEqualTo(counters.get(Counter.TUN_READS)).isPositive();
        assertThat(counters.get(Counter.INBOUND_DELIVERED_PACKETS)).isEqualTo(40 * loop.written);
    }

    @Test
    void shouldNotAllocateForASmallPacket() {
        openLoopedTunnel();

        byte[] packet = Packets.udp(THERE, THERE, new byte[64], 0);

        assertThat(allocatedPerBatch(packet)).isZero();
        assertThat(counters.get(Counter.INBOUND_DELIVERED_PACKETS))
                .isEqualTo(counters.get(Counter.TUN_READS))
                .isPositive();
    }

    @Test
    void shouldNotAllocateForPacketsThatAreDropped() {
        byte[] packet = Packets.udp(HERE, new byte[] {8, 8, 8, 8}, new byte[64], 0);

        assertThat(allocatedPerBatch(packet)).isZero();
    }
}
