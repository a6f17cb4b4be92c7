package io.cyphonic.signaling;

import io.cyphonic.signaling.auth.AuthenticationCounter;
import io.cyphonic.signaling.auth.AuthenticationServer;
import io.cyphonic.signaling.metrics.MetricsSource;
import io.cyphonic.signaling.metrics.MetricsWriter;
import io.cyphonic.signaling.node.NmsCounters;
import io.cyphonic.signaling.registry.NodeRecord;
import io.cyphonic.signaling.registry.Registry;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** The figures of AS, NMS and registry. Listed in docs/metrics.md. */
final class CloudMetrics implements MetricsSource {
    private final AuthenticationServer authentication;
    private final NmsCounters nms;
    private final Registry registry;
    private final InstantSource clock;

    CloudMetrics(
            AuthenticationServer authentication,
            NmsCounters nms,
            Registry registry,
            InstantSource clock) {
        this.authentication = authentication;
        this.nms = nms;
        this.registry = registry;
        this.clock = clock;
    }

    @Override
    public void collect(MetricsWriter out) {
        Map<AuthenticationCounter, Long> ended = authentication.snapshot();
        Long accepted = ended.remove(AuthenticationCounter.ACCEPTED);
        out.counter(
                "cyphonic_as_accepted_connections", "Connections the AS has accepted.", accepted);
        out.counter(
                "cyphonic_as_connections",
                "Connections to the AS that have ended, by how.",
                "outcome",
                ended);
        out.gauge(
                "cyphonic_as_open_connections",
                "Connections the AS serves at present.",
                authentication.openConnections());
        out.counter(
                "cyphonic_nms_datagrams",
                "Datagrams to the NMS, by what became of them.",
                "outcome",
                nms.snapshot());
        registry(out);
    }

    private void registry(MetricsWriter out) {
        List<NodeRecord> nodes = registry.nodes();
        long revoked = nodes.stream().filter(NodeRecord::revoked).count();
        long registered =
                nodes.stream()
                        .filter(node -> !node.revoked() && node.registration() != null)
                        .count();
        out.gauge(
                "cyphonic_registry_nodes",
                "Nodes of the registry, by state.",
                series -> {
                    series.value(registered, "state", "registered");
                    series.value(nodes.size() - registered - revoked, "state", "offline");
                    series.value(revoked, "state", "revoked");
                });
        out.gauge(
                "cyphonic_registry_open_invitations",
                "Invitations neither used nor expired.",
                registry.openInvitations(clock.millis()).size());
        out.counter(
                "cyphonic_registry_revocations",
                "Revocations so far, in the life of the cloud.",
                registry.revocationEpoch());
    }
}
