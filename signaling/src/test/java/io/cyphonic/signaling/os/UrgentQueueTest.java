package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.cyphonic.signaling.net.DatagramRuns;
import io.cyphonic.signaling.net.UdpTransport;
import io.cyphonic.signaling.protocol.CapsuleHeader;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.RelayHeader;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Urgent capsules and others on one port, over the loopback interface: the kernel sorts them. */
@Timeout(60)
class UrgentQueueTest extends OverLoopback {
    private static final int LENGTH = 100;

    private static final int USUAL_HOPS = 64;

    /** linux/in.h and linux/in6.h. */
    private static final int IP_RECVTTL = 12;

    private static final int IPV6_RECVHOPLIMIT = 51;

    @ParameterizedTest
    @CsvSource({"127.0.0.1, false", "127.0.0.1, true", "::1, false", "::1, true"})
    void shouldReceiveAnUrgentCapsuleWithinATurnHoweverMuchWasSentBefore(
            String host, boolean relayed) throws Exception {
        LinuxUdpTransport sender = open(withoutJoining());
        LinuxUdpTransport receiver = open(withoutJoining());
        sendMany(sender, receiver, host, 0, 500, relayed);
        send(sender, receiver, host, capsule(CapsuleHeader.FLAG_URGENT, 500, relayed));

        List<Long> counters = receive(receiver, 501, relayed);

        assertThat(counters.indexOf(500L)).as("place of the urgent one").isLessThan(129);
        counters.remove(500L);
        assertThat(counters).hasSize(500).isSorted();
    }

    @Test
    void shouldKeepAllElseInOneOrderWhateverItsBytes() throws Exception {
        LinuxUdpTransport sender = open(withoutJoining());
        LinuxUdpTransport receiver = open(withoutJoining());
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<byte[]> sent = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            byte[] datagram = new byte[1 + random.nextInt(i % 2 == 0 ? 3 : 40)];
            random.nextBytes(datagram);
            datagram[0] = (byte) (0x41 + random.nextInt(12));
            if (datagram[0] == DatagramType.CAPSULE && datagram.length > 1) {
                datagram[1] &= ~CapsuleHeader.FLAG_URGENT;
            }
            int inner = RelayHeader.LENGTH;
            if (datagram[0] == DatagramType.RELAY && datagram.length > inner + 1) {
                datagram[inner + 1] &= ~CapsuleHeader.FLAG_URGENT;
            }
            sent.add(datagram);
            send(sender, receiver, "127.0.0.1", datagram);
        }

