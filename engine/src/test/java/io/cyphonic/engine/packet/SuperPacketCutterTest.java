package io.cyphonic.engine.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.signaling.net.VirtioNetHeader;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** Golden bytes of segments, and what is refused. */
class SuperPacketCutterTest {
    private static final byte[] SOURCE = {10, 121, 0, 1};
    private static final byte[] DESTINATION = {10, 121, 0, 2};

    private static final byte[] SOURCE6 = {
        (byte) 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
    };
    private static final byte[] DESTINATION6 = {
        (byte) 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
    };

    private final SuperPacketCutter cutter = new SuperPacketCutter();

    private static byte[] superPacket() {
        byte[] payload = {1, 2, 3, 4, 5, 6, 7, 8};
        // CWR, PSH, ACK, FIN: each has its rule.
        return Packets.tcpSuper(SOURCE, DESTINATION, 0xFFFFFFFE, 0x99, payload, 3);
    }

    private String segment(byte[] framed, int index) {
        cutter.make(index);
        int at = cutter.segmentOffset(index);
        return HexFormat.of().formatHex(framed, at, at + cutter.segmentLength(index));
    }

    @Test
    void shouldMakeSegmentsWithFullHeaders() {
        byte[] framed = superPacket();

        assertThat(cutter.parse(MemorySegment.ofArray(framed), 0, framed.length))
                .isEqualTo(SuperPacketCutter.OK);

        assertThat(cutter.segmentCount()).isEqualTo(3);
        assertThat(cutter.headerLength()).isEqualTo(52);
        assertThat(cutter.totalLength(0, 3)).isEqualTo(3 * 52 + 8);
        assertThat(cutter.totalLength(1, 2)).isEqualTo(2 * 52 + 5);
        // Computed by hand (RFC 791, RFC 9293); the TCP checksum is the pseudo-header sum.
        assertThat(segment(framed, 0))
                .isEqualTo(
                        "4500003703e84000400621e50a7900010a790002"
                                + "9c4001bbfffffffe0000004d80900200151e0000"
                                + "0101080a0000000700000009010203");
        assertThat(segment(framed, 1))
                .isEqualTo(
                        "4500003703e94000400621e40a7900010a790002"
                                + "9c4001bb000000010000004d80100200151e0000"
                                + "0101080a0000000700000009040506");
        assertThat(segment(framed, 2))
                .isEqualTo(
                        "4500003603ea4000400621e40a7900010a790002"
                                + "9c4001bb000000040000004d80190200151d0000"
                                + "0101080a00000007000000090708");
    }

    /** Packets does it in its own, plainest way. */
    @ParameterizedTest
    @CsvSource({"4, 0xFFFE", "4, 0", "4, 0x8000", "6, 0"})
    void shouldMakeTheSegmentsThatAKernelMakes(int version, String identification) {
        byte[] source = version == 4 ? SOURCE : SOURCE6;
        byte[] destination = version == 4 ? DESTINATION : DESTINATION6;
        byte[] payload = new byte[10_000];
        new Random(version).nextBytes(payload);
        byte[] framed = Packets.tcpSuper(source, destination, 0xFFFFFF00, 0x99, payload, 1_111);
        if (version == 4) {
            int ip = VirtioNetHeader.LENGTH;
            IpPacket.SHORT.set(framed, ip + 4, (short) (int) Integer.decode(identification));
            IpPacket.setLength(framed, ip, framed.length - ip);
        }
        List<byte[]> expected = Packets.received(framed.clone());
        MemorySegment memory = MemorySegment.ofArray(framed);

        assertThat(cutter.parse(memory, 0, framed.length)).isEqualTo(SuperPacketCutter.OK);

        assertThat(cutter.segmentCount()).isEqualTo(expected.size());
        for (int index = 0; index < expected.size(); index++) {
            cutter.make(index);
            int at = cutter.segmentOffset(index);
            int length = cutter.segmentLength(index);
            int transport = IpPacket.transport(framed, at, length);
            PartialChecksum.complete(memory, at, length, transport);
            assertThat(Arrays.copyOfRange(framed, at, at + length))
                    .as("segment %d", index)
                    .isEqualTo(expected.get(index));
        }
    }

