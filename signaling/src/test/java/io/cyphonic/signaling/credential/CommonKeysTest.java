package io.cyphonic.signaling.credential;

import static io.cyphonic.signaling.credential.CredentialFixtures.NODE_ID;
import static io.cyphonic.signaling.credential.CredentialFixtures.NOW;
import static io.cyphonic.signaling.credential.CredentialFixtures.RANDOM;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.cyphonic.signaling.protocol.Id128;

import org.junit.jupiter.api.Test;

import java.util.HexFormat;

class CommonKeysTest {
    private final byte[] secret = new byte[CommonKeys.SECRET_LENGTH];

    @Test
    void shouldCarryTheEndInTheLoginIdWhenDrawn() {
        long loginId = CommonKeys.newLoginId(RANDOM, NOW + 1);

        assertThat(CommonKeys.expiryMillis(loginId)).isEqualTo(NOW + 3_600_000);
        assertThat(CommonKeys.newLoginId(RANDOM, NOW)).isNotEqualTo(loginId);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CommonKeys.newLoginId(RANDOM, Long.MAX_VALUE));
    }

    @Test
    void shouldGiveAnotherKeyWhenSecretNodeOrLoginDiffers() {
        byte[] key = CommonKeys.derive(secret, NODE_ID, 1);

        assertThat(CommonKeys.derive(secret, NODE_ID, 1)).isEqualTo(key);
        assertThat(CommonKeys.derive(secret, NODE_ID, 2)).isNotEqualTo(key);
        assertThat(CommonKeys.derive(secret, new Id128(0, 1), 1)).isNotEqualTo(key);
        byte[] otherSecret = secret.clone();
        otherSecret[31] = 1;
        assertThat(CommonKeys.derive(otherSecret, NODE_ID, 1)).isNotEqualTo(key);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CommonKeys.derive(new byte[16], NODE_ID, 1));
    }

    @Test
    void shouldNotChangeBetweenReleasesWhenDerived() {
        assertThat(HexFormat.of().formatHex(CommonKeys.derive(secret, NODE_ID, 1)))
                .isEqualTo("e8d0f295410d6c4f785ffd646906b6b57347b9afd98dd154cd5c3ab4a5020818");
    }
}
