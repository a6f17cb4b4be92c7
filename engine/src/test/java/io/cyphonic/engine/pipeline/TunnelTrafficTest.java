package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.fixtures.EngineRig;
import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.VirtioNetHeader;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Tunnels and sessions while packets flow: waiting, rekey, roaming, control, closing. */
class TunnelTrafficTest {
    private EngineRig a;
    private EngineRig b;

    @BeforeEach
    void start() {
        start(Mode.ADAPTIVE);
    }

    private void start(Mode mode) {
        a = new EngineRig(1, EngineRig.config(mode, 8, 2), Disturbance.NONE);
        b = new EngineRig(2, EngineRig.config(mode, 8, 2), Disturbance.NONE);
        a.udp.onSend((datagram, to) -> b.udp.offer(datagram, a.address));
        b.udp.onSend((datagram, to) -> a.udp.offer(datagram, b.address));
        a.engine.start();
        b.engine.start();
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
    }

    private void offer(int first, int count) {
        for (int id = first; id < first + count; id++) {
            a.tun.offer(Packets.numbered(a.ipv4, b.ipv4, id, 100));
        }
    }

    private static List<Integer> numbers(List<byte[]> written) {
        return written.stream()
                .map(w -> Arrays.copyOfRange(w, VirtioNetHeader.LENGTH, w.length))
                .map(Packets::number)
                .toList();
    }

    @Test
    void shouldHoldPacketsBackUntilTheTunnelHasASessionAndThenSendThemInOrder() {
        offer(0, 5);
        EngineRig.await("the report", () -> a.count(Counter.OUTBOUND_HELD_PACKETS) == 5);
        assertThat(a.listener.wanted).containsExactly(b.ipv4);

        a.openTunnelTo(b);
        b.openTunnelTo(a);
        offer(5, 5);
        EngineRig.await("holding", () -> a.count(Counter.OUTBOUND_HELD_PACKETS) == 10);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 1);
        offer(10, 5);

