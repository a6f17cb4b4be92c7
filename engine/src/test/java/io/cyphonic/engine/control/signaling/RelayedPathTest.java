package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.ControlPlane.PathKind;
import io.cyphonic.engine.control.ControlPlane.Peer;
import io.cyphonic.engine.control.ControlPlane.PeerState;
import io.cyphonic.engine.fixtures.SignalingNetwork.Weather;
import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.engine.fixtures.SimulatedOverlay;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;

/** Two nodes, the cloud with its relay, and a way between the nodes that comes and goes. */
class RelayedPathTest {
    @TempDir private Path directory;

    private SimulatedOverlay overlay;
    private SimulatedNode alpha;
    private SimulatedNode beta;

    @BeforeEach
    void start() throws IOException {
        overlay = new SimulatedOverlay(17, directory);
        overlay.cloud().openRelay();
        alpha = overlay.node("alpha");
        beta = overlay.node("beta");
        overlay.awaitRegistered();
    }

    @AfterEach
    void close() {
        overlay.close();
    }

    private static Peer peer(SimulatedNode node) {
        return node.plane().peers().getFirst();
    }

    private void cut(boolean now) {
        overlay.network()
                .block(
                        (from, to) ->
                                now
                                        && (from.equals(alpha.endpoint())
                                                        && to.equals(beta.endpoint())
                                                || from.equals(beta.endpoint())
                                                        && to.equals(alpha.endpoint())));
    }

    private void awaitPath(PathKind kind, Duration longest) {
        boolean there =
                overlay.time()
                        .runUntil(
                                () -> peer(alpha).path() == kind && peer(beta).path() == kind,
                                longest);
        assertThat(there).as("%s, %s", peer(alpha), peer(beta)).isTrue();
    }

    @Test
    void shouldStartThroughTheRelayWhenThereIsNoDirectWay() {
        cut(true);

        overlay.connect(alpha, beta);

        assertThat(peer(alpha).path()).isEqualTo(PathKind.RELAY);
        assertThat(peer(beta).path()).isEqualTo(PathKind.RELAY);
    }

    @Test
    void shouldBeDirectWhereThatIsPossibleAndKeepTheRelayBound() {
        overlay.connect(alpha, beta);
        overlay.advance(Duration.ofMinutes(5));

        assertThat(peer(alpha).path()).isEqualTo(PathKind.DIRECT);
        assertThat(peer(beta).path()).isEqualTo(PathKind.DIRECT);
        assertThat(overlay.cloud().relay().channels()).isEqualTo(2);
    }

    @Test
    void shouldBeDirectSoonAfterADirectWayAppears() {
        cut(true);
        overlay.connect(alpha, beta);
        overlay.advance(Duration.ofSeconds(20));
        assertThat(peer(alpha).path()).isEqualTo(PathKind.RELAY);

        cut(false);

        awaitPath(PathKind.DIRECT, Duration.ofSeconds(10));
    }

    @Test
    void shouldFallBackToTheRelayWhenTheDirectWayIsCut() {
        overlay.connect(alpha, beta);
        overlay.advance(Duration.ofSeconds(5));
        cut(true);

        // Nothing but keep-alives: it takes one of these to notice.
        awaitPath(PathKind.RELAY, Duration.ofSeconds(14));
        assertThat(peer(alpha).state()).isEqualTo(PeerState.UP);

        cut(false);
        awaitPath(PathKind.DIRECT, Duration.ofSeconds(10));
    }

    @Test
    void shouldFollowWhenBothEndsMoveAtOnce() {
        overlay.connect(alpha, beta);
        overlay.advance(Duration.ofSeconds(5));

        alpha.moveTo(new InetSocketAddress("10.7.7.7", 7000));
        beta.moveTo(new InetSocketAddress("10.8.8.8", 7000));
        alpha.plane().onNetworkChanged();
        beta.plane().onNetworkChanged();
        overlay.advance(Duration.ofSeconds(2));

        assertThat(peer(alpha).endpoint()).isEqualTo(beta.endpoint());
        assertThat(peer(beta).endpoint()).isEqualTo(alpha.endpoint());
        assertThat(peer(alpha).mobility().pathChanges()).isPositive();
    }

    @Test
    void shouldRekeyThroughTheRelay() {
        cut(true);
        overlay.connect(alpha, beta);
        byte[] before = alpha.session(beta).sendKey();

        overlay.advance(Duration.ofSeconds(130));

        assertThat(alpha.session(beta).sendKey()).isNotEqualTo(before);
        TunnelAssertions.assertMatchingKeys(alpha, beta);
        assertThat(peer(alpha).path()).isEqualTo(PathKind.RELAY);
    }

    @Test
    void shouldGetANewGrantBeforeTheOldOneEnds() {
        cut(true);
        overlay.connect(alpha, beta);

        for (int minute = 0; minute < 70; minute++) {
            overlay.advance(Duration.ofMinutes(1));
            assertThat(peer(alpha).state()).as("minute %d", minute).isEqualTo(PeerState.UP);
            assertThat(peer(alpha).path()).as("minute %d", minute).isEqualTo(PathKind.RELAY);
        }
    }

    @Test
    void shouldStayUpThroughTheRelayWhenMuchIsLost() {
        cut(true);
        overlay.connect(alpha, beta);
        overlay.network().weather(Weather.LOSSY);

        for (int minute = 0; minute < 10; minute++) {
            overlay.advance(Duration.ofMinutes(1));
            assertThat(peer(alpha).state()).as("minute %d", minute).isEqualTo(PeerState.UP);
            assertThat(peer(beta).state()).as("minute %d", minute).isEqualTo(PeerState.UP);
        }
    }
}
