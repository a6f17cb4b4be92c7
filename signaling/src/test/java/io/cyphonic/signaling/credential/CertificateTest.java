package io.cyphonic.signaling.credential;

import static io.cyphonic.signaling.credential.CredentialFixtures.FQDN;
import static io.cyphonic.signaling.credential.CredentialFixtures.IPV4;
import static io.cyphonic.signaling.credential.CredentialFixtures.IPV6;
import static io.cyphonic.signaling.credential.CredentialFixtures.NODE_ID;
import static io.cyphonic.signaling.credential.CredentialFixtures.NOW;
import static io.cyphonic.signaling.credential.CredentialFixtures.RANDOM;
import static io.cyphonic.signaling.credential.CredentialFixtures.ip;
import static io.cyphonic.signaling.credential.CredentialFixtures.issue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.cyphonic.signaling.credential.CertificateVerifier.Reason;
import io.cyphonic.signaling.credential.CertificateVerifier.Verdict;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

class CertificateTest {
    @TempDir Path directory;
    private CertificateAuthority ca;
    private final NodeKeys keys = NodeKeys.generate(RANDOM);

    @BeforeEach
    void createCa() throws Exception {
        ca = CertificateAuthority.create(directory, "cyphonic.internal", RANDOM, NOW);
    }

    @Test
    void shouldBindNameAddressesAndKeysWhenIssued() {
        Verdict verdict = ca.verifier().verify(issue(ca, keys, NOW).der(), NOW);

        NodeCertificate certificate = ((Verdict.Valid) verdict).certificate();
        assertThat(certificate.fqdn()).isEqualTo(FQDN);
        assertThat(certificate.nodeId()).isEqualTo(NODE_ID);
        assertThat(certificate.virtualIpv4()).isEqualTo(IPV4);
        assertThat(certificate.virtualIpv6()).isEqualTo(IPV6);
        assertThat(certificate.identityKey()).isEqualTo(keys.identityKey());
        assertThat(certificate.tunnelKey()).isEqualTo(keys.tunnelKey());
        assertThat(certificate.notBeforeMillis()).isEqualTo(NOW - 300_000);
        assertThat(certificate.notAfterMillis()).isEqualTo(NOW + 30 * 86_400_000L);
        assertThat(certificate.der().length).as("must fit a handshake datagram").isLessThan(700);
    }

    @Test
    void shouldBeReadableForTheJdkWhenIssued() throws Exception {
        byte[] der = issue(ca, keys, NOW).der();

        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509Certificate node =
                (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
        X509Certificate root =
                (X509Certificate)
                        factory.generateCertificate(new ByteArrayInputStream(ca.caCertificate()));

        node.verify(root.getPublicKey());
        root.verify(root.getPublicKey());
        assertThat(node.getSubjectAlternativeNames()).hasSize(3);
        assertThat(node.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
        assertThat(root.getBasicConstraints()).isZero();
    }

    @Test
    void shouldNotRegisterAProviderWhenUsed() {
        issue(ca, keys, NOW);

        assertThat(Security.getProvider("BC")).isNull();
    }

    @Test
    void shouldDrawAnotherSerialWhenIssuedAgain() {
        assertThat(issue(ca, keys, NOW).serial()).isNotEqualTo(issue(ca, keys, NOW).serial());
    }

    @Test
    void shouldRefuseEveryBitWhenTamperedWith() {
        byte[] der = issue(ca, keys, NOW).der();
        CertificateVerifier verifier = ca.verifier();

        for (int i = 0; i < der.length; i++) {
            byte[] changed = der.clone();
            changed[i] ^= (byte) (1 << i % 8);
            assertThat(verifier.verify(changed, NOW))
                    .as("byte %d", i)
                    .isInstanceOf(Verdict.Invalid.class);
        }
        assertThat(reason(verifier.verify(Arrays.copyOf(der, der.length - 1), NOW)))
                .isEqualTo(Reason.MALFORMED);
        assertThat(reason(verifier.verify(Arrays.copyOf(der, der.length + 1), NOW)))
                .isEqualTo(Reason.MALFORMED);
    }

    @Test
    void shouldSayMalformedWhenGivenRandomBytes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[random.nextInt(3000)];
            random.nextBytes(bytes);
            if (bytes.length > 1) {
                bytes[0] = 0x30;
            }
            assertThat(reason(ca.verifier().verify(bytes, NOW)))
                    .as("seed %d", seed)
                    .isEqualTo(Reason.MALFORMED);
            assertThat(NodeCertificate.parse(bytes)).isEmpty();
            assertThat(CertificateRequest.parse(bytes)).isEmpty();
        }
    }

