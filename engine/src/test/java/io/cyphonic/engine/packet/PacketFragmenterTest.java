package io.cyphonic.engine.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.signaling.net.VirtioNetHeader;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** Fragments fit the path and become the packet again, at a receiver written apart. */
class PacketFragmenterTest {
    private static final byte[] SOURCE4 = {10, 121, 0, 1};
    private static final byte[] PEER4 = {10, 121, 0, 2};
    private static final byte[] SOURCE6 = new byte[16];
    private static final byte[] PEER6 = new byte[16];

    static {
        SOURCE6[0] = (byte) 0xFD;
        PEER6[0] = (byte) 0xFD;
        PEER6[15] = 2;
    }

    private final PacketFragmenter fragmenter = new PacketFragmenter(77);

    private List<byte[]> cut(byte[] framed, int mtu) {
        SuperPacketCutter cutter = new SuperPacketCutter();
        assertThat(cutter.parse(MemorySegment.ofArray(framed), 0, framed.length))
                .isEqualTo(SuperPacketCutter.OK);
        assertThat(fragmenter.cut(cutter, mtu)).isTrue();
        List<byte[]> fragments = new ArrayList<>();
        while (fragmenter.hasNext()) {
            int at = fragmenter.offset();
            int ip = at + VirtioNetHeader.LENGTH;
            assertThat(Arrays.copyOfRange(fragmenter.buffer(), at, ip)).containsOnly(0);
            fragments.add(Arrays.copyOfRange(fragmenter.buffer(), ip, at + fragmenter.length()));
            fragmenter.take();
        }
        return fragments;
    }

    private static byte[] random(long seed, int length) {
        byte[] payload = new byte[length];
        new Random(seed).nextBytes(payload);
        return payload;
    }

    private static byte[] udp(byte[] source, byte[] destination, byte[] payload, int segment) {
        byte[] framed = Packets.udp(source, destination, payload, segment);
        if (source.length == 4) {
            // Without DF.
            framed[VirtioNetHeader.LENGTH + 6] = 0;
            IpPacket.setLength(framed, VirtioNetHeader.LENGTH, framed.length - 10);
        }
        return framed;
    }

    /** Joins fragments of IPv4, or of IPv6 without other extension headers, in order. */
    private static byte[] join(List<byte[]> fragments) {
        boolean ipv4 = fragments.getFirst()[0] >>> 4 == 4;
        int header = ipv4 ? 20 : 40;
        int skipped = ipv4 ? 20 : 48;
        ByteBuffer whole = ByteBuffer.allocate(65_535);
        whole.put(fragments.getFirst(), 0, header);
        boolean more = true;
        for (byte[] fragment : fragments) {
            assertThat(more).isTrue();
            ByteBuffer bytes = ByteBuffer.wrap(fragment);
            int field = bytes.getShort(ipv4 ? 6 : 42) & 0xFFFF;
            int offset = ipv4 ? (field & 0x1FFF) * 8 : field & ~7;
            assertThat(offset).isEqualTo(whole.position() - header);
            more = ipv4 ? (field & 0x2000) != 0 : (field & 1) != 0;
            whole.put(fragment, skipped, fragment.length - skipped);
            if (ipv4) {
                assertThat(Packets.sum(fragment, 0, 20)).isEqualTo(0xFFFF);
                assertThat(bytes.getShort(2) & 0xFFFF).isEqualTo(fragment.length);
            } else {
                assertThat(bytes.getShort(4) & 0xFFFF).isEqualTo(fragment.length - 40);
                assertThat(fragment[6]).isEqualTo((byte) 44);
                assertThat(bytes.getInt(44))
                        .isEqualTo(ByteBuffer.wrap(fragments.getFirst()).getInt(44));
            }
        }
        assertThat(more).isFalse();
        byte[] packet = Arrays.copyOf(whole.array(), whole.position());
        if (!ipv4) {
            packet[6] = fragments.getFirst()[40];
        } else {
            packet[6] = 0;
        }
        IpPacket.setLength(packet, 0, packet.length);
        return packet;
    }

    @ParameterizedTest
    @CsvSource({"4,1372,1220", "6,1232,1200", "4,8872,576", "6,1232,128", "4,1193,1220"})
    void shouldBecomeTheSamePacketWithTheRightChecksum(int version, int payload, int mtu) {
        byte[] source = version == 4 ? SOURCE4 : SOURCE6;
        byte[] framed = udp(source, version == 4 ? PEER4 : PEER6, random(1, payload), 0);
        byte[] expected = Packets.received(framed.clone()).getFirst();

        List<byte[]> fragments = cut(framed, mtu);

        assertThat(fragments).hasSizeGreaterThan(1).allMatch(each -> each.length <= mtu);
        assertThat(join(fragments)).isEqualTo(expected);
        assertThat(Packets.checksumsRight(join(fragments))).isTrue();
    }

    @Test
    void shouldCutEverySegmentOfASuperPacket() {
        byte[] framed = Packets.tcpSuper(SOURCE6, PEER6, 9, 0x18, random(2, 5000), 1208);
        List<byte[]> segments = Packets.received(framed.clone());

        List<byte[]> fragments = cut(framed, 1200);

        assertThat(segments).hasSize(5);
        assertThat(fragments).hasSize(9);
        for (int i = 0; i < 4; i++) {
            assertThat(join(fragments.subList(2 * i, 2 * i + 2))).isEqualTo(segments.get(i));
        }
        assertThat(fragments.get(8)).as("short enough").isEqualTo(segments.get(4));
    }

    @ParameterizedTest
    @CsvSource({"4", "6"})
    void shouldCutAFragmentAgain(int version) {
        byte[] source = version == 4 ? SOURCE4 : SOURCE6;
        byte[] framed = udp(source, version == 4 ? PEER4 : PEER6, random(3, 1232), 0);
        byte[] expected = Packets.received(framed.clone()).getFirst();

        List<byte[]> twice = new ArrayList<>();
        for (byte[] fragment : cut(framed, 1200)) {
            twice.addAll(cut(Packets.plain(fragment), 600));
        }

        assertThat(twice).hasSizeGreaterThan(2).allMatch(each -> each.length <= 600);
        assertThat(join(twice)).isEqualTo(expected);
    }

    @Test
    void shouldMakeTheseBytes() {
        byte[] framed = Packets.plain(Packets.ip(SOURCE6, PEER6, 253, random(4, 96), 0));
        Arrays.fill(framed, 50, framed.length, (byte) 0xAB);

        List<byte[]> fragments = cut(framed, 128);

        // RFC 8200, section 4.5: next header 253, offsets 0 and 80, more fragments, id 77.
        assertThat(HexFormat.of().formatHex(fragments.get(0), 0, 50))
                .isEqualTo(
                        "6001234500582c40fd000000000000000000000000000000"
                                + "fd000000000000000000000000000002fd0000010000004dabab");
        assertThat(HexFormat.of().formatHex(fragments.get(1), 0, 50))
                .isEqualTo(
                        "6001234500182c40fd000000000000000000000000000000"
                                + "fd000000000000000000000000000002fd0000500000004dabab");
    }
}
