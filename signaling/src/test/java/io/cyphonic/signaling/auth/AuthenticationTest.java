package io.cyphonic.signaling.auth;

import static io.cyphonic.signaling.auth.AuthenticationLab.RANDOM;
import static io.cyphonic.signaling.auth.InMemoryRegistry.ip;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.credential.AuthenticationClient;
import io.cyphonic.signaling.credential.AuthenticationResult;
import io.cyphonic.signaling.credential.AuthenticationResult.ClockOff;
import io.cyphonic.signaling.credential.AuthenticationResult.Enrolled;
import io.cyphonic.signaling.credential.AuthenticationResult.LoggedIn;
import io.cyphonic.signaling.credential.AuthenticationResult.Refused;
import io.cyphonic.signaling.credential.AuthenticationResult.Unreachable;
import io.cyphonic.signaling.credential.AuthenticationResult.WrongCloud;
import io.cyphonic.signaling.credential.CommonKeys;
import io.cyphonic.signaling.credential.Invitation;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Node and AS over a real TLS connection on the loopback interface. */
@Timeout(60)
class AuthenticationTest {
    private final NodeKeys keys = NodeKeys.generate(RANDOM);
    private AuthenticationLab lab;

    @BeforeEach
    void open(@TempDir Path directory) throws Exception {
        lab = new AuthenticationLab(directory);
    }

    @AfterEach
    void close() {
        lab.close();
        keys.close();
    }

    @Test
    void shouldEnrolWhenTheInvitationIsGood() {
        Enrolled node = lab.enrolled("alice", keys);

        assertThat(node.response().fqdn()).isEqualTo("alice.cyphonic.internal");
        assertThat(node.response().zone()).isEqualTo("cyphonic.internal");
        assertThat(node.response().virtualIpv4()).isEqualTo(ip("10.121.0.2"));
        assertThat(node.response().virtualIpv6()).isEqualTo(ip("fd00::2"));
        assertThat(node.response().ipv4PrefixLength()).isEqualTo(16);
        assertThat(node.response().ipv6PrefixLength()).isEqualTo(64);
        assertThat(node.certificate().identityKey()).isEqualTo(keys.identityKey());
        assertThat(node.caCertificate()).isEqualTo(lab.ca.caCertificate());
        assertThat(node.cloud()).isEqualTo(lab.address());
        assertThat(lab.registry.findById(node.response().nodeId()).orElseThrow().certificate())
                .isEqualTo(node.certificate().der());
    }

    @Test
    void shouldGiveTheSameAnswerWhenTheSameKeyComesAgain() {
        Invitation invitation = lab.invite("alice");

        Enrolled first = (Enrolled) lab.enrol(invitation, keys);
        lab.cloudClock.advance(Duration.ofMinutes(2));
        Enrolled second = (Enrolled) lab.enrol(invitation, keys);

        assertThat(second.certificate()).isEqualTo(first.certificate());
        assertThat(second.response().nodeId()).isEqualTo(first.response().nodeId());
        assertThat(lab.registry.certificatesStored()).isEqualTo(1);
    }

    @Test
    void shouldRefuseWhenTheInvitationIsUsedWrongOrExpired() {
        Invitation used = lab.invite("alice");
        Invitation good = lab.invite("bob");
        Invitation wrongSecret =
                new Invitation(good.cloud(), good.caFingerprint(), good.id(), new byte[32]);
        Invitation old = lab.invite("carol");
        lab.enrol(used, keys);
        try (NodeKeys others = NodeKeys.generate(RANDOM)) {
            assertRefused(lab.enrol(used, others), Status.INVITATION_USED, "used already");
            assertRefused(lab.enrol(wrongSecret, others), Status.INVITATION_UNKNOWN, "not know");
            lab.cloudClock.advance(Duration.ofHours(1));
            lab.nodeClock.advance(Duration.ofHours(1));
            assertRefused(lab.enrol(old, others), Status.INVITATION_EXPIRED, "expired");
        }
        assertThat(lab.registry.nodes()).hasSize(1);
    }

