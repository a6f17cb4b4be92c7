package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.fixtures.EngineRig;
import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.engine.session.ReplayWindow;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.net.VirtioNetHeader;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Two engines, and an underlay on which urgent capsules are faster than others. */
class UrgentTrafficTest {
    private static final int LENGTH = 200;
    private static final byte EF = (byte) (46 << 2);

    private final List<byte[]> onWire = new CopyOnWriteArrayList<>();
    private EngineRig a;
    private EngineRig b;

    @BeforeEach
    void joinTwoEngines() {
        a = new EngineRig(1, EngineRig.config(Mode.SERIAL, 4, 2), Disturbance.NONE);
        b = new EngineRig(2, EngineRig.config(Mode.SERIAL, 4, 2), Disturbance.NONE);
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 5);
        a.udp.onSend((datagram, to) -> onWire.add(datagram));
        b.engine.start();
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
    }

    private byte[] echo() {
        return Packets.plain(Packets.ip(a.ipv4, b.ipv4, Packets.ICMP, new byte[LENGTH - 20], 3));
    }

    private byte[] ordinary(int id) {
        return Packets.numbered(a.ipv4, b.ipv4, id, LENGTH);
    }

    private void send(byte[]... packets) {
        for (byte[] packet : packets) {
            a.tun.offer(packet);
        }
        a.engine.start();
        EngineRig.await("sealing", () -> a.count(Counter.OUTBOUND_SENT_PACKETS) == packets.length);
    }

    private static boolean isUrgent(byte[] capsule) {
        return (capsule[CapsuleHeader.FLAGS_FIELD_OFFSET] & CapsuleHeader.FLAG_URGENT) != 0;
    }

    private void receive(List<byte[]> capsules) {
        long before = b.count(Counter.INBOUND_DELIVERED_PACKETS) + b.drops("INBOUND");
        capsules.forEach(capsule -> b.udp.offer(capsule, a.address));
        EngineRig.await(
                "delivery",
                () ->
                        b.count(Counter.INBOUND_DELIVERED_PACKETS) + b.drops("INBOUND")
                                == before + capsules.size());
    }

    @Test
    void shouldSayOfUrgentPacketsThatTheyAre() {
        byte[] marked = Packets.udp(a.ipv6, b.ipv6, new byte[50], 0);
        int header = VirtioNetHeader.LENGTH;
        marked[header] = (byte) (0x60 | (EF & 0xFF) >>> 4);
        marked[header + 1] = (byte) (EF << 4);
        byte[] inPieces = Packets.tcpSuper(a.ipv4, b.ipv4, 1, 0x10, new byte[3_000], 1_000);
        byte[] markedInPieces = inPieces.clone();
        markedInPieces[header + 1] = EF;

        send(
                ordinary(1),
                echo(),
                Packets.udp(a.ipv4, b.ipv4, new byte[50], 0),
                marked,
                Packets.plain(Packets.ip(a.ipv6, b.ipv6, 58, new byte[30], 0)));
        assertThat(onWire.stream().map(UrgentTrafficTest::isUrgent))
                .containsExactly(false, true, false, true, true);

        onWire.clear();
        a.tun.offer(inPieces);
        a.tun.offer(markedInPieces);
        EngineRig.await("sealing", () -> a.count(Counter.OUTBOUND_SENT_PACKETS) == 5 + 6);
        assertThat(onWire.stream().map(UrgentTrafficTest::isUrgent))
                .containsExactly(false, false, false, true, true, true);
    }

    /** They wait in different queues of the receiver: the kernel must not get them as one. */
    @Test
    void shouldNotSendUrgentCapsulesTogetherWithOthersOfTheirLength() {
        // The first goes alone, the others are a batch.
        send(ordinary(0), ordinary(1), ordinary(2), echo(), echo(), ordinary(3));

        assertThat(onWire).allMatch(capsule -> capsule.length == LENGTH + CapsuleHeader.OVERHEAD);
        assertThat(a.udp.sends()).isEqualTo(4);
    }

    @Test
    void shouldDeliverAllWhenUrgentCapsulesOvertakeMoreThanAWindow() {
        int count = ReplayWindow.SIZE + 300;
        byte[][] packets = new byte[count + 1][];
        for (int i = 0; i < count; i++) {
            packets[i] = ordinary(i);
        }
        packets[count] = echo();
        send(packets);
        List<byte[]> urgent = onWire.stream().filter(UrgentTrafficTest::isUrgent).toList();
        List<byte[]> others = onWire.stream().filter(capsule -> !isUrgent(capsule)).toList();

        receive(urgent);
        receive(others);

        assertThat(urgent).hasSize(1);
        assertThat(b.count(Counter.INBOUND_DELIVERED_PACKETS)).isEqualTo(count + 1);
        assertThat(b.tun.takeWritten().stream().skip(1).map(UrgentTrafficTest::idOf))
                .hasSize(count)
                .isSorted();
    }

    @Test
    void shouldDeliverUrgentMessagesThatOvertookPackets() {
        byte[] message = "which way".getBytes(StandardCharsets.UTF_8);
        a.tun.offer(ordinary(1));
        a.engine.start();
        EngineRig.await("the packet", () -> onWire.size() == 1);
        assertThat(a.engine.sendUrgentControl(0, message, null)).isTrue();
        assertThat(a.engine.sendControl(0, message, null)).isTrue();
        EngineRig.await("the messages", () -> onWire.size() == 3);
        assertThat(onWire.stream().map(UrgentTrafficTest::isUrgent))
                .containsExactly(false, true, false);

        List.of(onWire.get(1), onWire.get(0), onWire.get(2), onWire.get(1))
                .forEach(capsule -> b.udp.offer(capsule, a.address));

        EngineRig.await("refusal", () -> b.drops(DropReason.INBOUND_REPLAYED) == 1);
        EngineRig.await("messages", () -> b.count(Counter.INBOUND_CONTROL_CAPSULES) == 2);
        EngineRig.await("delivery", () -> b.count(Counter.INBOUND_DELIVERED_PACKETS) == 1);
        assertThat(b.count(Counter.INBOUND_OUT_OF_ORDER)).isZero();
        assertThat(b.count(Counter.INBOUND_URGENT_PACKETS)).isZero();
    }

    private static int idOf(byte[] written) {
        return Packets.number(Packets.received(written).getFirst());
    }

    @Test
    void shouldRefuseBothWhenTheyAreReplayedOrTakenForEachOther() {
        send(ordinary(1), echo());
        receive(onWire);

        receive(onWire);
        assertThat(b.drops(DropReason.INBOUND_REPLAYED)).isEqualTo(2);

        onWire.forEach(
                capsule -> capsule[CapsuleHeader.FLAGS_FIELD_OFFSET] ^= CapsuleHeader.FLAG_URGENT);
        receive(onWire);
        assertThat(b.drops(DropReason.INBOUND_NOT_AUTHENTIC)).isEqualTo(2);
        assertThat(b.count(Counter.INBOUND_DELIVERED_PACKETS)).isEqualTo(2);
    }
}
