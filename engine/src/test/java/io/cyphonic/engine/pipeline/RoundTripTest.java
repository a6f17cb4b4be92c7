package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.fixtures.EngineRig;
import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.net.VirtioNetHeader;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** Two engines back to back: what the one host sends is what the other gets, byte for byte. */
class RoundTripTest {
    private static final int PSH_ACK = 0x18;
    private static final int ACK = 0x10;

    private final ConcurrentLinkedQueue<byte[]> onWire = new ConcurrentLinkedQueue<>();
    private EngineRig a;
    private EngineRig b;

    @BeforeEach
    void joinTwoEngines() {
        join(Mode.SERIAL, CipherSuite.AES_GCM_SHA256);
    }

    private void join(Mode mode, CipherSuite suite) {
        join(mode, suite, Disturbance.NONE);
    }

    private void join(Mode mode, CipherSuite suite, Disturbance ofSender) {
        a = new EngineRig(1, EngineRig.config(mode, 4, 2), ofSender);
        b = new EngineRig(2, EngineRig.config(mode, 4, 2), Disturbance.NONE);
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, suite, 5);
        a.udp.onSend((datagram, to) -> onWire.add(datagram));
        b.udp.coalesce = 64;
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** What a kernel would put on a wire for this packet. */
    private static List<byte[]> expected(byte[]... framed) {
        return Arrays.stream(framed).flatMap(f -> Packets.received(f).stream()).toList();
    }

    private List<byte[]> sealed(byte[]... framed) {
        a.engine.start();
        int count = expected(framed).size();
        for (byte[] packet : framed) {
            a.tun.offer(packet);
        }
        EngineRig.await("sealing", () -> a.count(Counter.OUTBOUND_SENT_PACKETS) == count);
        return new ArrayList<>(onWire);
    }

    /** Delivers datagrams that arrive together and returns what the TUN device got. */
    private List<byte[]> opened(List<byte[]> datagrams) {
        datagrams.forEach(d -> b.udp.offer(d, a.address));
        b.engine.start();
        EngineRig.await(
                "delivery",
                () ->
                        b.count(Counter.INBOUND_DELIVERED_PACKETS) + b.drops("INBOUND")
                                == datagrams.size());
        return b.tun.takeWritten();
    }

    private static List<byte[]> received(List<byte[]> written) {
        return written.stream().flatMap(w -> Packets.received(w).stream()).toList();
    }

