package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.ControlPlane.PeerState;
import io.cyphonic.engine.control.ControlPlane.Reached;
import io.cyphonic.engine.fixtures.SignalingNetwork;
import io.cyphonic.engine.fixtures.SignalingNetwork.Weather;
import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.engine.fixtures.SimulatedOverlay;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.ControlMessage.CandidateUpdate;
import io.cyphonic.signaling.protocol.ControlMessage.CandidateUpdateAck;
import io.cyphonic.signaling.protocol.ControlMessage.PathProbe;
import io.cyphonic.signaling.protocol.ControlMessage.PathProbeAck;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelClose;
import io.cyphonic.signaling.protocol.DatagramType;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

class TunnelLifeTest {
    @TempDir Path directory;

    private SimulatedOverlay overlay;
    private SimulatedNode alpha;
    private SimulatedNode beta;

    @BeforeEach
    void start() throws Exception {
        overlay = new SimulatedOverlay(11, directory);
        alpha = overlay.node("alpha");
        beta = overlay.node("beta");
        overlay.awaitRegistered();
    }

    @AfterEach
    void stop() {
        overlay.close();
    }

    private PeerState state(SimulatedNode node) {
        return node.plane().peers().getFirst().state();
    }

    @Test
    void shouldRekeyWithoutAGapWhenTheKeysAreOld() {
        overlay.connect(alpha, beta);
        byte[] first = alpha.session(beta).sendKey();

        overlay.advance(Duration.ofMinutes(10));

        assertThat(alpha.session(beta).sendKey()).isNotEqualTo(first);
        TunnelAssertions.assertMatchingKeys(alpha, beta);
        assertThat(alpha.dataPlane().installed()).isBetween(5, 6);
        assertThat(alpha.dataPlane().unopened()).isZero();
        assertThat(beta.dataPlane().unopened()).isZero();
        assertThat(alpha.plane().peers().getFirst().handshakeAgeSeconds()).isLessThan(125);
    }

    @Test
    void shouldStayUpWhenMessagesAreLostDoubledAndReordered() {
        overlay.connect(alpha, beta);
        overlay.network().weather(Weather.LOSSY);

        for (int minute = 0; minute < 30; minute++) {
            overlay.advance(Duration.ofMinutes(1));
            assertThat(state(alpha)).as("minute %d", minute).isEqualTo(PeerState.UP);
            assertThat(state(beta)).as("minute %d", minute).isEqualTo(PeerState.UP);
        }

        overlay.network().weather(Weather.FAIR);
        overlay.advance(Duration.ofSeconds(30));
        TunnelAssertions.assertMatchingKeys(alpha, beta);
        assertThat(alpha.dataPlane().tunnels()).hasSize(1);
        assertThat(beta.dataPlane().tunnels()).hasSize(1);
    }

    @Test
    void shouldRekeyOnceWhenBothEndsWantToAtTheSameTime() {
        overlay.connect(alpha, beta);
        int before = alpha.dataPlane().installed() + beta.dataPlane().installed();
        // Cut off until both have been wanting new keys for a while, but not down yet.
        overlay.advance(Duration.ofSeconds(118));
        overlay.network().weather(new Weather(1, 0, 1, 1));
        overlay.advance(Duration.ofSeconds(19));
        overlay.network().weather(Weather.CHAOS);
        overlay.advance(Duration.ofSeconds(30));

        assertThat(state(alpha)).isEqualTo(PeerState.UP);
        assertThat(state(beta)).isEqualTo(PeerState.UP);
        overlay.network().weather(Weather.FAIR);
        overlay.advance(Duration.ofSeconds(15));
        TunnelAssertions.assertMatchingKeys(alpha, beta);
        assertThat(alpha.dataPlane().installed() + beta.dataPlane().installed() - before)
                .isBetween(2, 4);
    }

    @Test
    void shouldComeBackWhenThePeerWasAway() {
        overlay.connect(alpha, beta);

        beta.dataPlane().unplug();
        overlay.await("down", () -> state(alpha) == PeerState.DOWN);
        overlay.advance(Duration.ofMinutes(2));
        assertThat(state(alpha)).isEqualTo(PeerState.DOWN);
        assertThat(alpha.dataPlane().tunnels()).as("the tunnel stays").hasSize(1);
        beta.dataPlane().plug();
        overlay.advance(Duration.ofSeconds(100));

        assertThat(state(alpha)).isEqualTo(PeerState.UP);
        assertThat(state(beta)).isEqualTo(PeerState.UP);
        TunnelAssertions.assertMatchingKeys(alpha, beta);
    }

    @Test
    void shouldForgetAPeerWhenItIsAwayForLong() {
        overlay.connect(alpha, beta);
        beta.dataPlane().unplug();

        overlay.advance(Duration.ofMinutes(12));

        assertThat(alpha.plane().peers()).isEmpty();
        assertThat(alpha.dataPlane().tunnels()).isEmpty();
        assertThat(alpha.dataPlane().reservedIndices()).isZero();
    }

    @Test
    void shouldFollowThePeerWhenItsAddressChanges() {
        overlay.connect(alpha, beta);
        Endpoint old = beta.endpoint();

        beta.moveTo(new InetSocketAddress("10.7.7.7", 7000));
        overlay.advance(Duration.ofSeconds(15));

        assertThat(alpha.plane().peers().getFirst().endpoint())
                .isEqualTo(beta.endpoint())
                .isNotEqualTo(old);
        assertThat(state(alpha)).isEqualTo(PeerState.UP);
    }