    @Test
    void shouldSayTryAgainWhenTheRegistryIsUnavailable() {
        Invitation invitation = lab.invite("alice");

        lab.registry.setAvailable(false);
        assertRefused(lab.enrol(invitation, keys), Status.UNAVAILABLE, "try again");
        lab.registry.setAvailable(true);

        assertThat(lab.enrol(invitation, keys)).isInstanceOf(Enrolled.class);
    }

    @Test
    void shouldGiveTheKeyTheNmsDerivesWhenLoggedIn() {
        Enrolled node = lab.enrolled("alice", keys);

        LoggedIn login = (LoggedIn) lab.login(node, keys);

        long loginId = login.response().loginId();
        assertThat(login.response().commonKey())
                .isEqualTo(CommonKeys.derive(lab.nmsSecret, node.certificate().nodeId(), loginId));
        assertThat(login.response().expiryMillis())
                .isEqualTo(CommonKeys.expiryMillis(loginId))
                .isEqualTo(lab.cloudClock.millis() + Duration.ofHours(12).toMillis());
        assertThat(login.response().nmsEndpoints())
                .containsExactly(new InetSocketAddress(ip("192.0.2.1"), 7447));
        assertThat(login.response().keepAliveSeconds()).isEqualTo(15);
        assertThat(login.response().revocationEpoch()).isEqualTo(7);
        assertThat(login.renewedCertificate()).isEmpty();
        assertThat(((LoggedIn) lab.login(node, keys)).response().loginId()).isNotEqualTo(loginId);
    }

    @Test
    void shouldRenewTheCertificateWhenItsEndIsNearOrOver() {
        Enrolled node = lab.enrolled("alice", keys);
        for (Duration wait : List.of(Duration.ofDays(21), Duration.ofDays(60))) {
            lab.cloudClock.advance(wait);
            lab.nodeClock.advance(wait);

            LoggedIn login = (LoggedIn) lab.login(node, keys);

            assertThat(login.renewedCertificate().orElseThrow().notAfterMillis())
                    .isEqualTo(lab.cloudClock.millis() + Duration.ofDays(30).toMillis());
        }
    }

    @Test
    void shouldForbidWhenTheNodeIsRevoked() {
        Invitation invitation = lab.invite("alice");
        Enrolled node = (Enrolled) lab.enrol(invitation, keys);

        lab.registry.revoke("alice.cyphonic.internal");

        assertRefused(lab.login(node, keys), Status.FORBIDDEN, "revoked");
        assertRefused(lab.enrol(invitation, keys), Status.FORBIDDEN, "revoked");
    }

    @Test
    void shouldNameBothTimesWhenTheClockIsOff() {
        Enrolled node = lab.enrolled("alice", keys);
        lab.nodeClock.advance(Duration.ofMinutes(6));

        for (AuthenticationResult result :
                List.of(lab.login(node, keys), lab.enrol(lab.invite("bob"), keys))) {
            assertThat(((ClockOff) result).text())
                    .contains("2027-01-15T08:06:00Z")
                    .contains("2027-01-15T08:00:00Z");
        }
        lab.nodeClock.advance(Duration.ofMinutes(-2));
        assertThat(lab.login(node, keys)).isInstanceOf(LoggedIn.class);
    }

    @Test
    void shouldBlameTheClockWhenItIsBeforeTheCloudsCertificate() {
        lab.nodeClock.advance(Duration.ofDays(-400));

        AuthenticationResult result = lab.enrol(lab.invite("alice"), keys);

        assertThat(((ClockOff) result).text())
                .contains("local clock says 2025-12-11T08:00:00Z")
                .contains("valid from 2027-01-15T07:55:00Z");
    }

