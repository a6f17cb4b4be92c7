package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.ControlPlane.Reached;
import io.cyphonic.engine.fixtures.SignalingNetwork.Weather;
import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.engine.fixtures.SimulatedOverlay;
import io.cyphonic.signaling.state.ChronicleStateStore;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

class ManyTunnelsTest {
    private static final int INITIATORS = 40;
    private static final int RESPONDERS = 5;

    @TempDir Path directory;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 20_260_101})
    void shouldSetUp200TunnelsAtOnceWhenMessagesAreDuplicatedDelayedAndReordered(long seed)
            throws Exception {
        try (SimulatedOverlay overlay =
                new SimulatedOverlay(seed, directory, ChronicleStateStore::new)) {
            List<SimulatedNode> initiators = nodes(overlay, "initiator", INITIATORS);
            List<SimulatedNode> responders = nodes(overlay, "responder", RESPONDERS);
            overlay.awaitRegistered();
            overlay.network().weather(Weather.CHAOS);

            List<CompletableFuture<Reached>> reached = new ArrayList<>();
            for (SimulatedNode initiator : initiators) {
                for (SimulatedNode responder : responders) {
                    reached.add(initiator.plane().reach(responder.fqdn()));
                }
            }
            overlay.await(
                    "200 answers", () -> reached.stream().allMatch(CompletableFuture::isDone));
            overlay.advance(Duration.ofSeconds(5));

            assertThat(reached)
                    .as("seed %d", seed)
                    .allSatisfy(each -> assertThat(each.join()).isInstanceOf(Reached.Up.class));
            for (SimulatedNode initiator : initiators) {
                for (SimulatedNode responder : responders) {
                    TunnelAssertions.assertMatchingKeys(initiator, responder);
                }
                assertThat(initiator.dataPlane().tunnels()).hasSize(RESPONDERS);
            }
            assertThat(responders)
                    .allSatisfy(each -> assertThat(each.dataPlane().tunnels()).hasSize(INITIATORS));
            assertThat(overlay.network().doubled()).isGreaterThan(500);
            assertNothingPending(seed, overlay);
        }
    }

    private static List<SimulatedNode> nodes(SimulatedOverlay overlay, String name, int count) {
        List<SimulatedNode> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            nodes.add(overlay.node(name + "-" + i));
        }
        return nodes;
    }

    private static void assertNothingPending(long seed, SimulatedOverlay overlay) {
        overlay.network().weather(Weather.FAIR);
        overlay.advance(Duration.ofSeconds(45));
        for (SimulatedNode node : overlay.nodes()) {
            overlay.await(
                    "empty tables of " + node.fqdn(),
                    () -> node.plane().sharedState().pendingEntries() == 0);
            assertThat(node.dataPlane().reservedIndices()).as("seed %d", seed).isZero();
        }
    }
}