        List<byte[]> came = receive(receiver, sent.size());
        for (int i = 0; i < sent.size(); i++) {
            assertThat(came.get(i)).as("seed %d, %d", seed, i).isEqualTo(sent.get(i));
        }
    }

    @Test
    void shouldGiveAllElseItsTurnsWhenUrgentCapsulesFlood() throws Exception {
        LinuxUdpTransport sender = open(withoutJoining());
        LinuxUdpTransport receiver = open(withoutJoining());
        sendMany(sender, receiver, "127.0.0.1", CapsuleHeader.FLAG_URGENT, 500, false);
        send(sender, receiver, "127.0.0.1", capsule(0, 500, false));

        List<Long> counters = receive(receiver, 501, false);

        assertThat(counters.indexOf(500L)).as("place of the other").isLessThan(129);
    }

    /** poll(2) does not know of what was fetched: nobody may sleep while it is not taken. */
    @Test
    void shouldNeverBlockWhileFetchedDatagramsWait() throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(UdpOptions.ofPort(0));
        int count = 40;
        MemorySegment bulk = OffHeap.zeros(count * 1_000);
        for (int flags : new int[] {CapsuleHeader.FLAG_URGENT, CapsuleHeader.FLAG_URGENT, 0}) {
            for (int i = 0; i < count; i++) {
                CapsuleHeader.write(bulk, i * 1_000L, flags, 0, 7, i);
            }
            sender.send(bulk, 0, count * 1_000, 1_000, endpoint("127.0.0.1", receiver));
        }

        int[] lengths = new int[3];
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = receiver.receive(received);
        }

        assertThat(lengths).containsOnly(count * 1_000);
    }

    @Test
    void shouldSendRunsOfBothKindsTogether() throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(withoutJoining());
        byte[] bytes = new byte[5 * LENGTH];
        DatagramRuns runs = new DatagramRuns(5);
        for (int i = 0; i < 5; i++) {
            int flags = i == 2 || i == 3 ? CapsuleHeader.FLAG_URGENT : 0;
            System.arraycopy(capsule(flags, i, false), 0, bytes, i * LENGTH, LENGTH);
            runs.add(endpoint("127.0.0.1", receiver), i * LENGTH, LENGTH, LENGTH);
        }
        MemorySegment memory = OffHeap.copy(bytes);

        assertThat(sender.sendRuns(memory, runs, 0)).isEqualTo(5);

        assertThat(receive(receiver, 5, false)).containsExactly(2L, 3L, 0L, 1L, 4L);
    }

    /** So the receiver's kernel does not join them. */
    @ParameterizedTest
    @CsvSource({"127.0.0.1, false", "127.0.0.1, true", "::1, false", "::1, true"})
    void shouldSendUrgentCapsulesAndOthersWithDifferentHopLimits(String host, boolean together)
            throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(UdpOptions.ofPort(0));
        boolean ipv4 = !host.contains(":");
        boolean[] kinds = {true, false, true, false};
        DatagramRuns runs = new DatagramRuns(kinds.length);
        byte[] bytes = new byte[kinds.length * LENGTH];
        tellHopLimits(receiver, ipv4);
        for (int i = 0; i < kinds.length; i++) {
            byte[] capsule = capsule(kinds[i] ? CapsuleHeader.FLAG_URGENT : 0, i, false);
            System.arraycopy(capsule, 0, bytes, i * LENGTH, LENGTH);
            runs.add(endpoint(host, receiver), i * LENGTH, LENGTH, LENGTH);
            if (!together) {
                send(sender, receiver, host, capsule);
            }
        }
        if (together) {
            // A single one before, so that the socket's own limit is the other kind's.
            send(sender, receiver, host, capsule(CapsuleHeader.FLAG_URGENT, 9, false));
            assertThat(hopLimit(receiver, ipv4, true)).isEqualTo(USUAL_HOPS - 1);
            assertThat(sender.sendRuns(OffHeap.copy(bytes), runs, 0)).isEqualTo(kinds.length);
        }

        for (int i = 0; i < 2; i++) {
            assertThat(hopLimit(receiver, ipv4, true)).isEqualTo(USUAL_HOPS - 1);
            assertThat(hopLimit(receiver, ipv4, false)).isEqualTo(USUAL_HOPS);
        }
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, ::1", "::1, 127.0.0.1"})
    void shouldReceiveAnUrgentCapsuleOfTheOtherFamilySoon(String host, String other)
            throws Exception {
        LinuxUdpTransport sender = open(withoutJoining());
        LinuxUdpTransport receiver = open(withoutJoining());
        sendMany(sender, receiver, host, 0, 1_000, false);
        send(sender, receiver, other, capsule(CapsuleHeader.FLAG_URGENT, 1_000, false));

        List<Long> counters = receive(receiver, 1_001, false);

        assertThat(counters.indexOf(1_000L)).isLessThan(129);
    }

    /** Who was told is believed once; after that all are asked. */
    @Test
    void shouldAskOnlySocketsThatWereFoundUntilTheyHaveNoMore() throws Exception {
        LinuxUdpTransport sender = open(withoutJoining());
        LinuxUdpTransport receiver = open(withoutJoining());
        send(sender, receiver, "127.0.0.1", capsule(CapsuleHeader.FLAG_URGENT, 1, false));
        send(sender, receiver, "127.0.0.1", capsule(0, 2, false));
        send(sender, receiver, "::1", capsule(0, 3, false));

        receiver.foundReady(0b0010);

        assertThat(receive(receiver, 1, false)).containsExactly(3L);
        assertThat(receiver.receive(received)).isEqualTo(UdpTransport.WOULD_BLOCK);
        assertThat(receive(receiver, 2, false)).containsExactly(1L, 2L);
    }

    @Test
    void shouldBlockWhenWhatWasFoundIsGone() throws Exception {
        LinuxUdpTransport receiver = open(withoutJoining());

        receiver.foundReady(0b1111);

        assertThat(receiver.receive(received)).isEqualTo(UdpTransport.WOULD_BLOCK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void shouldWakeForAnUrgentCapsuleAlone(String host) throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(UdpOptions.ofPort(0));
        try (LinuxReadiness readiness = LinuxReadiness.forUdp(receiver)) {
            assertThat(readiness.await(0)).isZero();

            send(sender, receiver, host, capsule(CapsuleHeader.FLAG_URGENT, 1, false));

            assertThat(readiness.await(-1)).isEqualTo(LinuxReadiness.UDP);
            assertThat(receive(receiver, 1, false)).containsExactly(1L);
            assertThat(readiness.await(0)).isZero();
        }
    }

    /** Neither a node on a port in use nor one that could not sort must leave it open to others. */
    @Test
    void shouldShareItsPortOnlyWhileThereAreTwoSockets() throws Exception {
        LinuxUdpTransport shared = open(UdpOptions.ofPort(0));
        UdpSocket alone = UdpSocket.open(NativeLayouts.AF_INET, 0, UdpOptions.ofPort(0));
        UdpSocket second = alone.openUrgent(UdpOptions.ofPort(0));
        second.close();
        alone.keepPort();

        try {
            for (int port : new int[] {shared.localPort(), alone.port}) {
                assertThatThrownBy(() -> LinuxUdpTransport.open(UdpOptions.ofPort(port)))
                        .isInstanceOf(UdpOpenException.class)
                        .hasMessageContaining("in use");
            }
            assertThat(
                            LibC.getSockOpt(
                                    new ErrnoCapture(),
                                    alone.descriptor(),
                                    NativeLayouts.SOL_SOCKET,
                                    NativeLayouts.SO_REUSEPORT))
                    .isZero();
        } finally {
            alone.close();
        }
    }

    @Test
    void shouldSortNothingWhenNotAskedTo() throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(new UdpOptions(0, true, true, false));
        send(sender, receiver, "127.0.0.1", capsule(0, 1, false));
        send(sender, receiver, "127.0.0.1", capsule(CapsuleHeader.FLAG_URGENT, 2, false));

        assertThat(receive(receiver, 2, false)).containsExactly(1L, 2L);
        assertThat(receiver.urgentQueue()).isFalse();
        assertThat(sender.urgentQueue()).isTrue();
        assertThat(receiver.toString()).contains("urgent queue off");
    }

    @Test
    void shouldSayWhyWhenTheKernelRefusesASecondSocket() throws Exception {
        UdpOptions options = UdpOptions.ofPort(0);
        UdpSocket socket = UdpSocket.open(NativeLayouts.AF_INET, 0, options);
        socket.close();

        assertThatThrownBy(() -> socket.openUrgent(options))
                .isInstanceOf(NativeException.class)
                .hasMessageContaining("EBADF");
    }

    private static UdpOptions withoutJoining() {
        return new UdpOptions(0, true, false, true);
    }

    private static byte[] capsule(int flags, long counter, boolean relayed) {
        byte[] datagram = new byte[LENGTH];
        int at = relayed ? RelayHeader.LENGTH : 0;
        MemorySegment header = OffHeap.zeros(CapsuleHeader.LENGTH);
        CapsuleHeader.write(header, 0, flags, 0, 7, counter);
        MemorySegment.copy(header, JAVA_BYTE, 0, datagram, at, CapsuleHeader.LENGTH);
        if (relayed) {
            datagram[0] = DatagramType.RELAY;
        }
        return datagram;
    }

    private static void send(
            LinuxUdpTransport from, LinuxUdpTransport to, String host, byte[] datagram)
            throws Exception {
        int length = datagram.length;
        assertThat(from.send(OffHeap.copy(datagram), 0, length, length, endpoint(host, to)))
                .isEqualTo(length);
    }

    /** Capsules of one kind, counted from 0 on. */
    private static void sendMany(
            LinuxUdpTransport from,
            LinuxUdpTransport to,
            String host,
            int flags,
            int count,
            boolean relayed)
            throws Exception {
        for (int i = 0; i < count; i++) {
            send(from, to, host, capsule(flags, i, relayed));
        }
    }

    private List<Long> receive(LinuxUdpTransport transport, int count, boolean relayed)
            throws Exception {
        int header = relayed ? RelayHeader.LENGTH : 0;
        List<Long> counters = new ArrayList<>();
        for (byte[] datagram : receive(transport, count)) {
            counters.add(CapsuleHeader.counter(OffHeap.copy(datagram), header));
        }
        return counters;
    }

    private static void tellHopLimits(LinuxUdpTransport transport, boolean ipv4) {
        for (int pair = 0; pair <= 2; pair += 2) {
            LibC.setSockOpt(
                    new ErrnoCapture(),
                    transport.descriptor(pair + (ipv4 ? 0 : 1)),
                    ipv4 ? NativeLayouts.IPPROTO_IP : NativeLayouts.IPPROTO_IPV6,
                    ipv4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT,
                    1);
        }
    }

    /** Of the next datagram that waits. */
    private static int hopLimit(LinuxUdpTransport transport, boolean ipv4, boolean urgent) {
        int fd = transport.descriptor((urgent ? 2 : 0) + (ipv4 ? 0 : 1));
        try (Arena arena = Arena.ofConfined()) {
            NativeMessage message = new NativeMessage(arena, 1, 64);
            message.setPiece(0, arena.allocate(LENGTH));
            message.prepareReceive();
            assertThat(LibC.receiveMessage(new ErrnoCapture(), fd, message.header(), 0))
                    .isEqualTo(LENGTH);
            MemorySegment control = message.control();
            assertThat(control.get(JAVA_INT, NativeLayouts.CMSG_TYPE))
                    .isEqualTo(ipv4 ? NativeLayouts.IP_TTL : NativeLayouts.IPV6_HOPLIMIT);
            return control.get(JAVA_INT, NativeLayouts.CMSG_DATA);
        }
    }
}
