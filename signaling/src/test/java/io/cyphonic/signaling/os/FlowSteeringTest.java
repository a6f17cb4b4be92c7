package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.cyphonic.signaling.net.UrgentPacket;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/** The kernel runs the program on packets made here (bpf(2), {@code BPF_PROG_TEST_RUN}). */
@Tag("netns")
@Timeout(60)
class FlowSteeringTest {
    private static final int QUEUES = 4;
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int GRE = 47;
    private static final int FRAGMENT = 44;
    private static final int ICMPV6 = 58;
    private static final int MORE_FRAGMENTS = 0x2000;

    private final ErrnoCapture errno = new ErrnoCapture();
    private int program;

    @BeforeEach
    void load() {
        program = FlowSteering.load(errno, QUEUES);
        assertThat(program).as("descriptor, or negated errno").isPositive();
    }

    @AfterEach
    void close() {
        LibC.close(errno, program);
    }

    @Test
    void shouldKeepTheFirstQueueForIcmpAndWhatIsNoIp() {
        assertThat(queueOf(ipv4(ICMP, 1, 0, 5, 0))).isZero();
        assertThat(queueOf(ipv6(ICMPV6, 1, 0))).isZero();
        assertThat(queueOf(ipv4(GRE, 1, 0, 5, 0))).isPositive();
        assertThat(queueOf(new byte[40])).as("no IP").isZero();
        assertThat(queueOf(Arrays.copyOf(ipv4(TCP, 1, 7, 5, 0), 22))).as("cut off").isZero();
    }

    /** Both ends of a tunnel have one opinion. */
    @Test
    void shouldKeepTheFirstQueueForWhatIsUrgentAndNothingElse() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int urgent = 0;
        for (int i = 0; i < 2000; i++) {
            int protocol = random.nextInt(4) == 0 ? random.nextInt(256) : TCP;
            byte[] packet =
                    i % 2 == 0 ? ipv4(protocol, i, 7, 5, 0) : ipv6(protocol, i, random.nextInt());
            packet[0] |= i % 2 == 0 ? 0 : (byte) random.nextInt(16);
            packet[1] = (byte) random.nextInt();
            urgent += UrgentPacket.is(packet, 0) ? 1 : 0;

            assertThat(queueOf(packet) == 0)
                    .as("seed %d, packet %d", seed, i)
                    .isEqualTo(UrgentPacket.is(packet, 0));
        }
        assertThat(urgent).as("seed %d", seed).isBetween(50, 500);
    }

    @Test
    void shouldSpreadTcpOverTheOtherQueuesByItsPorts() {
        Set<Integer> ipv4 = new HashSet<>();
        Set<Integer> ipv6 = new HashSet<>();
        for (int port = 40_000; port < 40_050; port++) {
            ipv4.add(queueOf(ipv4(TCP, 1, port << 16 | 5201, 5, 0)));
            ipv6.add(queueOf(ipv6(TCP, 1, port << 16 | 5201)));
        }

        assertThat(ipv4).containsExactlyInAnyOrder(1, 2, 3);
        assertThat(ipv6).containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void shouldFindThePortsBehindOptions() {
        Set<Integer> queues = new HashSet<>();
        for (int port = 40_000; port < 40_050; port++) {
            queues.add(queueOf(ipv4(TCP, 1, port << 16 | 5201, 8, 0)));
        }

        assertThat(queues).containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void shouldKeepAFlowInItsQueueWhateverElseItsPacketsHave() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            int host = random.nextInt();
            int ports = random.nextInt();
            byte[] packet = ipv4(TCP, host, ports, 5, 0);
            int queue = queueOf(packet);
            ByteBuffer other = ByteBuffer.wrap(packet);
            other.putShort(2, (short) random.nextInt()).putShort(4, (short) random.nextInt());
            other.put(8, (byte) random.nextInt()).putLong(24, random.nextLong());

            assertThat(queueOf(packet)).as("seed %d, packet %d", seed, i).isEqualTo(queue);
            assertThat(queue).as("seed %d, packet %d", seed, i).isBetween(1, QUEUES - 1);
        }
    }

    @Test
    void shouldKeepFragmentsInTheQueueOfTheirFlow() {
        for (int host = 0; host < 20; host++) {
            int whole = queueOf(ipv4(UDP, host, 4711 << 16 | 53, 5, 0));
            assertThat(queueOf(ipv4(UDP, host, 4711 << 16 | 53, 5, MORE_FRAGMENTS)))
                    .isEqualTo(whole);
            assertThat(queueOf(ipv4(UDP, host, 0xbadbad, 5, 185))).isEqualTo(whole);
            assertThat(queueOf(ipv6(FRAGMENT, host, 1)))
                    .isEqualTo(queueOf(ipv6(UDP, host, 4711 << 16 | 53)));
            // A fragment of TCP, too, is told by its destination alone.
            assertThat(queueOf(ipv4(TCP, host, 0xbadbad, 5, 185))).isEqualTo(whole);
        }
    }

    @Test
    void shouldTellDestinationsApart() {
        Set<Integer> queues = new HashSet<>();
        for (int host = 0; host < 50; host++) {
            queues.add(queueOf(ipv4(UDP, host, 4711 << 16 | 53, 5, 0)));
        }

        assertThat(queues).containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void shouldRefuseWhenThereIsNothingToChooseFrom() {
        assertThatThrownBy(() -> FlowSteering.program(1)).hasMessageContaining("1 queues");
    }

    private static byte[] ipv4(int protocol, int host, int ports, int words, int fragment) {
        byte[] packet = new byte[words * 4 + 20];
        ByteBuffer.wrap(packet)
                .put(0, (byte) (0x40 | words))
                .putShort(6, (short) fragment)
                .put(9, (byte) protocol)
                .putInt(12, 0x0a790001)
                .putInt(16, 0x0a790000 + host)
                .putInt(words * 4, ports);
        return packet;
    }

    private static byte[] ipv6(int nextHeader, int host, int ports) {
        byte[] packet = new byte[60];
        ByteBuffer.wrap(packet)
                .put(0, (byte) 0x60)
                .put(6, (byte) nextHeader)
                .putInt(36, host)
                .putInt(40, ports);
        return packet;
    }

    private int queueOf(byte[] packet) {
        // The kernel takes an Ethernet header off first.
        byte[] frame = new byte[14 + Math.max(packet.length, 1)];
        System.arraycopy(packet, 0, frame, 14, packet.length);
        ByteBuffer.wrap(frame).putShort(12, (short) (packet[0] >> 4 == 6 ? 0x86dd : 0x0800));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocateFrom(JAVA_BYTE, frame);
            MemorySegment attributes = arena.allocate(80, 8);
            attributes.set(JAVA_INT, 0, program);
            attributes.set(JAVA_INT, 8, frame.length);
            attributes.set(JAVA_LONG, 16, data.address());
            assertThat(LibC.bpf(errno, 10, attributes)).as("BPF_PROG_TEST_RUN").isZero();
            return attributes.get(JAVA_INT, 4);
        }
    }
}