    private static void assertSamePackets(List<byte[]> actual, List<byte[]> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i)).as("packet %d", i).isEqualTo(expected.get(i));
            assertThat(Packets.checksumsRight(actual.get(i))).as("checksum %d", i).isTrue();
        }
    }

    private byte[] tcp(boolean ipv6, int payload, int segment, int flags) {
        return Packets.tcpSuper(
                ipv6 ? a.ipv6 : a.ipv4,
                ipv6 ? b.ipv6 : b.ipv4,
                123_456,
                flags,
                bytes(payload),
                segment);
    }

    @ParameterizedTest
    @CsvSource({
        "false, 60000, 1348", "true, 60000, 1328", "false, 1349, 1348", "false, 2696, 1348",
        "false, 65000, 536", "true, 5001, 1000", "false, 700, 100", "false, 65000, 1448",
        "false, 3000, 30", "false, 20000, 90"
    })
    void shouldDeliverTcpSuperPacketsWhole(boolean ipv6, int payload, int segment) {
        byte[] packet = tcp(ipv6, payload, segment, PSH_ACK);

        List<byte[]> written = opened(sealed(packet));

        assertSamePackets(received(written), expected(packet));
        assertThat(b.count(Counter.INBOUND_SUPER_PACKETS)).isPositive();
        assertThat(written).hasSizeLessThan(expected(packet).size());
    }

    @ParameterizedTest
    @EnumSource(CipherSuite.class)
    void shouldDeliverEveryKindOfPacketUnderEverySuite(CipherSuite suite) {
        close();
        onWire.clear();
        join(Mode.ADAPTIVE, suite);
        byte[][] packets = {
            Packets.plain(Packets.ip(a.ipv4, b.ipv4, Packets.ICMP, bytes(64), 3)),
            Packets.udp(a.ipv4, b.ipv4, bytes(0), 0),
            Packets.udp(a.ipv6, b.ipv6, bytes(1200), 0),
            tcp(false, 0, 0, 0x02),
            tcp(true, 100, 0, PSH_ACK),
            tcp(false, 10_000, 1348, ACK),
            Packets.udp(a.ipv4, b.ipv4, bytes(5_000), 1_200),
            Packets.plain(Packets.ip(a.ipv6, b.ipv6, 58, bytes(33), 0)),
            Packets.numbered(a.ipv4, b.ipv4, 7, 1_400),
        };

        List<byte[]> written = opened(sealed(packets));

        assertSamePackets(received(written), expected(packets));
        assertThat(b.count(Counter.INBOUND_DELIVERED_BYTES))
                .isEqualTo(a.count(Counter.OUTBOUND_SENT_BYTES));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCostOnlyItsOwnSegmentWhenADatagramIsLostOrForged(boolean forged) {
        byte[] packet = tcp(false, 40_000, 1000, PSH_ACK);
        List<byte[]> datagrams = sealed(packet);
        List<byte[]> expected = new ArrayList<>(expected(packet));
        for (int lost : new int[] {39, 20, 19, 7, 0}) {
            expected.remove(lost);
            if (forged) {
                datagrams.get(lost)[60] ^= 1;
            } else {
                datagrams.remove(lost);
            }
        }

        List<byte[]> written = opened(datagrams);

        assertSamePackets(received(written), expected);
        assertThat(written).hasSize(3);
        assertThat(b.drops(DropReason.INBOUND_NOT_AUTHENTIC)).isEqualTo(forged ? 5 : 0);
    }

    @Test
    void shouldSurviveForgedNeighboursWhenSegmentsAreShorterThanHeaders() {
        byte[] packet = tcp(false, 400, 10, PSH_ACK);
        List<byte[]> datagrams = sealed(packet);
        List<byte[]> expected = new ArrayList<>(expected(packet));
        for (int forged : new int[] {30, 15, 14, 2}) {
            expected.remove(forged);
            datagrams.get(forged)[40] ^= 1;
        }

        assertSamePackets(received(opened(datagrams)), expected);
    }

    @Test
    void shouldKeepReplayedCapsulesOutOfSuperPackets() {
        byte[] packet = tcp(false, 10_000, 1000, PSH_ACK);
        List<byte[]> datagrams = sealed(packet);
        // Seen before: 4 in the middle, and a whole second copy behind.
        List<byte[]> arriving = new ArrayList<>(List.of(datagrams.get(4)));
        arriving.addAll(datagrams);
        arriving.addAll(datagrams);
        List<byte[]> expected = expected(packet);
        List<byte[]> order = new ArrayList<>(List.of(expected.get(4)));
        for (int i = 0; i < expected.size(); i++) {
            if (i != 4) {
                order.add(expected.get(i));
            }
        }

        List<byte[]> written = opened(arriving);

        assertSamePackets(received(written), order);
        assertThat(b.drops(DropReason.INBOUND_REPLAYED)).isEqualTo(11);
        assertThat(written).hasSize(3);
    }

    @Test
    void shouldDeliverInOrderOfArrivalWhenDatagramsAreReordered() {
        byte[] packet = tcp(true, 30_000, 1000, ACK);
        List<byte[]> datagrams = sealed(packet);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < datagrams.size(); i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(9));
        List<byte[]> expected = expected(packet);

        List<byte[]> written = opened(order.stream().map(datagrams::get).toList());

        assertSamePackets(received(written), order.stream().map(expected::get).toList());
        long late = 0;
        for (int i = 1; i < order.size(); i++) {
            if (Collections.max(order.subList(0, i)) > order.get(i)) {
                late++;
            }
        }
        assertThat(late).isPositive();
        assertThat(b.count(Counter.INBOUND_OUT_OF_ORDER)).isEqualTo(late);
    }

    @Test
    void shouldNotJoinTwoSuperPacketsThatMeetWhereTheSegmentIndexWraps() {
        byte[] first = tcp(false, 64 * 100, 100, ACK);
        byte[] second = Packets.tcpSuper(a.ipv4, b.ipv4, 999, ACK, bytes(3_000), 100);

        List<byte[]> written = opened(sealed(first, second));

        assertSamePackets(received(written), expected(first, second));
        assertThat(written).hasSize(2);
    }

    @Test
    void shouldWriteSegmentsSinglyWhenTheDeviceHasNoSegmentationOffload() {
        b.tun.tcpOffload = false;
        byte[] packet = tcp(false, 10_000, 1000, PSH_ACK);

        List<byte[]> written = opened(sealed(packet));

        assertThat(written).hasSize(10);
        assertThat(written)
                .allMatch(w -> VirtioNetHeader.flags(w, 0) == VirtioNetHeader.FLAG_NEEDS_CSUM);
        assertSamePackets(received(written), expected(packet));
    }

    @Test
    void shouldCompleteChecksumsWhenTheDeviceHasNoChecksumOffload() {
        close();
        onWire.clear();
        join(Mode.SERIAL, CipherSuite.AES_GCM_SHA256);
        b.tun.checksumOffload = false;
        byte[][] packets = {
            tcp(true, 10_001, 1000, PSH_ACK), Packets.udp(a.ipv4, b.ipv4, bytes(77), 0)
        };

        List<byte[]> written = opened(sealed(packets));

        assertThat(written).allMatch(w -> VirtioNetHeader.flags(w, 0) == 0);
        assertSamePackets(received(written), expected(packets));
    }

    @Test
    void shouldReplaySegmentsSinglyWhenTheKernelRefusesSuperPackets() {
        b.tun.superPacketError = -22;
        byte[] packet = tcp(false, 30_000, 1000, PSH_ACK);

        List<byte[]> written = opened(sealed(packet));

        assertSamePackets(received(written), expected(packet));
        assertThat(b.count(Counter.TUN_SUPER_PACKET_REFUSALS)).isPositive();
    }

    @Test
    void shouldJoinUdpWhenTheDeviceTakesUdpSuperPackets() {
        close();
        onWire.clear();
        join(Mode.SERIAL, CipherSuite.AES_GCM_SHA256);
        b.tun.udpOffload = true;
        byte[] packet = Packets.udp(a.ipv6, b.ipv6, bytes(9_500), 1_000);

        List<byte[]> written = opened(sealed(packet));

        assertThat(written).hasSize(1);
        assertSamePackets(received(written), expected(packet));
    }

    private byte[][] datagrams(boolean ipv6, int... payloads) {
        byte[][] packets = new byte[payloads.length][];
        for (int i = 0; i < payloads.length; i++) {
            byte[] payload = bytes(payloads[i]);
            payload[0] = (byte) i;
            packets[i] = Packets.udp(ipv6 ? a.ipv6 : a.ipv4, ipv6 ? b.ipv6 : b.ipv4, payload, 0);
        }
        return packets;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldWriteDatagramsOfOneFlowTogether(boolean ipv6) {
        b.tun.udpOffload = true;
        byte[][] packets = datagrams(ipv6, 64, 64, 64, 64, 20);

        List<byte[]> written = opened(sealed(packets));

        assertThat(written).hasSizeLessThan(packets.length);
        assertThat(received(written)).hasSize(packets.length);
        received(written).forEach(each -> assertThat(Packets.checksumsRight(each)).isTrue());
        assertThat(received(written).stream().map(each -> each[ipv6 ? 48 : 28]))
                .containsExactly((byte) 0, (byte) 1, (byte) 2, (byte) 3, (byte) 4);
        assertThat(received(written).getLast()).hasSize(packets[4].length - VirtioNetHeader.LENGTH);
    }

    @Test
    void shouldNotJoinDatagramsThatGrow() {
        b.tun.udpOffload = true;
        byte[][] packets = datagrams(false, 10, 20, 30, 30, 20, 20);

        List<byte[]> written = opened(sealed(packets));

        assertThat(received(written).stream().map(each -> each.length))
                .containsExactly(38, 48, 58, 58, 48, 48);
    }

    @Test
    void shouldWriteDatagramsSinglyWhenTheKernelRefusesThemTogether() {
        b.tun.udpOffload = true;
        b.tun.superPacketError = -22;
        byte[][] packets = datagrams(true, 100, 100, 100, 60);

        List<byte[]> written = opened(sealed(packets));

        assertThat(written).hasSize(packets.length);
        assertSamePackets(received(written), expected(packets));
        assertThat(b.count(Counter.TUN_SUPER_PACKET_REFUSALS)).isPositive();
    }

    @Test
    void shouldCompleteAnUnusualPartialChecksumBeforeSending() {
        // A partial checksum of a protocol the receiver does not know: here GRE-like, at offset 4.
        byte[] framed = Packets.plain(Packets.ip(a.ipv4, b.ipv4, 47, bytes(40), 1));
        VirtioNetHeader.write(framed, 0, VirtioNetHeader.FLAG_NEEDS_CSUM, 0, 0, 0, 20, 4);
        byte[] expected = Packets.received(framed.clone()).getFirst();

        List<byte[]> written = opened(sealed(framed));

        assertThat(VirtioNetHeader.flags(written.getFirst(), 0)).isZero();
        assertThat(received(written).getFirst()).isEqualTo(expected);
    }

    @Test
    void shouldSendTheRestWhenTheSocketIsFullForAMoment() {
        a.udp.roomPerSend = 7;
        byte[] packet = tcp(false, 40_000, 1000, PSH_ACK);

        List<byte[]> written = opened(sealed(packet));

        assertSamePackets(received(written), expected(packet));
        assertThat(a.count(Counter.UDP_SEND_RETRIES)).isPositive();
    }

    @Test
    void shouldSendALongSuperPacketThatMeetsAnEmptyControlMessage() throws InterruptedException {
        close();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        join(
                Mode.SERIAL,
                CipherSuite.AES_GCM_SHA256,
                (step, batch) -> {
                    if (step == Disturbance.Step.SEND && batch == 1) {
                        entered.countDown();
                        awaitQuietly(released);
                    }
                });
        byte[] first = Packets.numbered(a.ipv4, b.ipv4, 1, 500);
        byte[] longOne = tcp(false, 9_000, 30, PSH_ACK);
        List<byte[]> expected = expected(first, longOne);
        a.engine.start();
        a.tun.offer(first);
        entered.await();
        a.engine.sendControl(0, new byte[0], null);
        a.tun.offer(longOne);

        released.countDown();
        EngineRig.await("sealing", () -> a.count(Counter.OUTBOUND_SENT_PACKETS) == expected.size());
        List<byte[]> packets =
                onWire.stream().filter(d -> d.length > CapsuleHeader.OVERHEAD).toList();

        assertSamePackets(received(opened(packets)), expected);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void shouldCountWhatTheSocketRefuses() {
        a.udp.sendError = -101;
        a.engine.start();

        a.tun.offer(tcp(false, 5_000, 1000, ACK));

        EngineRig.await("drops", () -> a.drops(DropReason.OUTBOUND_SEND_FAILED) == 5);
    }
}
