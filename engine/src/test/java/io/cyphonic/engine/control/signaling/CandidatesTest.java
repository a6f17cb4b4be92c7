package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.engine.fixtures.SimulatedOverlay;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

class CandidatesTest {
    private static final Candidate MAPPING =
            new Candidate(
                    new InetSocketAddress(InetAddress.ofLiteral("198.51.100.7"), 7000),
                    CandidateKind.PORT_MAPPING);

    @TempDir Path directory;

    private static List<Candidate> registered(SimulatedOverlay overlay, SimulatedNode node) {
        return overlay.cloud()
                .registry()
                .findById(node.certificate().nodeId())
                .orElseThrow()
                .registration()
                .candidates();
    }

    @Test
    void shouldTellTheCloudAtOnceWhenASourceKnowsMore() throws Exception {
        try (SimulatedOverlay overlay = new SimulatedOverlay(42, directory)) {
            SimulatedNode node = overlay.node("alpha");
            AtomicReference<List<Candidate>> known = new AtomicReference<>(List.of());
            node.plane().addCandidates(known::get);
            overlay.awaitRegistered();
            assertThat(registered(overlay, node)).doesNotContain(MAPPING);

            known.set(List.of(MAPPING));
            node.plane().onCandidatesChanged();
            overlay.advance(Duration.ofMillis(100));

            assertThat(registered(overlay, node)).contains(MAPPING).hasSize(2);

            known.set(List.of());
            node.plane().onCandidatesChanged();
            overlay.advance(Duration.ofMillis(100));

            assertThat(registered(overlay, node)).doesNotContain(MAPPING);
        }
    }
}
