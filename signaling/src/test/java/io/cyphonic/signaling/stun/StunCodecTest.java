package io.cyphonic.signaling.stun;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

class StunCodecTest {
    private static final StunTransactionId ID =
            new StunTransactionId(0xb7e7a701, 0xbc34d686fa87dfaeL);

    /** RFC 5769, section 2.1: sample request. */
    private static final byte[] SAMPLE_REQUEST =
            bytes(
                    """
                    00010058 2112a442 b7e7a701 bc34d686 fa87dfae
                    80220010 5354554e 20746573 7420636c 69656e74
                    00240004 6e0001ff
                    80290008 932ff9b1 51263b36
                    00060009 6576746a 3a683676 59202020
                    00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
                    80280004 e57a3bcf
                    """);

    /** RFC 5769, section 2.2: sample IPv4 response. */
    private static final byte[] SAMPLE_IPV4_RESPONSE =
            bytes(
                    """
                    0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
                    8022000b 74657374 20766563 746f7220
                    00200008 0001a147 e112a643
                    00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
                    80280004 c07d4c96
                    """);

    /** RFC 5769, section 2.3: sample IPv6 response. */
    private static final byte[] SAMPLE_IPV6_RESPONSE =
            bytes(
                    """
                    01010048 2112a442 b7e7a701 bc34d686 fa87dfae
                    8022000b 74657374 20766563 746f7220
                    00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
                    00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
                    80280004 c8fb0b4c
                    """);

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }

    private static InetSocketAddress address(String host, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(host), port);
    }

    private static StunMessage decode(byte[] bytes) {
        return StunCodec.decode(bytes, bytes.length);
    }

    @Test
    void shouldReadTheSampleRequest() {
        StunMessage request = decode(SAMPLE_REQUEST);

        assertThat(request.type()).isEqualTo(StunType.BINDING_REQUEST);
        assertThat(request.id()).isEqualTo(ID);
        assertThat(request.fingerprint()).isTrue();
        // PRIORITY of ICE must be understood and is not; credentials are of no interest.
        assertThat(request.unknown()).containsExactly(0x0024);
    }

    @Test
    void shouldReadTheSampleResponses() {
        StunMessage ipv4 = decode(SAMPLE_IPV4_RESPONSE);
        StunMessage ipv6 = decode(SAMPLE_IPV6_RESPONSE);

        assertThat(ipv4.type()).isEqualTo(StunType.BINDING_SUCCESS);
        assertThat(ipv4.id()).isEqualTo(ID);
        assertThat(ipv4.mapped()).isEqualTo(address("192.0.2.1", 32853));
        assertThat(ipv6.mapped()).isEqualTo(address("2001:db8:1234:5678:11:2233:4455:6677", 32853));
    }

    @Test
    void shouldWriteTheSameAddressesAsTheSamples() {
        for (byte[] sample : List.of(SAMPLE_IPV4_RESPONSE, SAMPLE_IPV6_RESPONSE)) {
            StunMessage message = decode(sample);

            byte[] written = StunCodec.encode(message);

            String attribute = HexFormat.of().formatHex(written, 20, written.length - 8);
            assertThat(HexFormat.of().formatHex(sample)).contains(attribute);
            assertThat(decode(written)).isEqualTo(message);
        }
    }

    @Test
    void shouldRefuseWhenAnyBitIsWrong() {
        // From the transaction id to the end of the mapped address, and the fingerprint itself.
        // Elsewhere a bit may make the fingerprint part of another attribute: then there is none.
        int[] bytes =
                IntStream.concat(
                                IntStream.range(8, 20),
                                IntStream.concat(IntStream.range(40, 48), IntStream.range(76, 80)))
                        .toArray();
        for (int bit :
                IntStream.of(bytes).flatMap(i -> IntStream.range(8 * i, 8 * i + 8)).toArray()) {
            byte[] altered = SAMPLE_IPV4_RESPONSE.clone();
            altered[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(decode(altered)).as("bit %d", bit).isNull();
        }
    }

    @Test
    void shouldReadAnOldServersMappedAddress() {
        byte[] response =
                bytes("0101000c 2112a442 b7e7a701 bc34d686 fa87dfae 00010008 00018055 c0000201");

        assertThat(decode(response).mapped()).isEqualTo(address("192.0.2.1", 32853));
    }

    @Test
    void shouldRoundTripEveryField() {
        StunMessage message =
                new StunMessage(
                        StunType.BINDING_SUCCESS,
                        ID,
                        address("2001:db8::1", 1),
                        address("192.0.2.7", 65535),
                        address("198.51.100.9", 3479),
                        6,
                        7449,
                        0,
                        List.of(),
                        true);
        StunMessage error =
                new StunMessage(
                        StunType.BINDING_ERROR,
                        ID,
                        null,
                        null,
                        null,
                        StunMessage.ABSENT,
                        StunMessage.ABSENT,
                        420,
                        List.of(3, 0x24, 0x7FFF),
                        false);

        assertThat(decode(StunCodec.encode(message))).isEqualTo(message);
        assertThat(decode(StunCodec.encode(error))).isEqualTo(error);
    }

    @Test
    void shouldWriteTwentyBytesWhenOnlyTheAddressIsAsked() {
        assertThat(HexFormat.of().formatHex(StunCodec.encode(StunMessage.request(ID))))
                .isEqualTo("000100002112a442b7e7a701bc34d686fa87dfae");
    }

    @Test
    void shouldNotMistakeOtherDatagramsForStun() {
        byte[] other = SAMPLE_REQUEST.clone();
        other[0] = 0x46;
        byte[] withoutCookie = SAMPLE_REQUEST.clone();
        withoutCookie[4] = 0;

        assertThat(StunCodec.isStun(SAMPLE_REQUEST, 20)).isTrue();
        assertThat(StunCodec.isStun(SAMPLE_REQUEST, 19)).isFalse();
        assertThat(StunCodec.isStun(other, other.length)).isFalse();
        assertThat(StunCodec.isStun(withoutCookie, withoutCookie.length)).isFalse();
    }

    @Test
    void shouldSurviveAnyBytes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<byte[]> samples = List.of(SAMPLE_REQUEST, SAMPLE_IPV4_RESPONSE, SAMPLE_IPV6_RESPONSE);
        int understood = 0;
        for (int round = 0; round < 50_000; round++) {
            byte[] bytes = mutated(random, samples);
            StunMessage message = decode(bytes);
            if (message != null) {
                understood++;
                // What was read can be written, and reads the same again.
                if (message.errorCode() != 0 || message.unknown().isEmpty()) {
                    assertThat(decode(StunCodec.encode(message))).as("seed %d", seed).isNotNull();
                }
            }
        }
        assertThat(understood).as("seed %d", seed).isPositive();
    }

    /** Noise, or a sample without its fingerprint that is changed, cut or continued. */
    private static byte[] mutated(Random random, List<byte[]> samples) {
        if (random.nextInt(4) == 0) {
            byte[] noise = new byte[random.nextInt(120)];
            random.nextBytes(noise);
            return noise;
        }
        byte[] sample = samples.get(random.nextInt(samples.size()));
        byte[] bytes =
                Arrays.copyOf(
                        sample, Math.max(20, sample.length - 8 + 4 * (random.nextInt(5) - 2)));
        for (int i = random.nextInt(4); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        bytes[2] = 0;
        bytes[3] = (byte) (bytes.length - 20);
        return bytes;
    }
}
