package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.fixtures.EngineRig;
import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.net.UdpTransport;
import io.cyphonic.signaling.net.VirtioNetHeader;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Packets that are too long for the path of their tunnel. */
class PathMtuTest {
    private EngineRig a;
    private EngineRig b;

    private void start(Mode mode) {
        a = new EngineRig(1, EngineRig.config(mode, 8, 2), Disturbance.NONE);
        b = new EngineRig(2, EngineRig.config(mode, 8, 2), Disturbance.NONE);
        a.udp.onSend((datagram, to) -> b.udp.offer(datagram, a.address));
        b.udp.onSend((datagram, to) -> a.udp.offer(datagram, b.address));
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 1);
        a.engine.start();
        b.engine.start();
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
    }

    private void offer(int id, int length) {
        a.tun.offer(Packets.numbered(a.ipv4, b.ipv4, id, length));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldAnswerWhatIsTooLongAndSendTheRest(Mode mode) {
        start(mode);
        a.engine.pathMtu(0, 1220);

        offer(1, 1221);
        offer(2, 1220);
        a.tun.offer(Packets.tcpSuper(a.ipv6, b.ipv6, 1, 0x10, new byte[5000], 1300));

        EngineRig.await("drops", () -> a.drops(DropReason.OUTBOUND_TOO_LONG) == 5);
        EngineRig.await("one", () -> b.count(Counter.INBOUND_DELIVERED_PACKETS) == 1);
        List<byte[]> answers = a.tun.takeWritten();
        assertThat(answers).hasSize(2);
        ByteBuffer ipv4 = ByteBuffer.wrap(answers.getFirst());
        assertThat(ipv4.getShort(VirtioNetHeader.LENGTH + 20)).isEqualTo((short) 0x0304);
        assertThat(ipv4.getShort(VirtioNetHeader.LENGTH + 26)).isEqualTo((short) 1220);
        ByteBuffer ipv6 = ByteBuffer.wrap(answers.getLast());
        assertThat(ipv6.getShort(VirtioNetHeader.LENGTH + 40)).isEqualTo((short) 0x0200);
        assertThat(ipv6.getInt(VirtioNetHeader.LENGTH + 44)).as("IPv6's least").isEqualTo(1280);
        assertThat(a.count(Counter.OUTBOUND_TOO_BIG_ANSWERS)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldLimitItsAnswers(Mode mode) {
        start(mode);
        a.engine.pathMtu(0, 1220);
        long start = System.nanoTime();

        for (int id = 0; id < 500; id++) {
            offer(id, 1300);
        }

        EngineRig.await("drops", () -> a.drops(DropReason.OUTBOUND_TOO_LONG) == 500);
        long most =
                OversizedPackets.BURST
                        + (System.nanoTime() - start) / OversizedPackets.REFILL_NANOS
                        + 1;
        assertThat(a.count(Counter.OUTBOUND_TOO_BIG_ANSWERS))
                .isBetween((long) OversizedPackets.BURST, most);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldFragmentWhatNobodyWouldShorten(Mode mode) {
        start(mode);
        a.engine.pathMtu(0, 1200);
        byte[] mayBeCut = Packets.numbered(a.ipv4, b.ipv4, 7, 4000);
        mayBeCut[VirtioNetHeader.LENGTH + 6] = 0;

        a.tun.offer(mayBeCut);
        a.tun.offer(Packets.tcpSuper(a.ipv6, b.ipv6, 1, 0x10, new byte[40 * 1208], 1208));
        offer(8, 1200);

        EngineRig.await("all", () -> b.count(Counter.INBOUND_DELIVERED_PACKETS) == 4 + 80 + 1);
        List<byte[]> delivered = b.tun.takeWritten();
        assertThat(delivered).allMatch(each -> each.length <= VirtioNetHeader.LENGTH + 1200);
        byte[] last = delivered.getLast();
        assertThat(Packets.number(Arrays.copyOfRange(last, VirtioNetHeader.LENGTH, last.length)))
                .as("nothing overtakes the fragments")
                .isEqualTo(8);
        assertThat(a.count(Counter.OUTBOUND_FRAGMENTED_PACKETS)).isEqualTo(41);
        assertThat(a.drops("OUTBOUND")).isZero();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldSendControlCapsulesAlone(Mode mode) {
        start(mode);
        int before = a.udp.sends();

        a.engine.sendControl(0, new byte[1250], null);
        a.engine.sendControl(0, new byte[64], null);
        a.engine.sendControl(0, new byte[64], null);

        EngineRig.await("three", () -> b.count(Counter.INBOUND_CONTROL_CAPSULES) == 3);
        assertThat(a.udp.sends() - before).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldReportWhatTheKernelFindsTooLong(Mode mode) {
        start(mode);
        a.udp.sendError = UdpTransport.TOO_LONG;

        offer(1, 1300);
        a.engine.sendControl(0, new byte[1250], null);

        EngineRig.await("two reports", () -> a.listener.tooLong.size() == 2);
        assertThat(a.listener.tooLong).containsExactlyInAnyOrder(1300, 1250);
        assertThat(a.drops(DropReason.OUTBOUND_DATAGRAM_TOO_LONG)).isEqualTo(1);
        assertThat(a.count(Counter.OUTBOUND_PROBES_TOO_LONG)).isEqualTo(1);
        assertThat(a.drops("OUTBOUND")).isEqualTo(1);
    }
}