        EngineRig.await("delivery", () -> b.count(Counter.INBOUND_DELIVERED_PACKETS) == 15);
        assertThat(numbers(b.tun.takeWritten())).isSorted().hasSize(15);
        assertThat(a.drops("OUTBOUND")).isZero();
    }

    @Test
    void shouldDropTheOldestWhenTooManyWaitAndAllWhenDiscarded() {
        offer(0, WaitingPackets.MAX_PACKETS + 10);
        EngineRig.await("drops", () -> a.drops(DropReason.OUTBOUND_NO_TUNNEL) == 10);

        a.engine.discardWaiting(b.ipv4);

        EngineRig.await(
                "all gone",
                () -> a.drops(DropReason.OUTBOUND_NO_TUNNEL) == WaitingPackets.MAX_PACKETS + 10);
    }

    @Test
    void shouldCountWhatIsOutsideOfTheOverlay() {
        byte[] multicast = {(byte) 224, 0, 0, (byte) 251};
        a.tun.offer(Packets.numbered(a.ipv4, multicast, 1, 60));
        a.tun.offer(new byte[] {1, 2, 3});

        EngineRig.await("drop", () -> a.drops(DropReason.OUTBOUND_NOT_ROUTABLE) == 1);
        EngineRig.await("drop", () -> a.drops(DropReason.OUTBOUND_MALFORMED) == 1);
        assertThat(a.listener.wanted).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldLoseNothingAndRepeatNoNonceAcrossRekeys(Mode mode) {
        close();
        start(mode);
        ConcurrentLinkedQueue<Long> nonces = new ConcurrentLinkedQueue<>();
        a.udp.onSend(
                (datagram, to) -> {
                    long receiver = CapsuleHeader.receiverIndex(MemorySegment.ofArray(datagram), 0);
                    nonces.add(
                            receiver << 32
                                    | CapsuleHeader.counter(MemorySegment.ofArray(datagram), 0));
                    b.udp.offer(datagram, a.address);
                });
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 0);
        int rounds = 40;
        AtomicInteger offered = new AtomicInteger();
        AtomicBoolean flowing = new AtomicBoolean(true);
        Thread traffic =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    while (flowing.get()) {
                                        offer(offered.getAndAdd(10), 10);
                                        LockSupport.parkNanos(200_000);
                                    }
                                });
        // The first session is heard too; a rekey before that would supersede it unheard.
        EngineRig.await("the first session", () -> !b.listener.confirmed.isEmpty());
        for (int round = 1; round <= rounds; round++) {
            // b is the responder: it seals with the new keys once it has heard a use them.
            EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, round, false);
            int confirmations = round + 1;
            EngineRig.await("round " + round, () -> b.listener.confirmed.size() >= confirmations);
        }
        flowing.set(false);
        join(traffic);

        EngineRig.await(
                "delivery", () -> b.count(Counter.INBOUND_DELIVERED_PACKETS) == offered.get());
        assertThat(numbers(b.tun.takeWritten())).isSorted().doesNotHaveDuplicates();
        assertThat(new HashSet<>(nonces)).hasSameSizeAs(nonces);
        assertThat(b.drops("INBOUND")).isZero();
        assertThat(b.listener.confirmed).doesNotHaveDuplicates().hasSize(rounds + 1);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldAnswerUnderNewKeysOnlyOnceThePeerHasUsedThem() {
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 1, false);
        assertThat(b.engine.sendControl(0, new byte[0], null)).isFalse();

        assertThat(a.engine.sendControl(0, new byte[0], null)).isTrue();

        EngineRig.await("confirmation", () -> !b.listener.confirmed.isEmpty());
        assertThat(b.engine.sendControl(0, "hello".getBytes(), null)).isTrue();
        EngineRig.await("answer", () -> !a.listener.control.isEmpty());
        assertThat(a.listener.control.getFirst()).isEqualTo("hello".getBytes());
        assertThat(b.count(Counter.INBOUND_KEEP_ALIVES)).isEqualTo(1);
        assertThat(a.engine.traffic(0).lastReceivedNanos()).isNotZero();
        assertThat(a.engine.traffic(0).lastSentNanos()).isNotZero();
        assertThat(a.engine.traffic(0).lastDeliveredNanos()).as("no packet came").isZero();
        assertThat(b.engine.traffic(0).lastDeliveredNanos()).as("no packet came").isZero();
        assertThat(a.engine.traffic(0).packetsOut()).isZero();
        assertThat(a.engine.traffic(0).sealedWithCurrentKey()).isEqualTo(1);
    }

    @Test
    void shouldReportAMovedPeerOnceASecondAndChangeNothing() {
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 1);
        Endpoint moved = Endpoint.of(new InetSocketAddress("127.0.0.77", 9));
        a.udp.onSend((datagram, to) -> b.udp.offer(datagram, moved));

        offer(0, 20);

        EngineRig.await("delivery", () -> b.count(Counter.INBOUND_DELIVERED_PACKETS) == 20);
        assertThat(b.listener.moved).containsExactly(moved);
        assertThat(b.engine.endpoint(0)).isEqualTo(a.address);
        b.engine.moveEndpoint(0, moved);
        assertThat(b.engine.endpoint(0)).isEqualTo(moved);
    }

    @Test
    void shouldRefuseInnerSourcesThatAreNotThePeers() {
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 1);

        a.tun.offer(Packets.numbered(new byte[] {10, 121, 0, 9}, b.ipv4, 1, 60));
        a.tun.offer(
                Packets.tcpSuper(
                        new byte[] {10, 121, 0, 9}, b.ipv4, 1, 0x10, new byte[3_000], 1_000));
        offer(2, 1);

        EngineRig.await("delivery", () -> b.count(Counter.INBOUND_DELIVERED_PACKETS) == 1);
        assertThat(b.drops(DropReason.INBOUND_WRONG_SOURCE)).isEqualTo(4);
    }

    @Test
    void shouldStopBothWaysWhenATunnelIsClosed() {
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 1);
        offer(0, 1);
        EngineRig.await("delivery", () -> b.count(Counter.INBOUND_DELIVERED_PACKETS) == 1);
        assertThat(a.engine.traffic(0).packetsOut()).isEqualTo(1);
        EngineRig.await("its time", () -> b.engine.traffic(0).lastDeliveredNanos() != 0);
        assertThat(b.engine.traffic(0).bytesIn()).isEqualTo(100);

        b.engine.closeTunnel(0);
        b.engine.closeTunnel(0);
        offer(1, 3);

        EngineRig.await("drops", () -> b.drops(DropReason.INBOUND_UNKNOWN_RECEIVER) == 3);
        assertThat(b.engine.traffic(0).packetsIn()).isZero();
        assertThat(b.engine.sendControl(0, new byte[0], null)).isFalse();
        assertThat(b.engine.reserveReceiverIndex(0)).isEqualTo(DataPlane.NONE);
    }

    @Test
    void shouldHandSignalingDatagramsOver() {
        byte[] request = {0x41, 9, 9};

        a.engine.sendSignaling(request, 3, b.address);
        b.udp.offer(new byte[] {0x45}, a.address);
        b.udp.offer(new byte[] {0x70}, a.address);
        b.udp.offerJoined(List.of(new byte[] {0x46, 1}, new byte[] {0x46}), a.address);

        EngineRig.await("hand-over", () -> b.listener.signaling.size() == 3);
        EngineRig.await("count", () -> b.drops(DropReason.INBOUND_MALFORMED) == 1);
        assertThat(b.listener.signaling.getFirst()).isEqualTo(request);
        assertThat(b.count(Counter.HOLE_PUNCHES)).isEqualTo(1);
    }

    @Test
    void shouldUseBothWaysInTheAdaptiveModeAndKeepOrder() {
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 1);
        Set<Integer> seen = new HashSet<>();
        List<Integer> order = new ArrayList<>();
        int id = 0;
        for (int round = 0; round < 30; round++) {
            int burst = round % 2 == 0 ? 1 : 2_000;
            offer(id, burst);
            id += burst;
            int sent = id;
            EngineRig.await(
                    "round " + round, () -> b.count(Counter.INBOUND_DELIVERED_PACKETS) == sent);
            order.addAll(numbers(b.tun.takeWritten()));
        }

        seen.addAll(order);
        assertThat(order).isSorted();
        assertThat(seen).hasSize(id);
        assertThat(a.count(Counter.OUTBOUND_INLINE_BATCHES)).isPositive();
        assertThat(a.count(Counter.OUTBOUND_RING_BATCHES)).isPositive();
        assertThat(b.count(Counter.INBOUND_INLINE_BATCHES)).isPositive();
    }
}
