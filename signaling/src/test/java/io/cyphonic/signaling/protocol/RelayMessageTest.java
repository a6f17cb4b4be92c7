package io.cyphonic.signaling.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;

class RelayMessageTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final Id128 PATH = new Id128(0x1112131415161718L, 0x191a1b1c1d1e1f20L);
    private static final Id128 NODE = new Id128(0x2122232425262728L, 0x292a2b2c2d2e2f30L);
    private static final long SEQUENCE = 0x0102030405060708L;
    private static final byte[] COOKIE = HEX.parseHex("303132333435363738393a3b3c3d3e3f");
    private static final String NO_CODE = "00000000000000000000000000000000";

    static Stream<Arguments> messages() {
        return Stream.of(
                Arguments.of(
                        new RelayMessage.Bind(
                                1, PATH, NODE, 0x018F00000000L, 125_000, SEQUENCE, COOKIE),
                        "48010100"
                                + "1112131415161718191a1b1c1d1e1f20"
                                + "2122232425262728292a2b2c2d2e2f30"
                                + "0000018f00000000"
                                + "0001e848"
                                + "0102030405060708"
                                + "303132333435363738393a3b3c3d3e3f"
                                + NO_CODE),
                Arguments.of(
                        new RelayMessage.Challenge(0, SEQUENCE, COOKIE),
                        "49010000"
                                + "0102030405060708"
                                + "303132333435363738393a3b3c3d3e3f"
                                + NO_CODE),
                Arguments.of(
                        new RelayMessage.Bound(
                                1,
                                true,
                                SEQUENCE,
                                0xA1A2A3A4,
                                new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 40000)),
                        "4a010101"
                                + "0102030405060708"
                                + "a1a2a3a4"
                                + "00000000000000000000ffffc00002019c40"
                                + "0000"
                                + NO_CODE),
                Arguments.of(
                        new RelayMessage.Refused(
                                0, RelayMessage.Reason.EXPIRED, SEQUENCE, 0xA1A2A3A4),
                        "4b010002" + "0102030405060708" + "a1a2a3a4" + NO_CODE));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void shouldEncodeAMessageIntoTheseBytes(RelayMessage message, String hex) {
        assertThat(HEX.formatHex(RelayMessage.encode(message))).isEqualTo(hex);
        byte[] encoded = HEX.parseHex(hex);
        assertThat(RelayMessage.decode(encoded, encoded.length))
                .usingRecursiveComparison()
                .isEqualTo(message);
    }

    @ParameterizedTest
    @MethodSource("messages")
    void shouldReturnNullWhenAMessageIsCutOrTooLong(RelayMessage message, String hex) {
        byte[] encoded = RelayMessage.encode(message);
        for (int length = 0; length < encoded.length; length++) {
            assertThat(RelayMessage.decode(encoded, length)).isNull();
            assertThat(RelayMessage.decode(Arrays.copyOf(encoded, length), length)).isNull();
        }
        byte[] longer = Arrays.copyOf(encoded, encoded.length + 1);
        assertThat(RelayMessage.decode(longer, longer.length)).isNull();
        assertThat(RelayMessage.decode(encoded, encoded.length + 1)).isNull();
    }

    @Test
    void shouldNeverAnswerWithMoreThanWasAsked() {
        assertThat(RelayMessage.BIND_LENGTH)
                .isGreaterThan(RelayMessage.CHALLENGE_LENGTH)
                .isGreaterThan(RelayMessage.BOUND_LENGTH)
                .isGreaterThan(RelayMessage.REFUSED_LENGTH);
        int shortestCapsule = RelayHeader.LENGTH + CapsuleHeader.OVERHEAD;
        assertThat(RelayMessage.CHALLENGE_LENGTH).isLessThanOrEqualTo(shortestCapsule);
    }

    @Test
    void shouldSurviveAnyBytes() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int read = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] noise = new byte[random.nextInt(90)];
            random.nextBytes(noise);
            if (noise.length > 3) {
                noise[0] = (byte) (0x47 + random.nextInt(6));
                noise[1] = (byte) random.nextInt(3);
                noise[2] = (byte) random.nextInt(3);
                noise[3] = (byte) random.nextInt(6);
            }
            int length = random.nextInt(noise.length + 3);
            try {
                RelayMessage message = RelayMessage.decode(noise, length);
                if (message != null) {
                    read++;
                    assertThat(RelayMessage.encode(message)).as("seed %d", seed).hasSize(length);
                }
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", " + HEX.formatHex(noise), e);
            }
        }
        assertThat(read).as("seed %d", seed).isPositive();
    }

    @Test
    void shouldWriteARelayHeaderIntoTheseBytes() {
        byte[] buffer = new byte[RelayHeader.LENGTH + 2];

        RelayHeader.write(buffer, 1, RelayHeader.RESPONDER, 0x0A0B0C0D0E0FL, 0xA1A2A3A4);

        assertThat(HEX.formatHex(buffer))
                .isEqualTo("00" + "47010a0b0c0d0e0fa1a2a3a4" + "0000000000000000" + "00");
        assertThat(RelayHeader.side(buffer, 1)).isEqualTo(RelayHeader.RESPONDER);
        assertThat(RelayHeader.counter(buffer, 1)).isEqualTo(0x0A0B0C0D0E0FL);
        assertThat(RelayHeader.channel(buffer, 1)).isEqualTo(0xA1A2A3A4);
        assertThat(RelayHeader.hasKnownFlags(buffer, 1)).isTrue();
        assertThat(RelayHeader.isRelayed(buffer, 1, 21)).isTrue();
        assertThat(RelayHeader.isRelayed(buffer, 1, 20)).isFalse();
        buffer[2] = 3;
        assertThat(RelayHeader.hasKnownFlags(buffer, 1)).isFalse();
    }

    @Test
    void shouldReadTheHighestCounter() {
        byte[] buffer = new byte[RelayHeader.LENGTH];

        RelayHeader.write(buffer, 0, RelayHeader.INITIATOR, RelayHeader.MAX_COUNTER, -1);

        assertThat(RelayHeader.counter(buffer, 0)).isEqualTo(RelayHeader.MAX_COUNTER);
        assertThat(RelayHeader.side(buffer, 0)).isEqualTo(RelayHeader.INITIATOR);
    }
}
