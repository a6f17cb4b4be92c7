package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.signaling.net.DatagramRuns;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.UdpTransport;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** The transport against itself over the loopback interface. */
class LinuxUdpTransportTest extends OverLoopback {
    /** {@code SO_NO_CHECK} of asm-generic/socket.h. */
    private static final int SO_NO_CHECK = 11;

    @Test
    void shouldBindBothFamiliesToOnePortWhenTheKernelChooses() throws Exception {
        LinuxUdpTransport transport = open(UdpOptions.ofPort(0));

        assertThat(transport.localPort()).isBetween(1, 65_535);
        assertThat(transport.hasIpv4()).isTrue();
        assertThat(transport.toString()).contains("UDP port " + transport.localPort());
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void shouldKeepOrderBytesAndSourceWhenManyDatagramsAreSentAtOnce(String host) throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(UdpOptions.ofPort(0));
        byte[] data = randomBytes(40 * 1400 + 77, 1);

        int sent = sender.send(OffHeap.copy(data), 0, data.length, 1400, endpoint(host, receiver));
        List<byte[]> datagrams = receive(receiver, 41);

        assertThat(sent).isEqualTo(data.length);
        assertThat(datagrams).hasSize(41);
        assertThat(joined(datagrams)).isEqualTo(data);
        assertThat(datagrams.subList(0, 40)).allMatch(datagram -> datagram.length == 1400);
        Endpoint source = Endpoint.ofSockaddr(received.source, 0, received.sourceLength);
        assertThat(source).isEqualTo(endpoint(host, sender));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldDeliverTheSameDatagramsWhenOffloadsAreOnOrOff(boolean offloads) throws Exception {
        UdpOptions options = new UdpOptions(0, offloads, offloads, 1 << 20);
        LinuxUdpTransport sender = open(options);
        LinuxUdpTransport receiver = open(options);
        byte[] data = randomBytes(64 * 1000, 2);

        int sent =
                sender.send(
                        OffHeap.copy(data), 0, data.length, 1000, endpoint("127.0.0.1", receiver));
        List<byte[]> datagrams = receive(receiver, 64);

        assertThat(sent).isEqualTo(data.length);
        assertThat(joined(datagrams)).isEqualTo(data);
        assertThat(sender.segmentationOffload()).isEqualTo(offloads);
        assertThat(receiver.receiveOffload()).isEqualTo(offloads);
    }

    /** As the relay does. */
    @Test
    void shouldSendFromAnArrayWhatItSendsFromMemory() throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(UdpOptions.ofPort(0));
        byte[] data = randomBytes(40 * 1400 + 77, 4);
        MemorySegment array = MemorySegment.ofArray(data);
        Endpoint to = endpoint("127.0.0.1", receiver);
        DatagramRuns runs = new DatagramRuns(3);
        for (int run = 0; run < 3; run++) {
            runs.add(to, run * 1400, 1400, 1400);
        }

        int sent = sender.send(array, 0, data.length, 1400, to);
        int sentRuns = sender.sendRuns(array, runs, 0);
        List<byte[]> datagrams = receive(receiver, 44);

        assertThat(sent).isEqualTo(data.length);
        assertThat(sentRuns).isEqualTo(3);
        assertThat(joined(datagrams.subList(0, 41))).isEqualTo(data);
        assertThat(joined(datagrams.subList(41, 44))).isEqualTo(Arrays.copyOf(data, 3 * 1400));
    }

    @Test
    void shouldJoinDatagramsWhenTheKernelCan() throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(UdpOptions.ofPort(0));
        byte[] data = randomBytes(10 * 500 + 1, 3);

        sender.send(OffHeap.copy(data), 0, data.length, 500, endpoint("127.0.0.1", receiver));
        awaitReadable(receiver);
        int length = receiver.receive(received);

