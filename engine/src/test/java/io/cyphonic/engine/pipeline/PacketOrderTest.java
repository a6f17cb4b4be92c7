package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.fixtures.EngineRig;
import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.net.VirtioNetHeader;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The promise of the pipelines: whatever the workers do, however long they take, and whichever
 * slots fail, what survives leaves in the order it came, and nothing is lost without a reason. Both
 * directions at once: one engine seals, another opens, both are disturbed.
 */
class PacketOrderTest {
    private static final int PACKETS = 1_500;

    /** Without a stack trace, which would fill the log. */
    private static final class InjectedFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        InjectedFailure(String where) {
            super("injected: " + where, null, false, false);
        }
    }

    static Stream<Arguments> engines() {
        List<Arguments> all = new ArrayList<>();
        for (Mode mode : Mode.values()) {
            for (int ringSize : new int[] {4, 8, 64}) {
                for (int workers : new int[] {1, 2, 4}) {
                    for (int burst : new int[] {1, 300}) {
                        all.add(Arguments.of(mode, ringSize, workers, burst));
                    }
                }
            }
        }
        return all.stream();
    }

    /** Uneven delays and failures, the same for the same seed and batch. */
    private static Disturbance uneven(long seed) {
        return (step, batch) -> {
            Random random = new Random(seed * 31 + step.ordinal() * 7919L + batch);
            int dice = random.nextInt(40);
            if (dice == 0) {
                LockSupport.parkNanos(random.nextInt(300_000));
            } else if (dice < 4) {
                int rounds = random.nextInt(20_000);
                for (int i = 0; i < rounds; i++) {
                    Thread.onSpinWait();
                }
            } else if (dice == 4 && random.nextInt(3) == 0) {
                throw new InjectedFailure(step + " of batch " + batch);
            }
        };
    }

    @ParameterizedTest(name = "{0} ring={1} workers={2} burst={3}")
    @MethodSource("engines")
    void shouldKeepOrderAndAccountWhenWorkersAreUnevenAndSlotsFail(
            Mode mode, int ringSize, int workers, int burst) {
        long seed = mode.ordinal() * 1_000_003L + ringSize * 1009L + workers * 31L + burst;
        ConcurrentLinkedQueue<Long> counters = new ConcurrentLinkedQueue<>();
        try (EngineRig a =
                        new EngineRig(1, EngineRig.config(mode, ringSize, workers), uneven(seed));
                EngineRig b =
                        new EngineRig(
                                2, EngineRig.config(mode, ringSize, workers), uneven(~seed))) {
            a.openTunnelTo(b);
            b.openTunnelTo(a);
            EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, seed);
            a.tun.burst = burst;
            b.udp.coalesce = burst == 1 ? 1 : 40;
            a.udp.onSend(
                    (datagram, to) -> {
                        counters.add(CapsuleHeader.counter(MemorySegment.ofArray(datagram), 0));
                        b.udp.offer(datagram, a.address);
                    });
            a.engine.start();
            b.engine.start();

            send(a, b, new Random(seed));
            EngineRig.await("all to be sent or dropped, seed " + seed, () -> settledOutbound(a));
            EngineRig.await("all to be delivered or dropped", () -> settledInbound(b));

            assertThat(new ArrayList<>(counters)).isSorted().doesNotHaveDuplicates();
            List<Integer> delivered = new ArrayList<>();
            for (byte[] framed : b.tun.takeWritten()) {
                byte[] packet = Arrays.copyOfRange(framed, VirtioNetHeader.LENGTH, framed.length);
                delivered.add(Packets.number(packet));
            }
            assertThat(delivered).as("seed %d", seed).isSorted().doesNotHaveDuplicates();
            assertThat(delivered).hasSize((int) b.count(Counter.INBOUND_DELIVERED_PACKETS));
            assertThat(delivered).hasSizeGreaterThan(PACKETS / 4);
        }
    }

    private static void send(EngineRig a, EngineRig b, Random random) {
        for (int id = 0; id < PACKETS; id++) {
            int length = random.nextInt(4) == 0 ? 1400 : 24 + random.nextInt(200);
            a.tun.offer(Packets.numbered(a.ipv4, b.ipv4, id, length));
        }
    }

    private static boolean settledOutbound(EngineRig a) {
        return a.count(Counter.OUTBOUND_PACKETS) == PACKETS
                && a.count(Counter.OUTBOUND_SENT_PACKETS) + a.drops("OUTBOUND") == PACKETS;
    }

    private static boolean settledInbound(EngineRig b) {
        // The sender of the other side has settled, so this number rests.
        long received = b.count(Counter.INBOUND_DATAGRAMS);
        return !b.udp.isReadable()
                && received > 0
                && b.count(Counter.INBOUND_DELIVERED_PACKETS) + b.drops("INBOUND") == received
                && b.engine.inboundOccupancy() == 0;
    }
}
