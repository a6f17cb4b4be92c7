package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.fixtures.EngineRig;
import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.signaling.handshake.CipherSuite;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Any bytes, on both edges: nothing breaks, and every datagram and packet ends in one counter. */
class HostileInputTest {
    private static final int ROUNDS = 6_000;
    private static final Counter[] INBOUND_OUTCOMES = {
        Counter.INBOUND_DELIVERED_PACKETS,
        Counter.INBOUND_CONTROL_CAPSULES,
        Counter.INBOUND_KEEP_ALIVES,
        Counter.SIGNALING_DATAGRAMS,
        Counter.HOLE_PUNCHES
    };

    private static long settled(EngineRig rig) {
        long sum = rig.drops("INBOUND");
        for (Counter counter : INBOUND_OUTCOMES) {
            sum += rig.count(counter);
        }
        return sum;
    }

    /** Genuine capsules of all kinds, to be mutated. */
    private static List<byte[]> capsules(EngineRig a, EngineRig b) {
        ConcurrentLinkedQueue<byte[]> sent = new ConcurrentLinkedQueue<>();
        a.udp.onSend((datagram, to) -> sent.add(datagram));
        a.engine.start();
        for (int i = 0; i < 10; i++) {
            a.tun.offer(Packets.tcpSuper(a.ipv4, b.ipv4, i, 0x18, new byte[9_000 + i], 500 + i));
            a.tun.offer(Packets.udp(a.ipv6, b.ipv6, new byte[100 * i], 0));
            a.engine.sendControl(0, new byte[i], null);
        }
        EngineRig.await(
                "capsules",
                () ->
                        a.count(Counter.OUTBOUND_CONTROL_CAPSULES) == 10
                                && !a.tun.isReadable()
                                && a.count(Counter.OUTBOUND_PACKETS)
                                        == a.count(Counter.OUTBOUND_SENT_PACKETS));
        return new ArrayList<>(sent);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldCountEveryDatagramOnceWhateverItsBytes(Mode mode) {
        long seed = 20_261_122;
        Random random = new Random(seed);
        try (EngineRig a = new EngineRig(1, EngineRig.config(mode, 4, 2), Disturbance.NONE);
                EngineRig b = new EngineRig(2, EngineRig.config(mode, 4, 2), Disturbance.NONE)) {
            a.openTunnelTo(b);
            b.openTunnelTo(a);
            EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, seed);
            List<byte[]> genuine = capsules(a, b);
            b.udp.coalesce = 16;
            b.engine.start();
            for (int i = 0; i < ROUNDS; i++) {
                b.udp.offer(hostile(random, genuine), a.address);
            }
            b.udp.offerJoined(absurd(), a.address);
            int total = ROUNDS + absurd().size();

            EngineRig.await(
                    "all datagrams, seed " + seed,
                    () -> b.count(Counter.INBOUND_DATAGRAMS) == total && settled(b) == total);
            assertThat(b.drops("HANDLER")).isZero();
            assertThat(b.count(Counter.INBOUND_DELIVERED_PACKETS)).isPositive();
        }
    }

    private static List<byte[]> absurd() {
        List<byte[]> short1 = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            short1.add(new byte[] {0x44});
        }
        return short1;
    }

    private static byte[] hostile(Random random, List<byte[]> genuine) {
        byte[] datagram = genuine.get(random.nextInt(genuine.size())).clone();
        switch (random.nextInt(5)) {
            case 0 -> datagram[random.nextInt(datagram.length)] ^= (byte) (1 << random.nextInt(8));
            case 1 -> datagram = Arrays.copyOf(datagram, 1 + random.nextInt(60));
            case 2 -> {
                datagram = new byte[1 + random.nextInt(1_500)];
                random.nextBytes(datagram);
            }
            case 3 -> datagram[random.nextInt(16)] = (byte) random.nextInt();
            default -> {}
        }
        return datagram;
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldCountEveryPacketWhateverItsBytes(Mode mode) {
        long seed = 7;
        Random random = new Random(seed);
        try (EngineRig a = new EngineRig(1, EngineRig.config(mode, 4, 2), Disturbance.NONE);
                EngineRig b = new EngineRig(2, EngineRig.config(mode, 4, 2), Disturbance.NONE)) {
            a.openTunnelTo(b);
            b.openTunnelTo(a);
            EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, seed);
            a.engine.start();
            for (int i = 0; i < ROUNDS; i++) {
                a.tun.offer(hostilePacket(random, a, b));
            }
            byte[] last = Packets.numbered(a.ipv4, b.ipv4, 1, 999);
            a.tun.offer(last);

            EngineRig.await(
                    "all packets, seed " + seed,
                    () -> !a.tun.isReadable() && a.count(Counter.TUN_READS) == ROUNDS + 1);
            // Closing drains the ring and counts what still waits for a tunnel.
            a.engine.close();

            assertThat(a.count(Counter.OUTBOUND_SENT_PACKETS) + a.drops("OUTBOUND"))
                    .as("seed %d: %s", seed, a.counts())
                    .isEqualTo(a.count(Counter.OUTBOUND_PACKETS));
            assertThat(a.drops("HANDLER")).isZero();
        }
    }

    private static byte[] hostilePacket(Random random, EngineRig a, EngineRig b) {
        byte[] packet =
                switch (random.nextInt(3)) {
                    case 0 ->
                            Packets.tcpSuper(
                                    a.ipv6,
                                    b.ipv6,
                                    random.nextInt(),
                                    0x18,
                                    new byte[random.nextInt(4_000)],
                                    1 + random.nextInt(900));
                    case 1 -> Packets.udp(a.ipv4, b.ipv4, new byte[random.nextInt(1_300)], 0);
                    default -> Packets.numbered(a.ipv4, b.ipv4, 3, 30 + random.nextInt(100));
                };
        switch (random.nextInt(4)) {
            case 0 -> packet[random.nextInt(Math.min(60, packet.length))] = (byte) random.nextInt();
            case 1 -> random.nextBytes(packet);
            case 2 -> packet = Arrays.copyOf(packet, 1 + random.nextInt(packet.length));
            default -> {}
        }
        return packet;
    }
}
