package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.ControlPlane.PeerState;
import io.cyphonic.engine.control.ControlPlane.Reached;
import io.cyphonic.engine.control.policy.InitiationPolicy;
import io.cyphonic.engine.fixtures.SignalingNetwork.Weather;
import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.engine.fixtures.SimulatedOverlay;
import io.cyphonic.signaling.credential.CertificateAuthority;
import io.cyphonic.signaling.credential.CertificateRequest;
import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.TunnelHandshake;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelRequestPayload;
import io.cyphonic.signaling.protocol.Id128;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

class DirectionTest {
    @TempDir Path directory;
    @TempDir Path otherDirectory;

    private SimulatedOverlay overlay;
    private SimulatedNode alpha;
    private SimulatedNode beta;

    @BeforeEach
    void start() throws Exception {
        overlay = new SimulatedOverlay(7, directory);
        alpha = overlay.node("alpha");
        beta = overlay.node("beta");
        overlay.awaitRegistered();
    }

    @AfterEach
    void stop() {
        overlay.close();
    }

    @Test
    void shouldAnswerWithVirtualAddressesWhenAPeerIsReached() {
        Reached reached = overlay.await(alpha.plane().reach("BETA.cyphonic.internal"));

        NodeCertificate peer = beta.certificate();
        assertThat(reached)
                .isEqualTo(new Reached.Up(peer.fqdn(), peer.virtualIpv4(), peer.virtualIpv6()));
        overlay.advance(Duration.ofSeconds(1));
        assertThat(alpha.plane().peers())
                .singleElement()
                .satisfies(
                        each -> {
                            assertThat(each.state()).isEqualTo(PeerState.UP);
                            assertThat(each.endpoint()).isEqualTo(beta.endpoint());
                            assertThat(each.rttMillis()).isBetween(2.0, 10.0);
                            assertThat(each.pathMtu()).isEqualTo(SimulatedNode.INNER_MTU);
                        });
        TunnelAssertions.assertMatchingKeys(alpha, beta);
    }

    @Test
    void shouldMeasureTheRoundTripWhenATunnelIsProbed() {
        overlay.connect(alpha, beta);

        assertThat(overlay.await(alpha.plane().probe(beta.fqdn())))
                .isBetween(2_000_000L, 9_000_000L);
        beta.dataPlane().unplug();
        assertThat(overlay.await(alpha.plane().probe(beta.fqdn()))).isNegative();
        assertThat(overlay.await(alpha.plane().probe("nobody.cyphonic.internal"))).isNegative();
    }

    @Test
    void shouldShareOneAttemptWhenManyWantOneName() {
        overlay.network().recording(true);
        List<CompletableFuture<Reached>> waiting = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            waiting.add(alpha.plane().reach(beta.fqdn()));
        }

        overlay.await("all", () -> waiting.stream().allMatch(CompletableFuture::isDone));