    @Test
    void shouldNotTalkWhenTheCloudHasAnotherCa(@TempDir Path other) throws Exception {
        Enrolled node = lab.enrolled("alice", keys);
        try (AuthenticationLab impostor = new AuthenticationLab(other)) {
            AuthenticationResult login =
                    lab.client.login(
                            List.of(impostor.address()),
                            lab.ca.caCertificate(),
                            keys,
                            node.certificate().der());
            Invitation diverted =
                    Invitation.create(List.of(impostor.address()), lab.ca.fingerprint(), RANDOM);

            assertThat(((WrongCloud) login).text()).contains("another cloud");
            assertThat(lab.client.enrol(diverted, keys)).isInstanceOf(WrongCloud.class);
            assertThat(impostor.registry.redemptions()).isZero();
        }
    }

    @Test
    void shouldRefuseTheCertificateWhenItIsOfAnotherCloud(@TempDir Path other) throws Exception {
        try (AuthenticationLab another = new AuthenticationLab(other)) {
            Enrolled stranger = another.enrolled("alice", keys);

            AuthenticationResult result =
                    lab.client.login(
                            List.of(lab.address()),
                            lab.ca.caCertificate(),
                            keys,
                            stranger.certificate().der());

            assertRefused(result, Status.UNAUTHORIZED, "does not accept the certificate");
        }
    }

    @Test
    void shouldGoToTheNextAddressWhenOneDoesNotAnswer() throws Exception {
        Invitation good = lab.invite("alice");
        List<InetSocketAddress> cloud = List.of(unusedAddress(), lab.address());

        AuthenticationResult result =
                lab.enrol(
                        new Invitation(cloud, good.caFingerprint(), good.id(), good.secret()),
                        keys);

        assertThat(((Enrolled) result).cloud()).isEqualTo(lab.address());
    }

    @Test
    void shouldNameEveryAddressWhenNoneAnswers() throws Exception {
        InetSocketAddress unused = unusedAddress();
        Invitation invitation =
                Invitation.create(List.of(unused, unused), lab.ca.fingerprint(), RANDOM);

        AuthenticationResult result = lab.enrol(invitation, keys);

        String one = "127.0.0.1:" + unused.getPort() + " (Connection refused)";
        assertThat(((Unreachable) result).text())
                .isEqualTo("no cloud answered: " + one + ", " + one);
    }

    @Test
    void shouldGiveUpWhenTheServerNeverSpeaks() throws Exception {
        try (ServerSocket silent = new ServerSocket()) {
            silent.bind(new InetSocketAddress(ip("127.0.0.1"), 0));
            var impatient =
                    new AuthenticationClient(
                            lab.nodeClock, Duration.ofMillis(200), Duration.ofMillis(400), 0);
            Invitation invitation =
                    Invitation.create(
                            List.of((InetSocketAddress) silent.getLocalSocketAddress()),
                            lab.ca.fingerprint(),
                            RANDOM);

            AuthenticationResult result = impatient.enrol(invitation, keys);

            assertThat(((Unreachable) result).text()).contains("timed out");
        }
    }

    @Test
    void shouldStopAskingTheRegistryWhenASourceKeepsFailing() {
        Invitation unknown =
                Invitation.create(List.of(lab.address()), lab.ca.fingerprint(), RANDOM);
        for (int i = 0; i < FailedEnrolments.MAX_FAILURES; i++) {
            assertRefused(lab.enrol(unknown, keys), Status.INVITATION_UNKNOWN, "");
        }

        assertRefused(lab.enrol(unknown, keys), Status.UNAVAILABLE, "");
        assertThat(lab.registry.redemptions()).isEqualTo(FailedEnrolments.MAX_FAILURES);

        lab.cloudClock.advance(Duration.ofMinutes(1));
        assertRefused(lab.enrol(unknown, keys), Status.INVITATION_UNKNOWN, "");
    }

    private static InetSocketAddress unusedAddress() throws Exception {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(ip("127.0.0.1"), 0));
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }
    }

    private static void assertRefused(AuthenticationResult result, Status status, String text) {
        assertThat(result).isInstanceOf(Refused.class);
        assertThat(((Refused) result).status()).isEqualTo(status);
        assertThat(((Refused) result).text()).contains(text);
    }
}
