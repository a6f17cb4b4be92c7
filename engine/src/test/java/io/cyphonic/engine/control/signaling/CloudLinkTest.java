package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.CloudLogin;
import io.cyphonic.engine.control.ControlPlane.NodeState;
import io.cyphonic.engine.control.ControlPlane.Reached;
import io.cyphonic.engine.fixtures.SignalingNetwork.Weather;
import io.cyphonic.engine.fixtures.SimulatedCloud;
import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.engine.fixtures.SimulatedOverlay;
import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.registry.Sighting;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

class CloudLinkTest {
    @TempDir Path directory;

    private SimulatedOverlay overlay;

    @BeforeEach
    void start() throws Exception {
        overlay = new SimulatedOverlay(42, directory);
    }

    @AfterEach
    void stop() {
        overlay.close();
    }

    @Test
    void shouldRegisterOnceAndStayRegisteredWhenTheCloudAnswers() {
        SimulatedNode node = overlay.node("alpha");
        assertThat(node.plane().state()).isEqualTo(NodeState.STARTING);

        overlay.awaitRegistered();
        overlay.advance(Duration.ofMinutes(10));

        assertThat(node.isRegistered()).isTrue();
        assertThat(node.plane().registered()).isCompleted();
        assertThat(overlay.cloud().logins()).isEqualTo(1);
        assertThat(node.plane().cloudPaths())
                .singleElement()
                .satisfies(
                        path -> {
                            assertThat(path.nms()).isEqualTo(SimulatedCloud.ADDRESS);
                            assertThat(path.answering()).isTrue();
                            assertThat(path.observed())
                                    .isEqualTo(node.endpoint().toSocketAddress());
                            assertThat(path.rttMillis()).isBetween(1.0, 10.0);
                        });
    }

    @Test
    void shouldKeepTunnelsAndComeBackWhenTheCloudIsAwayForAWhile() {
        SimulatedNode alpha = overlay.node("alpha");
        SimulatedNode beta = overlay.node("beta");
        SimulatedNode gamma = overlay.node("gamma");
        overlay.awaitRegistered();
        overlay.connect(alpha, beta);

        overlay.cloud().reachable(false);
        overlay.await("offline", () -> alpha.plane().state() == NodeState.OFFLINE);
        overlay.advance(Duration.ofMinutes(5));

        assertThat(alpha.plane().state()).isEqualTo(NodeState.OFFLINE);
        assertThat(alpha.isUp(beta)).isTrue();
        assertThat(beta.isUp(alpha)).isTrue();
        TunnelAssertions.assertMatchingKeys(alpha, beta);
        assertThat(overlay.await(alpha.plane().reach(gamma.fqdn())))
                .isInstanceOf(Reached.Unreachable.class);

        overlay.cloud().reachable(true);
        overlay.advance(Duration.ofSeconds(80));

        assertThat(alpha.isRegistered()).isTrue();
        overlay.connect(alpha, gamma);
    }

    @Test
    void shouldLogInAgainWithBackOffWhenTheCloudIsAway() {
        SimulatedNode node = overlay.node("alpha");
        overlay.awaitRegistered();
        overlay.cloud().reachable(false);
        overlay.advance(Duration.ofMinutes(30));
        overlay.network().recording(true);

        overlay.advance(Duration.ofMinutes(10));

        // One registration with its four repetitions in 16 s: the cloud is found soon when it is
        // back.
        assertThat(overlay.network().recorded()).hasSizeLessThan(220);
        assertThat(node.plane().state()).isEqualTo(NodeState.OFFLINE);
        int logins = overlay.cloud().logins();
        overlay.cloud().reachable(true);
        overlay.advance(Duration.ofSeconds(12));
        assertThat(node.isRegistered()).isTrue();
        assertThat(overlay.cloud().logins()).as("the login it had was good").isEqualTo(logins);
    }

    @Test
    void shouldRegisterAgainWhenTheCloudHasForgottenTheNode() {
        SimulatedNode node = overlay.node("alpha");
        overlay.awaitRegistered();
        overlay.cloud()
                .registry()
                .unregister(
                        node.certificate().nodeId(),
                        overlay.cloud()
                                .registry()
                                .findById(node.certificate().nodeId())
                                .orElseThrow()
                                .registration()
                                .loginId());

        overlay.advance(Duration.ofSeconds(17));

        assertThat(
                        overlay.cloud()
                                .registry()
                                .findById(node.certificate().nodeId())
                                .orElseThrow()
                                .registration())
                .isNotNull();
        assertThat(overlay.cloud().logins()).isEqualTo(1);
    }

    @Test
    void shouldShowTheCloudThatItReceivesWhereTheCloudSeesIt() {
        SimulatedNode node = overlay.node("alpha");
        overlay.awaitRegistered();
        overlay.advance(Duration.ofSeconds(1));
        Sighting first = sighting(node);
        InetSocketAddress next = new InetSocketAddress("10.9.9.9", 7000);

        node.moveTo(next);
        overlay.advance(Duration.ofSeconds(10));

        assertThat(first.confirmed()).isNotNull();
        assertThat(first.unconfirmed()).isNull();
        assertThat(sighting(node).confirmed()).isEqualTo(next);
        assertThat(sighting(node).unconfirmed()).isNull();
    }

