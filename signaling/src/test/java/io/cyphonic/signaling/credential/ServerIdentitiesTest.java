package io.cyphonic.signaling.credential;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

class ServerIdentitiesTest {
    private static final Duration HALF_LIFE = CertificateAuthority.SERVER_LIFETIME.dividedBy(2);

    @TempDir Path directory;
    private Instant now = Instant.parse("2026-11-22T12:00:00Z");

    @Test
    void shouldShowANewCertificateWhenHalfOfTheLifeOfTheOldOneIsOver() throws Exception {
        try (CertificateAuthority authority =
                CertificateAuthority.create(
                        directory, "example.internal", new SecureRandom(), now.toEpochMilli())) {
            RenewedKeyManager keys =
                    new RenewedKeyManager(
                            new ServerIdentities(
                                    authority,
                                    List.of(InetAddress.getLoopbackAddress()),
                                    () -> now));
            String first = keys.chooseServerAlias("EdDSA", null, null);
            now = now.plus(HALF_LIFE).minusMillis(1);
            assertThat(keys.chooseServerAlias("EdDSA", null, null)).isEqualTo(first);

            now = now.plusMillis(1);
            String second = keys.chooseServerAlias("EdDSA", null, null);

            assertThat(second).isNotEqualTo(first);
            assertThat(keys.getCertificateChain(second)[0].getNotAfter())
                    .isAfter(keys.getCertificateChain(first)[0].getNotAfter());
            assertThat(keys.getPrivateKey(second)).isNotEqualTo(keys.getPrivateKey(first));
            assertThat(keys.getPrivateKey("another")).isNull();
            assertThat(keys.chooseServerAlias("RSA", null, null)).isNull();
        }
    }
}
