package io.cyphonic.engine.local;

import io.cyphonic.engine.config.NodeConfigLoader;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlPlane.NodeState;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** The counters of a node in the Prometheus text format, version 0.0.4. */
public final class MetricsPage {
    private final StringBuilder out = new StringBuilder();

    private MetricsPage() {}

    /** The page at this moment. */
    public static String of(NodeView node) {
        MetricsPage page = new MetricsPage();
        page.node(node);
        page.head("engine_dropped_packets_total", "counter", "Packets dropped, by reason.");
        node.drops().forEach((reason, count) -> page.value("reason", lower(reason), count));
        page.peers(node.control().peers());
        node.dns()
                .ifPresent(
                        dns -> {
                            page.head("dns_queries_total", "counter", "Queries, by outcome.");
                            dns.snapshot()
                                    .forEach(
                                            (event, count) ->
                                                    page.value(
                                                            "outcome", lower(event.name()), count));
                        });
        return page.out.toString();
    }

    private String name = "";

    private void head(String metric, String type, String help) {
        name = "cyphonic_" + metric;
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private void value(String label, String labelValue, long value) {
        out.append(name)
                .append('{')
                .append(label)
                .append("=\"")
                .append(labelValue)
                .append("\"} ")
                .append(value)
                .append('\n');
    }

    private void node(NodeView node) {
        head("node_registered", "gauge", "Whether the cloud answers at present.");
        plain(node.control().state() == NodeState.REGISTERED ? 1 : 0);
        head("threads", "gauge", "Threads, by kind; virtual ones are signaling handlers at work.");
        value("kind", "platform", ManagementFactory.getThreadMXBean().getThreadCount());
        value("kind", "virtual", node.signalingTasks());
    }

    private void plain(long value) {
        out.append(name).append(' ').append(value).append('\n');
    }

    private void peers(List<ControlPlane.Peer> peers) {
        head("peers", "gauge", "Peers, by state of their tunnel.");
        for (ControlPlane.PeerState state : ControlPlane.PeerState.values()) {
            long count = peers.stream().filter(peer -> peer.state() == state).count();
            value("state", NodeConfigLoader.kebab(state), count);
        }
        perPeer(peers, "peer_received_bytes_total", "Inner bytes in.", ControlPlane.Peer::bytesIn);
        perPeer(peers, "peer_sent_bytes_total", "Inner bytes out.", ControlPlane.Peer::bytesOut);
        perPeer(
                peers,
                "peer_received_packets_total",
                "Inner packets in.",
                ControlPlane.Peer::packetsIn);
        perPeer(
                peers,
                "peer_sent_packets_total",
                "Inner packets out.",
                ControlPlane.Peer::packetsOut);
    }

    private void perPeer(
            List<ControlPlane.Peer> peers,
            String metric,
            String help,
            ToLongFunction<ControlPlane.Peer> count) {
        head(metric, "counter", help);
        peers.forEach(peer -> value("peer", peer.fqdn(), count.applyAsLong(peer)));
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