    @Test
    void shouldSendWhatDecidesAboutPathsPastBulkAndAllElseInOrder() {
        overlay.connect(alpha, beta);
        beta.moveTo(new InetSocketAddress("10.7.7.7", 7000));
        beta.plane().onNetworkChanged();
        overlay.advance(Duration.ofSeconds(15));
        beta.plane().close();
        overlay.advance(Duration.ofSeconds(1));

        assertThat(beta.dataPlane().urgentKinds())
                .containsExactlyInAnyOrder(
                        PathProbe.class,
                        PathProbeAck.class,
                        CandidateUpdate.class,
                        CandidateUpdateAck.class);
        assertThat(beta.dataPlane().ordinaryKinds())
                .contains(TunnelClose.class)
                .doesNotContainAnyElementsOf(beta.dataPlane().urgentKinds());
    }

    @Test
    void shouldStayWhereThePeerIsWhenSomebodyRelaysACapsuleFromElsewhere() {
        overlay.connect(alpha, beta);
        overlay.network().recording(true);
        overlay.advance(Duration.ofSeconds(12));
        Endpoint elsewhere = Endpoint.of(new InetSocketAddress("10.66.6.6", 666));
        for (SignalingNetwork.Sent sent : overlay.network().recorded()) {
            if (sent.to().equals(alpha.endpoint()) && sent.datagram()[0] == DatagramType.CAPSULE) {
                overlay.network().inject(sent.datagram(), elsewhere, alpha.endpoint());
            }
        }

        overlay.advance(Duration.ofSeconds(5));

        assertThat(alpha.plane().peers().getFirst().endpoint()).isEqualTo(beta.endpoint());
    }

    @Test
    void shouldChangeNothingWhenEverythingIsSentASecondTime() {
        overlay.network().recording(true);
        overlay.connect(alpha, beta);
        overlay.advance(Duration.ofSeconds(3));
        overlay.network().recording(false);
        List<SignalingNetwork.Sent> all = overlay.network().recorded();
        int sessions = alpha.dataPlane().installed() + beta.dataPlane().installed();
        byte[] key = alpha.session(beta).sendKey();

        for (int seconds : new int[] {0, 10, 20, 60}) {
            overlay.advance(Duration.ofSeconds(seconds));
            all.forEach(sent -> overlay.network().inject(sent.datagram(), sent.from(), sent.to()));
            overlay.advance(Duration.ofSeconds(2));
        }

        assertThat(alpha.dataPlane().installed() + beta.dataPlane().installed())
                .isEqualTo(sessions);
        assertThat(alpha.session(beta).sendKey()).isEqualTo(key);
        TunnelAssertions.assertMatchingKeys(alpha, beta);
    }

    @Test
    void shouldAnswerWithTheSameBytesWhenARequestComesTwice() {
        overlay.network().recording(true);
        overlay.connect(alpha, beta);
        SignalingNetwork.Sent request = first(DatagramType.TUNNEL_REQUEST);
        SignalingNetwork.Sent response = first(DatagramType.TUNNEL_RESPONSE);
        long before = count(DatagramType.TUNNEL_RESPONSE);

        overlay.network().inject(request.datagram(), request.from(), request.to());
        overlay.advance(Duration.ofSeconds(1));

        assertThat(count(DatagramType.TUNNEL_RESPONSE)).isEqualTo(before + 1);
        assertThat(overlay.network().recorded())
                .filteredOn(sent -> sent.datagram()[0] == DatagramType.TUNNEL_RESPONSE)
                .allSatisfy(sent -> assertThat(sent.datagram()).isEqualTo(response.datagram()));
        assertThat(beta.dataPlane().installed()).isEqualTo(1);
    }

    private SignalingNetwork.Sent first(byte type) {
        return overlay.network().recorded().stream()
                .filter(sent -> sent.datagram()[0] == type)
                .findFirst()
                .orElseThrow();
    }

    private long count(byte type) {
        return overlay.network().recorded().stream()
                .filter(sent -> sent.datagram()[0] == type)
                .count();
    }

    @Test
    void shouldCloseTheTunnelWhenThePeerIsRevoked() {
        overlay.connect(alpha, beta);

        overlay.cloud().revoke(beta.fqdn());
        overlay.advance(Duration.ofSeconds(1));

        assertThat(alpha.plane().peers()).isEmpty();
        assertThat(alpha.dataPlane().tunnels()).isEmpty();
        assertThat(overlay.await(alpha.plane().reach(beta.fqdn())))
                .isInstanceOf(Reached.Unreachable.class);
        assertThat(overlay.await(beta.plane().reach(alpha.fqdn())))
                .isInstanceOf(Reached.Unreachable.class);
    }

    @Test
    void shouldLearnOfARevocationFromTheKeepAliveWhenTheNoticeWasLost() {
        overlay.connect(alpha, beta);

        overlay.cloud().revokeQuietly(beta.fqdn());
        overlay.advance(Duration.ofSeconds(17));

        assertThat(alpha.plane().peers()).isEmpty();
    }

    @Test
    void shouldLearnOfEarlierRevocationsWhenTheNodeStarts() {
        for (int i = 0; i < 70; i++) {
            overlay.cloud().enrol("gone-" + i, overlay.keys());
            overlay.cloud().revokeQuietly("gone-" + i + ".cyphonic.internal");
        }

        SimulatedNode late = overlay.node("late");
        overlay.awaitRegistered();
        overlay.advance(Duration.ofSeconds(20));

        assertThat(late.plane().sharedState().cloud().revocationEpoch()).isEqualTo(70);
    }

    @Test
    void shouldCloseBothEndsWhenANodeShutsDown() {
        overlay.connect(alpha, beta);

        beta.plane().close();
        overlay.advance(Duration.ofSeconds(1));

        assertThat(alpha.plane().peers()).isEmpty();
    }
}
