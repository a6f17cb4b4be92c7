package io.cyphonic.signaling.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.security.SecureRandom;
import java.util.HexFormat;

class ControlCipherTest {
    private static final long LOGIN = 0x0102030405060708L;
    private static final Id128 NODE = new Id128(0x1112131415161718L, 0x191a1b1c1d1e1f20L);
    private static final ControlMessage MESSAGE = new ControlMessage.KeepAlive(99);

    private final SecureRandom random = new SecureRandom();
    private final byte[] commonKey = randomKey();
    private final ControlCipher node = new ControlCipher(commonKey, LOGIN, NODE);
    private final ControlCipher nms = new ControlCipher(commonKey, LOGIN, NODE);

    @Test
    void shouldOpenAtTheOtherEndWhatOneEndSealed() {
        byte[] request = node.sealToNms(MESSAGE, 7);
        byte[] answer = nms.sealToNode(MESSAGE, random);

        assertThat(ControlEnvelope.peek(request, request.length))
                .isEqualTo(new ControlEnvelope.Header(ControlEnvelope.TO_NMS, LOGIN, NODE, 7));
        assertThat(nms.open(request, request.length, ControlEnvelope.TO_NMS)).isEqualTo(MESSAGE);
        assertThat(node.open(answer, answer.length, ControlEnvelope.TO_NODE)).isEqualTo(MESSAGE);
    }

    @Test
    void shouldRefuseADatagramThatIsTurnedRound() {
        byte[] request = node.sealToNms(MESSAGE, 7);

        assertThat(node.open(request, request.length, ControlEnvelope.TO_NODE)).isNull();
        request[2] = ControlEnvelope.TO_NODE;
        assertThat(node.open(request, request.length, ControlEnvelope.TO_NODE)).isNull();
    }

    @Test
    void shouldRefuseAnyChangedBitAndAnyCut() {
        byte[] request = node.sealToNms(MESSAGE, 7);

        for (int bit = 0; bit < request.length * 8; bit++) {
            byte[] changed = request.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(nms.open(changed, changed.length, ControlEnvelope.TO_NMS))
                    .as("bit %d", bit)
                    .isNull();
        }
        for (int length = 0; length < request.length; length++) {
            assertThat(nms.open(request, length, ControlEnvelope.TO_NMS)).isNull();
        }
    }

    @Test
    void shouldRefuseWhatAnotherLoginOrNodeSealed() {
        byte[] request = node.sealToNms(MESSAGE, 7);

        for (ControlCipher other :
                new ControlCipher[] {
                    new ControlCipher(commonKey, LOGIN + 1, NODE),
                    new ControlCipher(commonKey, LOGIN, Id128.NONE),
                    new ControlCipher(randomKey(), LOGIN, NODE)
                }) {
            assertThat(other.open(request, request.length, ControlEnvelope.TO_NMS)).isNull();
        }
    }

    @Test
    void shouldRefuseToSealWhatDoesNotFitADatagram() {
        ControlMessage large = new ControlMessage.LoginRequest(0, new byte[1200]);

        assertThatThrownBy(() -> node.sealToNms(large, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("LoginRequest");
    }

    @Test
    void shouldNeitherSealNorOpenAfterItIsClosed() {
        byte[] answer = nms.sealToNode(MESSAGE, random);

        node.close();

        assertThat(node.open(answer, answer.length, ControlEnvelope.TO_NODE)).isNull();
        assertThatThrownBy(() -> node.sealToNms(MESSAGE, 8))
                .isInstanceOf(IllegalStateException.class);
    }

    /** Computed independently with another implementation of HKDF-Expand and AES-256-GCM. */
    @Test
    void shouldWriteTheBytesOfTheProtocolDocument() {
        byte[] key =
                HexFormat.of()
                        .parseHex(
                                "000102030405060708090a0b0c0d0e0f"
                                        + "101112131415161718191a1b1c1d1e1f");
        try (ControlCipher cipher = new ControlCipher(key, LOGIN, NODE)) {
            assertThat(HexFormat.of().formatHex(cipher.sealToNms(MESSAGE, 7)))
                    .isEqualTo(
                            "4601010001020304050607081112131415161718191a1b1c1d1e1f20"
                                + "000000000000000000000007"
                                + "c64a5c6b8f2660162cde120d09588d6452ebc1a68ff856225e3b0e010c352354");
        }
    }

    private byte[] randomKey() {
        byte[] key = new byte[ControlCipher.COMMON_KEY_LENGTH];
        random.nextBytes(key);
        return key;
    }
}
