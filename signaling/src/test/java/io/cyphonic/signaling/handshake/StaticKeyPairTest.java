package io.cyphonic.signaling.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.security.SecureRandom;
import java.util.HexFormat;

class StaticKeyPairTest {
    /** RFC 7748, section 6.1: Alice's keys. */
    @Test
    void shouldDeriveThePublicKeyOfAPrivateOne() {
        HexFormat hex = HexFormat.of();
        byte[] alice =
                hex.parseHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");

        try (StaticKeyPair pair = StaticKeyPair.ofPrivate(alice)) {
            assertThat(hex.formatHex(pair.publicKey()))
                    .isEqualTo("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
        }
    }

    @Test
    void shouldWipeThePrivateKeyWhenClosed() {
        StaticKeyPair pair = StaticKeyPair.generate(new SecureRandom());
        byte[] privateKey = pair.privateKey();
        assertThat(privateKey).isNotEqualTo(new byte[StaticKeyPair.KEY_LENGTH]);

        pair.close();

        assertThat(privateKey).isEqualTo(new byte[StaticKeyPair.KEY_LENGTH]);
    }

    @Test
    void shouldRefuseAKeyOfAnotherLength() {
        assertThatThrownBy(() -> StaticKeyPair.ofPrivate(new byte[31]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("31");
    }
}