    /** Where the receiver does not look for it, the checksum has to be complete. */
    @Test
    void shouldCompleteTheChecksumOfATransportBehindLongExtensions() {
        int extension = 96;
        byte[] datagram = new byte[extension + 8 + 50];
        datagram[0] = IpPacket.UDP;
        datagram[1] = (byte) (extension / 8 - 1);
        Arrays.fill(datagram, extension + 8, datagram.length, (byte) 0x5A);
        IpPacket.SHORT.set(datagram, extension + 4, (short) 58);
        byte[] framed = Packets.plain(Packets.ip(SOURCE6, DESTINATION6, 60, datagram, 0));
        int ip = VirtioNetHeader.LENGTH;
        int start = 40 + extension;
        long pseudo = Checksum.pseudoHeader(framed, ip, IpPacket.UDP) + 58;
        IpPacket.SHORT.set(framed, ip + start + 6, (short) Checksum.fold(pseudo));
        VirtioNetHeader.write(framed, 0, VirtioNetHeader.FLAG_NEEDS_CSUM, 0, 0, 0, start, 6);

        assertThat(cutter.parse(MemorySegment.ofArray(framed), 0, framed.length))
                .isEqualTo(SuperPacketCutter.OK);
        cutter.make(0);

        assertThat(cutter.partialChecksum()).isFalse();
        assertThat(Checksum.fold(pseudo + Checksum.sum(framed, ip + start, 58))).isEqualTo(0xFFFF);
    }

    @Test
    void shouldLeaveAnOrdinaryPacketAsItIs() {
        byte[] framed = Packets.udp(SOURCE, DESTINATION, new byte[30], 0);
        byte[] before = framed.clone();

        assertThat(cutter.parse(MemorySegment.ofArray(framed), 0, framed.length))
                .isEqualTo(SuperPacketCutter.OK);
        cutter.make(0);

        assertThat(cutter.isSuperPacket()).isFalse();
        assertThat(cutter.partialChecksum()).isTrue();
        assertThat(framed).isEqualTo(before);
        assertThat(cutter.segmentLength(0)).isEqualTo(58);
    }

    @Test
    void shouldRefuseWhatContradictsItself() {
        byte[] framed = superPacket();

        assertThat(cutter.parse(MemorySegment.ofArray(framed), 0, 25))
                .isEqualTo(SuperPacketCutter.MALFORMED);
        assertThat(cutter.parse(MemorySegment.ofArray(framed), 0, framed.length - 1))
                .isEqualTo(SuperPacketCutter.MALFORMED);

        byte[] zeroSize = framed.clone();
        VirtioNetHeader.write(zeroSize, 0, 1, VirtioNetHeader.GSO_TCPV4, 52, 0, 20, 16);
        assertThat(cutter.parse(MemorySegment.ofArray(zeroSize), 0, zeroSize.length))
                .isEqualTo(SuperPacketCutter.MALFORMED);

        byte[] notTcp = framed.clone();
        notTcp[VirtioNetHeader.LENGTH + 9] = 17;
        assertThat(cutter.parse(MemorySegment.ofArray(notTcp), 0, notTcp.length))
                .isEqualTo(SuperPacketCutter.MALFORMED);

        byte[] checksumOutside = Arrays.copyOf(framed, framed.length);
        VirtioNetHeader.write(checksumOutside, 0, 1, 0, 0, 0, 65_000, 16);
        assertThat(cutter.parse(MemorySegment.ofArray(checksumOutside), 0, checksumOutside.length))
                .isEqualTo(SuperPacketCutter.MALFORMED);

        byte[] version5 = framed.clone();
        version5[VirtioNetHeader.LENGTH] = 0x55;
        assertThat(cutter.parse(MemorySegment.ofArray(version5), 0, version5.length))
                .isEqualTo(SuperPacketCutter.MALFORMED);
    }
}
