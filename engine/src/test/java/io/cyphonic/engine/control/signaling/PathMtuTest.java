package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.ControlPlane.Peer;
import io.cyphonic.engine.fixtures.FakeDataPlane;
import io.cyphonic.engine.fixtures.FakeTunnel;
import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.engine.fixtures.SimulatedOverlay;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

/** Both ends of a tunnel find out what the path carries, with the messages of the protocol. */
class PathMtuTest {
    private static final int CAPSULE = FakeDataPlane.OVERHEAD;

    @TempDir private Path directory;

    private final long seed = new Random().nextLong();

    private static FakeTunnel tunnel(SimulatedNode from, SimulatedNode to) {
        return from.dataPlane().tunnelTo(to.certificate().virtualIpv4());
    }

    private static int mtu(SimulatedNode from, SimulatedNode to) {
        return from.dataPlane().pathMtu(tunnel(from, to).index());
    }

    private static int shown(SimulatedNode from) {
        return from.plane().peers().stream().mapToInt(Peer::pathMtu).findFirst().orElseThrow();
    }

    @Test
    void shouldUseTheWholeMtuWhereThePathCarriesIt() throws Exception {
        try (SimulatedOverlay overlay = new SimulatedOverlay(seed, directory)) {
            SimulatedNode alpha = overlay.node("alpha");
            SimulatedNode beta = overlay.node("beta");
            overlay.awaitRegistered();

            overlay.connect(alpha, beta);
            overlay.advance(Duration.ofSeconds(1));

            assertThat(mtu(alpha, beta)).as("seed %d", seed).isEqualTo(SimulatedNode.INNER_MTU);
            assertThat(mtu(beta, alpha)).isEqualTo(SimulatedNode.INNER_MTU);
            assertThat(shown(alpha)).isEqualTo(SimulatedNode.INNER_MTU);
            assertThat(alpha.drops()).isZero();
        }
    }

    @Test
    void shouldFindANarrowPathAndFollowItsChanges() throws Exception {
        try (SimulatedOverlay overlay = new SimulatedOverlay(seed, directory)) {
            SimulatedNode alpha = overlay.node("alpha");
            SimulatedNode beta = overlay.node("beta");
            overlay.awaitRegistered();
            overlay.network().mtu(1340 + CAPSULE);
            overlay.connect(alpha, beta);
            overlay.advance(Duration.ofSeconds(2));
            assertThat(mtu(alpha, beta)).as("seed %d", seed).isEqualTo(1340);
            assertThat(mtu(beta, alpha)).isEqualTo(1340);

            overlay.network().mtu(1220 + CAPSULE);
            for (int i = 0; i < 10; i++) {
                alpha.dataPlane().countSent(10);
                overlay.advance(Duration.ofMillis(100));
            }
            assertThat(mtu(alpha, beta)).as("seed %d", seed).isEqualTo(1220);
            assertThat(shown(alpha)).isEqualTo(1220);
            assertThat(mtu(beta, alpha)).as("it sends nothing").isEqualTo(1340);

            overlay.network().mtu(2000);
            alpha.moveTo(new InetSocketAddress("10.0.77.7", 7000));
            overlay.await("beta to follow", () -> mtu(beta, alpha) == SimulatedNode.INNER_MTU);
        }
    }

    @Test
    void shouldSearchAgainWhenTheKernelFindsADatagramTooLong() throws Exception {
        try (SimulatedOverlay overlay = new SimulatedOverlay(seed, directory)) {
            SimulatedNode alpha = overlay.node("alpha");
            SimulatedNode beta = overlay.node("beta");
            overlay.awaitRegistered();
            overlay.connect(alpha, beta);
            overlay.advance(Duration.ofSeconds(1));
            overlay.network().mtu(1280 + CAPSULE);

            alpha.plane().onDatagramTooLong(tunnel(alpha, beta).index(), 1390);
            overlay.advance(Duration.ofSeconds(1));

            assertThat(mtu(alpha, beta)).as("seed %d", seed).isEqualTo(1280);
        }
    }

    @Test
    void shouldForgetATunnelThatIsClosed() throws Exception {
        try (SimulatedOverlay overlay = new SimulatedOverlay(seed, directory)) {
            SimulatedNode alpha = overlay.node("alpha");
            SimulatedNode beta = overlay.node("beta");
            overlay.awaitRegistered();
            overlay.connect(alpha, beta);
            int index = tunnel(alpha, beta).index();

            beta.plane().close();
            overlay.await("alpha to hear of it", () -> alpha.dataPlane().tunnels().isEmpty());

            alpha.plane().onDatagramTooLong(index, 1300);
            overlay.advance(Duration.ofSeconds(5));
            assertThat(alpha.plane().peers()).isEmpty();
        }
    }
}
