package io.cyphonic.engine.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.signaling.net.VirtioNetHeader;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

/** Golden bytes of Fragmentation Needed and Packet Too Big, and when neither may be sent. */
class TooBigAnswerTest {
    private static final byte[] SOURCE4 = {10, 121, 0, 1};
    private static final byte[] PEER4 = {10, 121, 0, 2};
    private static final byte[] SOURCE6 = ipv6(1);
    private static final byte[] PEER6 = ipv6(2);
    private static final byte[] PAYLOAD = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    private static final int AT = VirtioNetHeader.LENGTH;

    private final byte[] out = new byte[TooBigAnswer.CAPACITY];

    private static byte[] ipv6(int host) {
        byte[] address = new byte[16];
        address[0] = (byte) 0xFD;
        address[15] = (byte) host;
        return address;
    }

    private byte[] answer(byte[] framed, int length, int mtu) {
        int bytes = TooBigAnswer.write(framed, AT, length, mtu, out);
        return Arrays.copyOf(out, bytes);
    }

    @Test
    void shouldTellTheHostAboutTheFirstSegmentOfAnIpv4SuperPacket() {
        byte[] framed = Packets.tcpSuper(SOURCE4, PEER4, 7, 0x10, PAYLOAD, 4);

        // Computed apart from the code (RFC 792, RFC 1191); the quoted packet is segment 0.
        assertThat(HexFormat.of().formatHex(answer(framed, 56, 1220)))
                .isEqualTo(
                        "00000000000000000000"
                                + "45c0005400004000400124f50a7900020a790001"
                                + "0304b58f000004c4"
                                + "4500003803e84000400621e40a7900010a790002"
                                + "9c4001bb000000070000004d8010020015270000"
                                + "0101080a000000070000000901020304");
    }

    @Test
    void shouldTellTheHostAboutTheFirstSegmentOfAnIpv6SuperPacket() {
        byte[] framed = Packets.tcpSuper(SOURCE6, PEER6, 7, 0x10, PAYLOAD, 4);

        // Computed apart from the code (RFC 4443, section 3.2).
        assertThat(HexFormat.of().formatHex(answer(framed, 76, 1280)))
                .isEqualTo(
                        "00000000000000000000"
                                + "6000000000543a40fd000000000000000000000000000002"
                                + "fd000000000000000000000000000001"
                                + "0200530500000500"
                                + "6001234500240640fd000000000000000000000000000001"
                                + "fd000000000000000000000000000002"
                                + "9c4001bb000000070000004d80100200fa360000"
                                + "0101080a000000070000000901020304");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void shouldQuoteNoMoreThanMayBeAndHaveRightChecksums(int version) {
        byte[] source = version == 4 ? SOURCE4 : SOURCE6;
        byte[] framed = Packets.udp(source, version == 4 ? PEER4 : PEER6, new byte[1500], 0);

        byte[] packet = answer(framed, framed.length - AT, 1300);

        byte[] ip = Arrays.copyOfRange(packet, AT, packet.length);
        assertThat(ip).hasSize(version == 4 ? 576 : 1280);
        assertThat(Packets.checksumsRight(ip)).isTrue();
        int start = version == 4 ? 20 : 40;
        long sum = Checksum.sum(ip, start, ip.length - start);
        if (version == 6) {
            sum += Checksum.pseudoHeader(ip, 0, 58) + ip.length - start;
        }
        assertThat(Checksum.fold(sum)).isEqualTo(0xFFFF);
    }

    @Test
    void shouldNotAnswerErrorsNorLaterFragmentsNorSendersThatAreNotOneHost() {
        byte[] icmp = Packets.plain(Packets.ip(SOURCE4, PEER4, 1, new byte[1400], 1));
        for (byte type : new byte[] {3, 4, 5, 11, 12}) {
            icmp[AT + 20] = type;
            assertThat(answer(icmp, 1420, 1220)).isEmpty();
        }
        icmp[AT + 20] = 8;
        assertThat(answer(icmp, 1420, 1220)).isNotEmpty();
        icmp[AT + 7] = 1;
        assertThat(answer(icmp, 1420, 1220)).as("a later fragment").isEmpty();
        for (byte[] nobody : new byte[][] {{0, 0, 0, 0}, {127, 0, 0, 1}, {(byte) 224, 0, 0, 1}}) {
            byte[] framed = Packets.udp(nobody, PEER4, new byte[1400], 0);
            assertThat(answer(framed, 1428, 1220)).isEmpty();
        }
        byte[] icmpv6 = Packets.plain(Packets.ip(SOURCE6, PEER6, 58, new byte[1400], 1));
        icmpv6[AT + 40] = 3;
        assertThat(answer(icmpv6, 1440, 1280)).isEmpty();
        icmpv6[AT + 40] = (byte) 128;
        assertThat(answer(icmpv6, 1440, 1280)).isNotEmpty();
        Arrays.fill(icmpv6, AT + 8, AT + 24, (byte) 0);
        assertThat(answer(icmpv6, 1440, 1280)).as("from nobody").isEmpty();
        icmpv6[AT + 8] = (byte) 0xFF;
        assertThat(answer(icmpv6, 1440, 1280)).as("from a group").isEmpty();
    }

    @Test
    void shouldTakeAnyPacketThatTheCutterTakes() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        SuperPacketCutter cutter = new SuperPacketCutter();
        int taken = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] framed = new byte[AT + 20 + random.nextInt(200)];
            random.nextBytes(framed);
            Arrays.fill(framed, 0, AT, (byte) 0);
            framed[AT] = (byte) (random.nextBoolean() ? 0x40 | 5 + random.nextInt(11) : 0x60);
            int length = framed.length - AT;
            int field = framed[AT] >>> 4 == 6 ? length - 40 : length;
            ByteBuffer.wrap(framed).putShort(AT + (framed[AT] >>> 4 == 6 ? 4 : 2), (short) field);
            if (cutter.parse(MemorySegment.ofArray(framed), 0, framed.length)
                    == SuperPacketCutter.OK) {
                taken++;
                assertThat(TooBigAnswer.write(framed, AT, cutter.segmentLength(0), 1280, out))
                        .as("seed %d", seed)
                        .isLessThanOrEqualTo(TooBigAnswer.CAPACITY);
                new PacketFragmenter(1).cut(cutter, 128);
            }
        }
        assertThat(taken).isGreaterThan(1000);
    }
}