        assertThat(length).isEqualTo(data.length);
        assertThat(received.length).isEqualTo(data.length);
        assertThat(received.segmentLength).isEqualTo(500);
    }

    @Test
    void shouldSendWholeDatagramsWhenLengthsChangeFromSendToSend() throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(UdpOptions.ofPort(0));
        Endpoint to = endpoint("127.0.0.1", receiver);
        int[][] sends = {
            {1400, 1400},
            {100, 100},
            {4200, 1400},
            {3, 3},
            {500, 500},
            {1200, 300},
            {1401, 1401},
            {299, 300},
            {9000, 9000},
            {1, 1},
            {65_507, 65_507},
            {64, 1}
        };
        List<Integer> expected = new ArrayList<>();
        List<Integer> found = new ArrayList<>();

        for (int[] send : sends) {
            byte[] data = randomBytes(send[0], send[0]);
            assertThat(sender.send(OffHeap.copy(data), 0, send[0], send[1], to)).isEqualTo(send[0]);
            int count = 0;
            for (int left = send[0]; left > 0; left -= send[1]) {
                expected.add(Math.min(left, send[1]));
                count++;
            }
            List<byte[]> datagrams = receive(receiver, count);
            assertThat(joined(datagrams)).isEqualTo(data);
            datagrams.forEach(datagram -> found.add(datagram.length));
        }

        assertThat(found).isEqualTo(expected);
        assertThat(sender.segmentationOffload()).isTrue();
    }

    @Test
    void shouldNotCutSignalingWhenItIsLongerThanTheSegmentLength() throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(UdpOptions.ofPort(0));
        Endpoint to = endpoint("127.0.0.1", receiver);
        sender.send(OffHeap.copy(new byte[1000]), 0, 1000, 500, to);
        receive(receiver, 2);
        byte[] signaling = randomBytes(1232, 4);

        int sent = sender.sendSignaling(signaling, signaling.length, to);
        List<byte[]> datagrams = receive(receiver, 1);

        assertThat(sender.segmentationOffload()).isTrue();
        assertThat(sent).isEqualTo(1232);
        assertThat(datagrams).hasSize(1);
        assertThat(datagrams.getFirst()).isEqualTo(signaling);
    }

    @Test
    void shouldSwitchSegmentationOffAndResendWhenTheKernelRefusesItWhileRunning() throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(UdpOptions.ofPort(0));
        Endpoint to = endpoint("127.0.0.1", receiver);
        byte[] data = randomBytes(5 * 900 + 10, 5);
        refuseSegmentation(sender);

        int sent = sender.send(OffHeap.copy(data), 0, data.length, 900, to);
        List<byte[]> datagrams = receive(receiver, 6);
        int sentAgain = sender.send(OffHeap.copy(data), 0, data.length, 900, to);

        assertThat(sent).isEqualTo(data.length);
        assertThat(joined(datagrams)).isEqualTo(data);
        assertThat(datagrams).hasSize(6);
        assertThat(sender.segmentationOffload()).isFalse();
        assertThat(sentAgain).isEqualTo(data.length);
        assertThat(receive(receiver, 6)).hasSize(6);
    }

    /** UDP segmentation needs checksums; without them the kernel refuses it. */
    private static void refuseSegmentation(LinuxUdpTransport transport) {
        int result =
                LibC.setSockOpt(
                        new ErrnoCapture(),
                        transport.descriptor(0),
                        NativeLayouts.SOL_SOCKET,
                        SO_NO_CHECK,
                        1);
        assertThat(result).isZero();
    }

    @Test
    void shouldReturnTheErrorWhenADatagramIsTooLong() throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        Endpoint to = endpoint("127.0.0.1", sender);
        byte[] tooLong = new byte[SignalingSender.CAPACITY + 1];

        assertThat(sender.sendSignaling(tooLong, tooLong.length, to)).isEqualTo(-Errno.EMSGSIZE);
        assertThatThrownBy(() -> sender.send(OffHeap.copy(new byte[70_000]), 0, 65_508, 65_508, to))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65508");
    }

    /** As it sends everything over the other from some moment on. */
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, ::1, false",
        "::1, 127.0.0.1, false",
        "127.0.0.1, ::1, true",
        "::1, 127.0.0.1, true"
    })
    void shouldKeepOrderWhenAPeerChangesFamilies(String from, String to, boolean joined)
            throws Exception {
        LinuxUdpTransport sender = open(new UdpOptions(0, true, joined, 1 << 22));
        LinuxUdpTransport receiver = open(new UdpOptions(0, true, joined, 1 << 22));
        int batches = 10;
        int segments = 10;
        int segment = 1000;
        MemorySegment batch = OffHeap.zeros(segments * segment);
        // Whatever is known of the port: this is where the peer was heard last.
        sender.send(batch, 0, 1, 1, endpoint(from, receiver));
        assertThat(receive(receiver, 1).getFirst()).hasSize(1);
        for (int i = 0; i < batches; i++) {
            sender.send(batch, 0, segments * segment, segment, endpoint(from, receiver));
        }
        for (int i = 0; i < 3; i++) {
            sender.send(batch, 0, 1, 1, endpoint(to, receiver));
        }

        int before = 0;
        int after = 0;
        for (byte[] datagram : receive(receiver, batches * segments + 3)) {
            if (datagram.length == 1) {
                after++;
            } else {
                assertThat(after).as("received of the other family").isZero();
                before += datagram.length;
            }
        }
        assertThat(before).isEqualTo(batches * segments * segment);
    }

    /**
     * With a queue for what is urgent and without; also if turns and batches do not end together.
     */
    @ParameterizedTest
    @CsvSource({"true, 0", "true, 3", "false, 0", "false, 3"})
    void shouldReceiveFromTheOtherFamilyWhenItComesDuringAFlood(boolean urgentQueue, int before)
            throws Exception {
        UdpOptions options = new UdpOptions(null, null, 0, false, false, urgentQueue, 1 << 20);
        LinuxUdpTransport sender = open(options);
        LinuxUdpTransport receiver = open(options);
        byte[] one = {1};
        for (int i = 0; i < before; i++) {
            sender.send(OffHeap.copy(one), 0, 1, 1, endpoint("::1", receiver));
        }
        for (int i = 0; i < 600; i++) {
            sender.send(OffHeap.copy(one), 0, 1, 1, endpoint("127.0.0.1", receiver));
        }
        for (int i = 0; i < before + 1; i++) {
            assertThat(receiver.receive(received)).isEqualTo(1);
        }
        sender.send(OffHeap.copy(new byte[] {1, 2}), 0, 2, 2, endpoint("::1", receiver));

        int receives = 0;
        while (receiver.receive(received) != 2) {
            // The flood never ends: only what was there before the other may come first.
            sender.send(OffHeap.copy(one), 0, 1, 1, endpoint("127.0.0.1", receiver));
            assertThat(++receives).as("without an end").isLessThan(10_000);
        }

        // The kernel may say a quarter of the buffer too much.
        assertThat(receives).isLessThan(600 + 2 * 128 + (2 << 20) / 4 / 768);
    }

    @Test
    void shouldReceiveFromTheOtherFamilyWhenEmptyDatagramsFlood() throws Exception {
        LinuxUdpTransport receiver = open(new UdpOptions(0, false, false, 1 << 20));
        InetSocketAddress ipv4 = new InetSocketAddress("127.0.0.1", receiver.localPort());
        InetSocketAddress ipv6 = new InetSocketAddress("::1", receiver.localPort());
        try (DatagramSocket sender = new DatagramSocket()) {
            for (int i = 0; i < 400; i++) {
                sender.send(new DatagramPacket(new byte[0], 0, ipv4));
            }
            assertThat(receiver.receive(received)).isEqualTo(UdpTransport.WOULD_BLOCK);
            sender.send(new DatagramPacket(new byte[] {1}, 1, ipv6));

            int receives = 1;
            while (receiver.receive(received) == UdpTransport.WOULD_BLOCK) {
                assertThat(receives).as("without an end").isLessThan(1_000);
                for (int i = 0; i < 2 * UdpReceiver.BULK_BATCH; i++) {
                    sender.send(new DatagramPacket(new byte[0], 0, ipv4));
                }
                receives++;
            }

            // Two calls for each receive; those that were there before, and what the kernel says
            // too much.
            assertThat(receives)
                    .isLessThan((400 + (2 << 20) / 4 / 768) / (2 * UdpReceiver.BULK_BATCH));
        }
    }

    @Test
    void shouldReceiveFromBothFamiliesWhenOneAlwaysHasALittle() throws Exception {
        LinuxUdpTransport sender = open(new UdpOptions(0, false, false, 1 << 20));
        LinuxUdpTransport receiver = open(new UdpOptions(0, false, false, 1 << 20));
        byte[] one = {1};
        sender.send(OffHeap.copy(one), 0, 1, 1, endpoint("::1", receiver));

        int receivesUntilIpv6 = 0;
        do {
            assertThat(receivesUntilIpv6).isLessThan(2);
            sender.send(OffHeap.copy(one), 0, 1, 1, endpoint("127.0.0.1", receiver));
            while (receiver.receive(received) == UdpTransport.WOULD_BLOCK) {
                awaitReadable(receiver);
            }
            receivesUntilIpv6++;
        } while (received.sourceLength != Endpoint.SOCKADDR_IPV6_LENGTH);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldSendRunsOfDifferentLengthsTogether(boolean segmentation) throws Exception {
        LinuxUdpTransport sender = open(new UdpOptions(0, segmentation, false, 1 << 20));
        LinuxUdpTransport one = open(new UdpOptions(0, false, false, 1 << 20));
        LinuxUdpTransport two = open(new UdpOptions(0, false, false, 1 << 20));
        byte[] buffer = new byte[4_000];
        new Random(5).nextBytes(buffer);
        DatagramRuns runs = new DatagramRuns(8);
        runs.add(endpoint("127.0.0.1", one), 0, 100, 100);
        runs.add(endpoint("127.0.0.1", two), 100, 900, 900);
        runs.add(endpoint("127.0.0.1", one), 1_000, 1_250, segmentation ? 500 : 1_250);
        runs.add(endpoint("::1", two), 2_250, 7, 7);

        assertThat(sender.sendRuns(OffHeap.copy(buffer), runs, 0)).isEqualTo(3);
        assertThat(sender.sendRuns(OffHeap.copy(buffer), runs, 3)).isEqualTo(1);

        List<byte[]> atOne = receive(one, segmentation ? 4 : 2);
        assertThat(atOne.getFirst()).isEqualTo(Arrays.copyOfRange(buffer, 0, 100));
        assertThat(atOne.get(1))
                .isEqualTo(Arrays.copyOfRange(buffer, 1_000, segmentation ? 1_500 : 2_250));
        assertThat(atOne.getLast())
                .isEqualTo(Arrays.copyOfRange(buffer, segmentation ? 2_000 : 1_000, 2_250));
        assertThat(receive(two, 2))
                .satisfiesExactlyInAnyOrder(
                        d -> assertThat(d).hasSize(900), d -> assertThat(d).hasSize(7));
    }

    @Test
    void shouldSendNothingTogetherThatNeedsSegmentationWithoutIt() throws Exception {
        LinuxUdpTransport sender = open(new UdpOptions(0, false, false, 1 << 20));
        DatagramRuns runs = new DatagramRuns(1);
        runs.add(endpoint("127.0.0.1", sender), 0, 300, 100);

        assertThat(sender.sendRuns(OffHeap.copy(new byte[300]), runs, 0)).isZero();
    }

    @Test
    void shouldSkipEmptyDatagramsWhenAPeerSendsThem() throws Exception {
        LinuxUdpTransport sender = open(UdpOptions.ofPort(0));
        LinuxUdpTransport receiver = open(UdpOptions.ofPort(0));
        Endpoint to = endpoint("127.0.0.1", receiver);
        for (int i = 0; i < 100; i++) {
            assertThat(sender.sendSignaling(new byte[0], 0, to)).isZero();
        }
        sender.sendSignaling(new byte[] {7}, 1, to);

        assertThat(receive(receiver, 1)).containsExactly(new byte[] {7});
    }

    @Test
    void shouldSayWhatToDoWhenThePortIsInUse() throws Exception {
        LinuxUdpTransport first = open(UdpOptions.ofPort(0));

        assertThatThrownBy(() -> LinuxUdpTransport.open(UdpOptions.ofPort(first.localPort())))
                .isInstanceOfSatisfying(
                        UdpOpenException.class,
                        e -> {
                            assertThat(e.reason()).isEqualTo(UdpOpenException.Reason.PORT_IN_USE);
                            assertThat(e.errno()).isEqualTo(Errno.EADDRINUSE);
                        })
                .hasMessageContaining("UDP port " + first.localPort() + " is in use")
                .hasMessageContaining("EADDRINUSE");
    }

    @Test
    void shouldReturnBadDescriptorWhenClosed() throws Exception {
        LinuxUdpTransport transport = open(UdpOptions.ofPort(0));
        Endpoint to = endpoint("127.0.0.1", transport);

        transport.close();
        transport.close();

        assertThat(transport.receive(received)).isEqualTo(-Errno.EBADF);
        assertThat(transport.send(OffHeap.copy(new byte[1]), 0, 1, 1, to)).isEqualTo(-Errno.EBADF);
        assertThat(transport.sendSignaling(new byte[1], 1, to)).isEqualTo(-Errno.EBADF);
    }

    private static byte[] joined(List<byte[]> datagrams) {
        byte[] all = new byte[datagrams.stream().mapToInt(datagram -> datagram.length).sum()];
        int at = 0;
        for (byte[] datagram : datagrams) {
            System.arraycopy(datagram, 0, all, at, datagram.length);
            at += datagram.length;
        }
        return all;
    }

    private static byte[] randomBytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