        assertThat(waiting)
                .allSatisfy(each -> assertThat(each.join()).isInstanceOf(Reached.Up.class));
        assertThat(alpha.dataPlane().installed()).isEqualTo(1);
        assertThat(overlay.network().recorded()).hasSizeLessThan(20);
    }

    @Test
    void shouldSayUnknownWhenThereIsNoSuchName() {
        assertThat(overlay.await(alpha.plane().reach("nobody.cyphonic.internal")))
                .isEqualTo(new Reached.Unknown());
        overlay.network().recording(true);
        assertThat(overlay.await(alpha.plane().reach("nobody.cyphonic.internal")))
                .as("from memory")
                .isEqualTo(new Reached.Unknown());
        assertThat(overlay.network().recorded()).isEmpty();
    }

    @Test
    void shouldSayUnreachableWhenThePeerIsOffline() {
        NodeKeys keys = overlay.keys();
        overlay.cloud().enrol("gamma", keys);

        assertThat(overlay.await(alpha.plane().reach("gamma.cyphonic.internal")))
                .isInstanceOfSatisfying(
                        Reached.Unreachable.class,
                        each -> assertThat(each.reason()).contains("offline"));
    }

    @Test
    void shouldSayUnreachableWhenThePeerDoesNotAnswer() {
        beta.dataPlane().unplug();

        assertThat(overlay.await(alpha.plane().reach(beta.fqdn())))
                .isInstanceOf(Reached.Unreachable.class);
        overlay.advance(Duration.ofSeconds(60));
        assertThat(alpha.dataPlane().tunnels()).isEmpty();
        assertThat(alpha.dataPlane().reservedIndices()).isZero();
    }

    @Test
    void shouldBuildTheTunnelWhenAPacketWantsIt() {
        alpha.plane().onTunnelWanted(beta.certificate().virtualIpv6().getAddress());

        overlay.await("both ends up", () -> alpha.isUp(beta) && beta.isUp(alpha));
        TunnelAssertions.assertMatchingKeys(alpha, beta);
    }

    @Test
    void shouldDropWaitingPacketsWhenNobodyHasTheAddress() {
        byte[] nobody = {10, 121, 77, 77};

        alpha.plane().onTunnelWanted(nobody);
        overlay.await("dropped", () -> alpha.dataPlane().discarded().size() == 1);
        overlay.network().recording(true);
        alpha.plane().onTunnelWanted(nobody);
        overlay.await("dropped at once", () -> alpha.dataPlane().discarded().size() == 2);

        assertThat(overlay.network().recorded()).isEmpty();
    }

    @Test
    void shouldSetUpOneTunnelWhenBothEndsStartAtOnce() {
        for (int round = 0; round < 20; round++) {
            SimulatedNode left = overlay.node("left-" + round);
            SimulatedNode right = overlay.node("right-" + round);
            overlay.awaitRegistered();
            overlay.network().weather(Weather.CHAOS);

            CompletableFuture<Reached> there = left.plane().reach(right.fqdn());
            CompletableFuture<Reached> back = right.plane().reach(left.fqdn());

            assertThat(overlay.await(there)).isInstanceOf(Reached.Up.class);
            assertThat(overlay.await(back)).isInstanceOf(Reached.Up.class);
            overlay.advance(Duration.ofSeconds(5));
            TunnelAssertions.assertMatchingKeys(left, right);
            assertThat(left.dataPlane().tunnels()).hasSize(1);
            assertThat(right.dataPlane().tunnels()).hasSize(1);
            overlay.network().weather(Weather.FAIR);
        }
    }

    @Test
    void shouldAgreeOnOneSessionWhenBothEndsStartAtOnceOnASlowNetwork() {
        for (int round = 0; round < 20; round++) {
            SimulatedNode left = overlay.node("left-" + round);
            SimulatedNode right = overlay.node("right-" + round);
            overlay.awaitRegistered();
            // Slower than the first repetitions: both requests are under way for long.
            overlay.network().weather(new Weather(0, 0.3, 1, 1500));

            CompletableFuture<Reached> there = left.plane().reach(right.fqdn());
            CompletableFuture<Reached> back = right.plane().reach(left.fqdn());
            overlay.await(there);
            overlay.await(back);
            overlay.advance(Duration.ofSeconds(20));
            overlay.network().weather(Weather.FAIR);
            overlay.advance(Duration.ofSeconds(12));

            assertThat(left.isUp(right)).as("round %d", round).isTrue();
            assertThat(right.isUp(left)).as("round %d", round).isTrue();
            TunnelAssertions.assertMatchingKeys(left, right);
        }
    }

    @Test
    void shouldGetThroughWhenMessagesAreLost() {
        overlay.network().weather(Weather.LOSSY);
        for (int i = 0; i < 20; i++) {
            SimulatedNode node = overlay.node("node-" + i);
            overlay.awaitRegistered();
            Reached reached = new Reached.Unknown();
            for (int attempt = 0; attempt < 3 && !(reached instanceof Reached.Up); attempt++) {
                reached = overlay.await(node.plane().reach(beta.fqdn()));
            }

            assertThat(reached).isInstanceOf(Reached.Up.class);
        }
        assertThat(overlay.network().lost()).isPositive();
    }

    @Test
    void shouldRefuseAPeerWhenItsCertificateIsOfAnotherCa() throws Exception {
        try (CertificateAuthority other =
                CertificateAuthority.create(
                        otherDirectory,
                        "cyphonic.internal",
                        new SecureRandom(),
                        overlay.time().wallMillis())) {
            NodeCertificate real = beta.certificate();
            NodeCertificate foreign =
                    other.issueNode(
                            CertificateRequest.parse(beta.keys().certificateRequest())
                                    .orElseThrow(),
                            real.fqdn(),
                            real.nodeId(),
                            real.virtualIpv4(),
                            real.virtualIpv6(),
                            overlay.time().wallMillis());
            overlay.cloud().storeCertificate(real.nodeId(), foreign.der());

            assertThat(overlay.await(alpha.plane().reach(beta.fqdn())))
                    .isInstanceOfSatisfying(
                            Reached.Unreachable.class,
                            each -> assertThat(each.reason()).contains("certificate"));
            TunnelAssertions.assertNoTunnel(alpha, beta);
        }
    }

    @Test
    void shouldRefuseAnInitiatorWhenItsCertificateIsForAnotherKey() {
        NodeKeys stolenName = overlay.keys();
        NodeKeys own = overlay.keys();
        NodeCertificate certificate = overlay.cloud().enrol("mallory", stolenName);
        SimulatedNode mallory = overlay.node("mallory", own, certificate);
        overlay.awaitRegistered();

        assertThat(overlay.await(mallory.plane().reach(beta.fqdn())))
                .isInstanceOf(Reached.Unreachable.class);
        assertThat(beta.dataPlane().tunnels()).isEmpty();
        assertThat(beta.drops()).isPositive();
    }

    @Test
    void shouldRefuseAnInitiatorWhenItsCertificateHasExpired() {
        NodeKeys keys = overlay.keys();
        NodeCertificate certificate = overlay.cloud().enrol("late", keys, Duration.ofMinutes(2));
        SimulatedNode late = overlay.node("late", keys, certificate);
        overlay.advance(Duration.ofMinutes(4));

        assertThat(overlay.await(late.plane().reach(beta.fqdn())))
                .isInstanceOf(Reached.Unreachable.class);
        assertThat(overlay.await(beta.plane().reach(late.fqdn())))
                .isInstanceOfSatisfying(
                        Reached.Unreachable.class,
                        each -> assertThat(each.reason()).contains("certificate"));
        assertThat(beta.dataPlane().tunnels()).isEmpty();
    }

    @Test
    void shouldRefuseAnInitiatorWhenThereIsATunnelThatHasNoPathYet() {
        // The request of the smaller node id would win otherwise, and nothing would be shown.
        boolean inOrder =
                InitiationPolicy.ownRequestWins(
                        alpha.certificate().nodeId(), beta.certificate().nodeId());
        SimulatedNode smaller = inOrder ? alpha : beta;
        SimulatedNode greater = inOrder ? beta : alpha;
        greater.plane().reach(smaller.fqdn());
        overlay.await("a tunnel that connects", () -> !greater.dataPlane().tunnels().isEmpty());
        smaller.dataPlane().unplug();
        byte[] request =
                TunnelHandshake.initiate(
                                CipherSuite.AES_GCM_SHA256,
                                smaller.keys().tunnelKeyPair(),
                                greater.keys().tunnelKeyPair().publicKey(),
                                Id128.NONE,
                                1,
                                1,
                                new TunnelRequestPayload(
                                        overlay.time().wallMillis(),
                                        1400,
                                        smaller.certificate().der()),
                                new SecureRandom())
                        .datagram();

        overlay.network().inject(request, smaller.endpoint(), greater.endpoint());
        overlay.advance(Duration.ofSeconds(1));

        assertThat(greater.dataPlane().installed()).isZero();
        assertThat(greater.drops()).isPositive();
    }

    @Test
    void shouldSayUnknownWhenANameCannotBeOne() {
        assertThat(alpha.plane().reach("b\u00e9ta.cyphonic.internal")).isCompleted();
        assertThat(alpha.plane().reach("be ta.cyphonic.internal"))
                .isCompletedWithValueMatching(Reached.Unknown.class::isInstance);
    }
}
