package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.fixtures.EngineRig;
import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.engine.session.RelayChannel;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.RelaySeal;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.VirtioNetHeader;
import io.cyphonic.signaling.protocol.CapsuleHeader;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.RelayHeader;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Two engines with a relay between them, which checks what it forwards and changes nothing. */
class RelayedTrafficTest {
    private static final Endpoint RELAY = Endpoint.of(new InetSocketAddress("127.0.0.9", 7448));
    private static final byte[] KEY = new byte[16];
    private static final int CHANNEL = 0x12345678;

    private final ConcurrentLinkedQueue<byte[]> relayed = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<byte[]> direct = new ConcurrentLinkedQueue<>();
    private EngineRig a;
    private EngineRig b;

    private void join(Mode mode) {
        a = new EngineRig(1, EngineRig.config(mode, 8, 2), Disturbance.NONE);
        b = new EngineRig(2, EngineRig.config(mode, 8, 2), Disturbance.NONE);
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 5);
        a.engine.setRelay(0, channel());
        b.engine.setRelay(0, channel());
        b.udp.coalesce = 40;
        a.udp.onSend(
                (datagram, to) -> {
                    if (to.equals(RELAY)) {
                        relayed.add(datagram);
                        b.udp.offer(datagram, RELAY);
                    } else {
                        direct.add(datagram);
                        b.udp.offer(datagram, a.address);
                    }
                });
        a.engine.start();
        b.engine.start();
    }

    private static RelayChannel channel() {
        return new RelayChannel(RELAY, CHANNEL, RelayHeader.INITIATOR, KEY, 0);
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
    }

    private void send(int count, long seed) {
        Random random = new Random(seed);
        for (int id = 0; id < count; id++) {
            int length = random.nextInt(4) == 0 ? 1400 : 24 + random.nextInt(200);
            a.tun.offer(Packets.numbered(a.ipv4, b.ipv4, id, length));
        }
    }

    private void awaitDelivered(int count) {
        EngineRig.await(
                "delivery; " + b.counts(),
                () -> b.count(Counter.INBOUND_DELIVERED_PACKETS) == count);
    }

    private List<Integer> delivered() {
        List<Integer> numbers = new ArrayList<>();
        for (byte[] framed : b.tun.takeWritten()) {
            byte[] packet = Arrays.copyOfRange(framed, VirtioNetHeader.LENGTH, framed.length);
            numbers.add(Packets.number(packet));
        }
        return numbers;
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldWrapEveryCapsuleInOrderWhenEndpointIsTheRelay(Mode mode) {
        join(mode);
        a.engine.moveEndpoint(0, Endpoint.of(RELAY.toSocketAddress()));

        send(600, 11);
        awaitDelivered(600);

        RelaySeal seal = new RelaySeal(KEY);
        long expected = 0;
        for (byte[] datagram : relayed) {
            assertThat(RelayHeader.isRelayed(datagram, 0, datagram.length)).isTrue();
            assertThat(seal.verify(datagram, 0, datagram.length)).isTrue();
            assertThat(RelayHeader.channel(datagram, 0)).isEqualTo(CHANNEL);
            assertThat(RelayHeader.counter(datagram, 0)).isEqualTo(expected);
            assertThat(CapsuleHeader.counter(MemorySegment.ofArray(datagram), RelayHeader.LENGTH))
                    .isEqualTo(expected);
            expected++;
        }
        assertThat(expected).isEqualTo(600);
        assertThat(direct).isEmpty();
        assertThat(delivered()).hasSize(600).isSorted();
        assertThat(a.count(Counter.OUTBOUND_SENT_BYTES))
                .isEqualTo(b.count(Counter.INBOUND_DELIVERED_BYTES));
    }

    @Test
    void shouldCarrySuperPacketsThroughTheRelay() {
        join(Mode.ADAPTIVE);
        a.engine.moveEndpoint(0, RELAY);
        byte[] payload = new byte[60_000];
        new Random(3).nextBytes(payload);
        byte[] packet = Packets.tcpSuper(a.ipv4, b.ipv4, 1000, 0x10, payload, 1340);

        a.tun.offer(packet);

        awaitDelivered(Packets.received(packet).size());
        List<byte[]> got =
                b.tun.takeWritten().stream().flatMap(w -> Packets.received(w).stream()).toList();
        List<byte[]> expected = Packets.received(packet);
        assertThat(got).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(got.get(i)).isEqualTo(expected.get(i));
        }
    }

    @Test
    void shouldChangeBetweenDirectAndRelayedWithoutLosingOrder() {
        join(Mode.PIPELINE);
        for (int round = 0; round < 10; round++) {
            a.engine.moveEndpoint(0, round % 2 == 0 ? RELAY : b.address);
            for (int id = 0; id < 50; id++) {
                a.tun.offer(Packets.numbered(a.ipv4, b.ipv4, round * 50 + id, 100));
            }
            awaitDelivered((round + 1) * 50);
        }

        assertThat(delivered()).hasSize(500).isSorted();
        assertThat(relayed).isNotEmpty();
        assertThat(direct).isNotEmpty().allMatch(d -> d[0] == DatagramType.CAPSULE);
    }

    @Test
    void shouldWrapOnlyTheControlMessageThatGoesToTheRelay() {
        join(Mode.SERIAL);

        a.engine.sendControl(0, new byte[] {1, 2, 3}, Endpoint.of(RELAY.toSocketAddress()));
        a.engine.sendControl(0, new byte[] {4, 5, 6}, null);

        EngineRig.await("both", () -> b.count(Counter.INBOUND_CONTROL_CAPSULES) == 2);
        assertThat(relayed).hasSize(1);
        assertThat(direct).hasSize(1);
    }

    @Test
    void shouldGoOnWithTheNewChannelWhenTheRelayIsReplaced() {
        join(Mode.SERIAL);
        a.engine.moveEndpoint(0, RELAY);
        Endpoint other = Endpoint.of(new InetSocketAddress("127.0.0.8", 7448));

        a.engine.setRelay(0, new RelayChannel(other, 7, RelayHeader.INITIATOR, KEY, 0));

        assertThat(a.engine.endpoint(0)).isEqualTo(other);
    }

    @Test
    void shouldHandHandshakesOverWithTheirHeaderAndDropEverythingElse() {
        join(Mode.SERIAL);
        byte[] handshake = new byte[200];
        handshake[0] = DatagramType.TUNNEL_REQUEST;
        byte[] wrapped = channel().wrap(handshake, handshake.length);
        byte[] nested = channel().wrap(wrapped, wrapped.length);

        b.udp.offer(wrapped, RELAY);
        b.udp.offer(nested, RELAY);
        b.udp.offer(Arrays.copyOf(wrapped, RelayHeader.LENGTH), RELAY);
        b.udp.offer(new byte[] {DatagramType.RELAY}, RELAY);

        EngineRig.await("all", () -> b.count(Counter.INBOUND_DATAGRAMS) == 4);
        EngineRig.await("the handshake", () -> b.count(Counter.SIGNALING_DATAGRAMS) == 1);
        assertThat(b.drops(DropReason.INBOUND_MALFORMED)).isEqualTo(3);
    }
}