    private Sighting sighting(SimulatedNode node) {
        return overlay.cloud()
                .registry()
                .findById(node.certificate().nodeId())
                .orElseThrow()
                .registration()
                .ipv4();
    }

    @Test
    void shouldTellTheCloudWhenTheAddressChanges() {
        SimulatedNode node = overlay.node("alpha");
        overlay.awaitRegistered();
        InetSocketAddress next = new InetSocketAddress("10.9.9.9", 7000);

        node.moveTo(next);
        overlay.advance(Duration.ofSeconds(10));

        assertThat(
                        overlay.cloud()
                                .registry()
                                .findById(node.certificate().nodeId())
                                .orElseThrow()
                                .registration()
                                .observedIpv4())
                .isEqualTo(next);
    }

    @Test
    void shouldTellTheCloudOfAPortMappingThatComesWhileARegistrationIsUnderWay() {
        List<Candidate> mapping = new CopyOnWriteArrayList<>();
        SimulatedNode node = overlay.node("alpha");
        node.plane().addCandidates(() -> List.copyOf(mapping));
        overlay.await("a registration under way", () -> pending(node) != 0);
        assertThat(node.isRegistered()).isFalse();

        mapping.add(
                new Candidate(
                        new InetSocketAddress("203.0.113.9", 7000), CandidateKind.PORT_MAPPING));
        node.plane().onCandidatesChanged();
        overlay.awaitRegistered();
        overlay.advance(Duration.ofSeconds(1));

        assertThat(
                        overlay.cloud()
                                .registry()
                                .findById(node.certificate().nodeId())
                                .orElseThrow()
                                .registration()
                                .candidates())
                .containsAll(mapping);
    }

    @Test
    void shouldTellThePeersOfAPortMappingThatComesLater() {
        List<Candidate> mapping = new CopyOnWriteArrayList<>();
        SimulatedNode alpha = overlay.node("alpha");
        SimulatedNode beta = overlay.node("beta");
        alpha.plane().addCandidates(() -> List.copyOf(mapping));
        overlay.awaitRegistered();
        overlay.connect(alpha, beta);
        overlay.advance(Duration.ofSeconds(3));
        InetSocketAddress external = new InetSocketAddress("203.0.113.9", 7000);

        mapping.add(new Candidate(external, CandidateKind.PORT_MAPPING));
        alpha.plane().onCandidatesChanged();
        overlay.advance(Duration.ofSeconds(1));

        assertThat(
                        beta.plane()
                                .sharedState()
                                .paths()
                                .find(alpha.certificate().nodeId())
                                .find(external))
                .isNotNegative();
    }

    @Test
    void shouldLogInAnewBeforeTheCommonKeyRunsOut() {
        SimulatedNode node = overlay.node("alpha");
        overlay.awaitRegistered();

        overlay.advance(Duration.ofHours(10));

        assertThat(node.isRegistered()).isTrue();
        assertThat(overlay.cloud().logins()).isBetween(2, 4);
    }

    @Test
    void shouldRegisterWhenMessagesAreLost() {
        overlay.network().weather(Weather.LOSSY);
        for (int i = 0; i < 10; i++) {
            overlay.node("node-" + i);
        }

        overlay.awaitRegistered();

        assertThat(overlay.network().lost()).isPositive();
    }

    @Test
    void shouldAskAgainWhenARequestExpiredBeforeItsTimerRan() {
        SimulatedNode node = overlay.node("alpha");
        overlay.awaitRegistered();
        node.dataPlane().unplug();
        overlay.await("a keep-alive", () -> pending(node) != 0);

        // So it is after the process has stood still for a while.
        node.plane().sharedState().transactions().take(pending(node));
        node.dataPlane().plug();
        overlay.advance(Duration.ofSeconds(3));

        assertThat(pending(node)).isZero();
        assertThat(node.isRegistered()).isTrue();
    }

    private static long pending(SimulatedNode node) {
        return node.plane().sharedState().cloud().pending(0);
    }

    @Test
    void shouldLogInAgainWhenALoginCannotBeUsed() {
        NodeKeys keys = overlay.keys();
        NodeCertificate certificate = overlay.cloud().enrol("alpha", keys);
        CloudLogin good = overlay.cloud().login(certificate.nodeId());
        AtomicInteger logins = new AtomicInteger();
        SimulatedNode node =
                overlay.node(
                        "alpha",
                        keys,
                        certificate,
                        () -> logins.getAndIncrement() == 0 ? withoutKey(good) : good.login());

        overlay.awaitRegistered();

        assertThat(node.isRegistered()).isTrue();
        assertThat(logins).hasValue(2);
    }

    private static CloudLogin.Result withoutKey(CloudLogin login) {
        LoginResponse good = ((CloudLogin.Result.LoggedIn) login.login()).response();
        return new CloudLogin.Result.LoggedIn(
                new LoginResponse(
                        good.status(),
                        good.serverTimeMillis(),
                        good.nodeId(),
                        good.loginId(),
                        good.expiryMillis(),
                        good.revocationEpoch(),
                        good.keepAliveSeconds(),
                        good.nmsEndpoints(),
                        new byte[0],
                        good.certificate()));
    }
}