    @Test
    void shouldMentionTheLocalClockWhenTheTimeIsWrong() {
        byte[] der = issue(ca, keys, NOW).der();

        Verdict early = ca.verifier().verify(der, NOW - Duration.ofHours(1).toMillis());
        Verdict late = ca.verifier().verify(der, NOW + Duration.ofDays(31).toMillis());

        assertThat(reason(early)).isEqualTo(Reason.NOT_YET_VALID);
        assertThat(reason(late)).isEqualTo(Reason.EXPIRED);
        assertThat(((Verdict.Invalid) early).text()).contains("local clock says 2027-01-15T07:00");
        assertThat(((Verdict.Invalid) late).text()).contains("local clock").contains(FQDN);
        assertThat(ca.verifier().verifyIssuer(der)).isInstanceOf(Verdict.Valid.class);
    }

    @Test
    void shouldRefuseWhenIssuedByAnotherCaOfTheSameName(@TempDir Path other) throws Exception {
        try (var impostor = CertificateAuthority.create(other, "cyphonic.internal", RANDOM, NOW)) {
            Verdict verdict = ca.verifier().verify(issue(impostor, keys, NOW).der(), NOW);

            assertThat(reason(verdict)).isEqualTo(Reason.NOT_ISSUED_BY_CA);
        }
    }

    @Test
    void shouldRefuseServerAndCaCertificatesWhenANodeIsExpected() {
        byte[] server = ca.issueServer(List.of(ip("127.0.0.1")), NOW).chain().getFirst();

        assertThat(reason(ca.verifier().verify(server, NOW))).isEqualTo(Reason.NOT_A_NODE);
        assertThat(reason(ca.verifier().verify(ca.caCertificate(), NOW)))
                .isEqualTo(Reason.NOT_A_NODE);
    }

    @Test
    void shouldRefuseTheRequestWhenItsSignatureDoesNotFit() {
        byte[] request = keys.certificateRequest();
        assertThat(CertificateRequest.parse(request)).isPresent();

        for (int i = 0; i < request.length; i++) {
            byte[] changed = request.clone();
            changed[i] ^= (byte) (1 << i % 8);
            assertThat(CertificateRequest.parse(changed)).as("byte %d", i).isEmpty();
        }
    }

    @Test
    void shouldRefuseWhenTheNameIsNotOne() {
        CertificateRequest request =
                CertificateRequest.parse(keys.certificateRequest()).orElseThrow();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ca.issueNode(request, "Bad Name", NODE_ID, IPV4, IPV6, NOW))
                .withMessageContaining("\"Bad Name\"");
    }

    @Test
    void shouldIssueTheSameTrustWhenLoadedAgain() throws Exception {
        try (var loaded = CertificateAuthority.load(directory, RANDOM)) {
            Verdict verdict = ca.verifier().verify(issue(loaded, keys, NOW).der(), NOW);

            assertThat(verdict).isInstanceOf(Verdict.Valid.class);
            assertThat(loaded.fingerprint())
                    .isEqualTo(ca.fingerprint())
                    .isEqualTo(
                            CertificateAuthority.fingerprint(
                                    CertificateAuthority.loadCertificate(directory)));
        }
    }

    @Test
    void shouldBeDueForRenewalWhenAThirdOfItsLifeIsLeft() {
        NodeCertificate certificate = issue(ca, keys, NOW);

        assertThat(certificate.isDueForRenewal(NOW + Duration.ofDays(19).toMillis())).isFalse();
        assertThat(certificate.isDueForRenewal(NOW + Duration.ofDays(21).toMillis())).isTrue();
        assertThat(certificate.isDueForRenewal(NOW + Duration.ofDays(40).toMillis())).isTrue();
    }

    private static Reason reason(Verdict verdict) {
        return ((Verdict.Invalid) verdict).reason();
    }
}
