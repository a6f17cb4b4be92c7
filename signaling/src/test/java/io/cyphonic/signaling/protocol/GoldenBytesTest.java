package io.cyphonic.signaling.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * The bytes of every format, fixed: whoever changes one breaks the peers that are out there. The
 * values were computed from the schema by an independent encoder.
 */
class GoldenBytesTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final long NUMBER = 0x0102030405060708L;
    private static final long TIME = 0x018F00000000L;
    private static final Id128 ID = new Id128(0x1112131415161718L, 0x191a1b1c1d1e1f20L);
    private static final Id128 OTHER_ID = new Id128(0x2122232425262728L, 0x292a2b2c2d2e2f30L);
    private static final Inet4Address IPV4 = (Inet4Address) InetAddress.ofLiteral("10.121.0.2");
    private static final Inet6Address IPV6 = (Inet6Address) InetAddress.ofLiteral("fd00::2");
    private static final InetSocketAddress ENDPOINT4 =
            new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 7447);
    private static final InetSocketAddress ENDPOINT6 =
            new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 40000);
    private static final List<Candidate> CANDIDATES =
            List.of(
                    new Candidate(ENDPOINT4, CandidateKind.OBSERVED),
                    new Candidate(ENDPOINT6, CandidateKind.LOCAL));
    private static final String FQDN = "a.cyphonic.internal";
    private static final byte[] DATA = bytes(1, 2, 3);
    private static final RelayServer RELAY = new RelayServer(258, ENDPOINT4, ENDPOINT6, 443);
    private static final String RELAY_HEX =
            "0102"
                    + "00000000000000000000ffffc00002011d17"
                    + "20010db80000000000000000000000019c40"
                    + "01bb";

    static Stream<Arguments> messages() {
        return Stream.of(
                Arguments.of(
                        new ControlMessage.EnrolRequest(TIME, ID, DATA, bytes(4, 5)),
                        "0018000100010002"
                                + "0000018f000000001112131415161718191a1b1c1d1e1f200003010203000204"
                                + "05"),
                Arguments.of(
                        new ControlMessage.EnrolResponse(
                                Status.OK,
                                TIME,
                                ID,
                                IPV4,
                                16,
                                IPV6,
                                64,
                                FQDN,
                                "cyphonic.internal",
                                DATA),
                        "003b000200010002"
                                + "0000018f000000001112131415161718191a1b1c1d1e1f200000000000000000"
                                + "0000ffff0a790002fd0000000000000000000000000000021040000013612e63"
                                + "7970686f6e69632e696e7465726e616c0011637970686f6e69632e696e746572"
                                + "6e616c0003010203"),
                Arguments.of(
                        new ControlMessage.LoginRequest(TIME, DATA),
                        "0008000300010002" + "0000018f000000000003010203"),
                Arguments.of(
                        new ControlMessage.LoginResponse(
                                Status.CLOCK_SKEW,
                                TIME,
                                ID,
                                NUMBER,
                                TIME + 1,
                                5,
                                15,
                                List.of(ENDPOINT4, ENDPOINT6),
                                DATA,
                                bytes(),
                                List.of(RELAY)),
                        "0033000400010002"
                                + "0000018f000000001112131415161718191a1b1c1d1e1f200102030405060708"
                                + "0000018f000000010000000000000005000f0b00120200000000000000000000"
                                + "ffffc00002011d1720010db80000000000000000000000019c40000301020300"
                                + "000029"
                                + "28"
                                + RELAY_HEX),
                Arguments.of(
                        new ControlMessage.RegistrationRequest(
                                NUMBER,
                                CANDIDATES,
                                List.of(
                                        new RelayRoundTrip(258, 20),
                                        new RelayRoundTrip(3, RelayRoundTrip.UNREACHABLE)),
                                ENDPOINT6,
                                7),
                        "0022000a00010002"
                                + "0102030405060708"
                                + "20010db80000000000000000000000019c400000000000000007"
                                + "00130200000000000000000000ffffc00002011d17012001"
                                + "0db80000000000000000000000019c4000"
                                + "0009"
                                + "04"
                                + "01020014"
                                + "0003ffff"),
                Arguments.of(
                        new ControlMessage.RegistrationResponse(NUMBER, Status.OK, ENDPOINT6, 5, 7),
                        "002b000b00010002"
                                + "010203040506070820010db80000000000000000000000019c40000000000000"
                                + "000500"
                                + "0000000000000007"),
                Arguments.of(
                        new ControlMessage.KeepAlive(NUMBER),
                        "0008000c00010002" + "0102030405060708"),
                Arguments.of(
                        new ControlMessage.KeepAliveAck(
                                NUMBER, Status.NOT_REGISTERED, ENDPOINT4, 5),
                        "0023000d00010002"
                                + "010203040506070800000000000000000000ffffc00002011d17000000000000"
                                + "000507"),
                Arguments.of(
                        new ControlMessage.DirectionRequest(NUMBER, "", IPV4),
                        "0018000e00010002"
                                + "010203040506070800000000000000000000ffff0a7900020000"),
                Arguments.of(
                        new ControlMessage.RouteDirectionToResponder(
                                NUMBER,
                                ID,
                                OTHER_ID,
                                IPV4,
                                IPV6,
                                Procedure.DIRECT,
                                CANDIDATES,
                                FQDN,
                                DATA,
                                new RelayGrant(
                                        RELAY,
                                        RelayHeader.RESPONDER,
                                        TIME,
                                        125_000,
                                        HEX.parseHex("000102030405060708090a0b0c0d0e0f"))),
                        "0049000f00010002"
                                + "01020304050607081112131415161718191a1b1c1d1e1f202122232425262728"
                                + "292a2b2c2d2e2f3000000000000000000000ffff0a790002fd00000000000000"
                                + "00000000000000020100130200000000000000000000ffffc00002011d170120"
                                + "010db80000000000000000000000019c40000013612e637970686f6e69632e69"
                                + "6e7465726e616c0003010203"
                                + "0048"
                                + RELAY_HEX
                                + "010000000001e8480000018f00000000"
                                + "000102030405060708090a0b0c0d0e0f"),
                Arguments.of(
                        new ControlMessage.RouteDirectionConfirmation(NUMBER, ID, Status.OK, DATA),
                        "0019001000010002"
                                + "01020304050607081112131415161718191a1b1c1d1e1f20000003010203"),
                Arguments.of(
                        new ControlMessage.RouteDirectionToInitiator(
                                NUMBER,
                                Status.PEER_OFFLINE,
                                Id128.NONE,
                                Id128.NONE,
                                null,
                                null,
                                null,
                                List.of(),
                                "",
                                bytes(),
                                null),
                        "004a001100010002"
                                + "0102030405060708000000000000000000000000000000000000000000000000"
                                + "0000000000000000000000000000000000000000000000000000000000000000"
                                + "0000000000000000ff09001300000000000000"),
                Arguments.of(
                        new ControlMessage.Finalization(NUMBER),
                        "0008001200010002" + "0102030405060708"),
                Arguments.of(
                        new ControlMessage.FinalizationAck(NUMBER, Status.OK),
                        "0009001300010002" + "010203040506070800"),
                Arguments.of(
                        new ControlMessage.RevocationQuery(NUMBER, 5),
                        "0010001400010002" + "01020304050607080000000000000005"),
                Arguments.of(
                        new ControlMessage.RevocationNotice(NUMBER, 6, List.of(ID)),
                        "0010001500010002"
                                + "010203040506070800000000000000060010011112131415161718191a1b1c1d"
                                + "1e1f20"),
                Arguments.of(
                        new ControlMessage.TunnelRequestPayload(TIME, 1400, DATA),
                        "000a001e00010002" + "0000018f0000000005780003010203"),
                Arguments.of(
                        new ControlMessage.TunnelResponsePayload(ENDPOINT4, 1400),
                        "0014001f00010002" + "00000000000000000000ffffc00002011d170578"),
                Arguments.of(
                        new ControlMessage.PathProbe(NUMBER),
                        "0008002800010002" + "0102030405060708"),
                Arguments.of(
                        new ControlMessage.PathProbeAck(NUMBER, null),
                        "001a002900010002"
                                + "0102030405060708000000000000000000000000000000000000"),
                Arguments.of(
                        new ControlMessage.TunnelClose(Status.FORBIDDEN),
                        "0001002a00010002" + "03"),
                Arguments.of(
                        new ControlMessage.MtuProbe(NUMBER),
                        "0008003c00010002" + "0102030405060708"),
                Arguments.of(
                        new ControlMessage.MtuProbeAck(NUMBER, 1400),
                        "000a003d00010002" + "01020304050607080578"),
                Arguments.of(
                        new ControlMessage.CandidateUpdate(
                                NUMBER,
                                true,
                                List.of(new Candidate(ENDPOINT4, CandidateKind.LOCAL))),
                        "0009003200010002"
                                + "010203040506070801"
                                + "001301"
                                + "00000000000000000000ffffc00002011d1700"),
                Arguments.of(
                        new ControlMessage.CandidateUpdateAck(NUMBER),
                        "0008003300010002" + "0102030405060708"));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void shouldEncodeAMessageIntoTheseBytes(ControlMessage message, String hex) {
        assertThat(HEX.formatHex(ControlMessageCodec.encode(message))).isEqualTo(hex);
        byte[] encoded = HEX.parseHex(hex);
        assertThat(ControlMessageCodec.decode(encoded, 0, encoded.length))
                .usingRecursiveComparison()
                .isEqualTo(message);
    }

    @Test
    void shouldFixTheBytesOfEveryMessage() {
        assertThat(messages().<Class<?>>map(arguments -> arguments.get()[0].getClass()))
                .containsExactlyInAnyOrder(ControlMessage.class.getPermittedSubclasses());
    }

    @Test
    void shouldWriteACapsuleHeaderIntoTheseBytes() {
        byte[] buffer = new byte[CapsuleHeader.LENGTH + 2];
        int flags = CapsuleHeader.FLAG_PARTIAL_CHECKSUM | CapsuleHeader.FLAG_SEGMENT;

        CapsuleHeader.write(
                MemorySegment.ofArray(buffer),
                1,
                flags,
                CapsuleHeader.segmentData(52, 66),
                0xA1A2A3A4,
                NUMBER);

        assertThat(HEX.formatHex(buffer)).isEqualTo("0044030d02a1a2a3a4010203040506070800");
        assertThat(CapsuleHeader.flags(MemorySegment.ofArray(buffer), 1)).isEqualTo(flags);
        assertThat(CapsuleHeader.receiverIndex(MemorySegment.ofArray(buffer), 1))
                .isEqualTo(0xA1A2A3A4);
        assertThat(CapsuleHeader.counter(MemorySegment.ofArray(buffer), 1)).isEqualTo(NUMBER);
        int segmentData = CapsuleHeader.segmentData(MemorySegment.ofArray(buffer), 1);
        assertThat(CapsuleHeader.innerHeaderLength(segmentData)).isEqualTo(52);
        assertThat(CapsuleHeader.segmentIndex(segmentData)).isEqualTo(2);
    }

    @Test
    void shouldReadAllBitsOfTheSegmentDataAsUnsigned() {
        byte[] buffer = new byte[CapsuleHeader.LENGTH];

        CapsuleHeader.write(
                MemorySegment.ofArray(buffer),
                0,
                0xFF,
                CapsuleHeader.segmentData(1023, 63),
                -1,
                -1);

        assertThat(CapsuleHeader.segmentData(MemorySegment.ofArray(buffer), 0)).isEqualTo(0xFFFF);
        assertThat(CapsuleHeader.flags(MemorySegment.ofArray(buffer), 0)).isEqualTo(0xFF);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
