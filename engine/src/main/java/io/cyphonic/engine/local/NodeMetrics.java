package io.cyphonic.engine.local;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.NodeConfigLoader;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlPlane.NodeState;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.signaling.metrics.MetricsSource;
import io.cyphonic.signaling.metrics.MetricsWriter;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The figures of a node: engine, signaling, resolver and peers. Listed in docs/metrics.md. */
public final class NodeMetrics implements MetricsSource {
    /** Most peers with figures of their own; the others are in the sums. */
    static final int MAX_PEERS = 256;

    private static final double NANOS = 1e-9;
    private static final double MILLIS = 1e-3;

    private final NodeView node;

    /** The figures of this node. */
    public NodeMetrics(NodeView node) {
        this.node = node;
    }

    @Override
    public void collect(MetricsWriter out) {
        node(out);
        engine(out);
        tasks(out);
        peers(out, node.control().peers());
        node.dns()
                .ifPresent(
                        dns ->
                                out.counter(
                                        "cyphonic_dns_queries",
                                        "Queries to the node's resolver, by outcome.",
                                        "outcome",
                                        dns.snapshot()));
    }

    private void node(MetricsWriter out) {
        EngineConfig engine = node.engine();
        out.info(
                "cyphonic_engine",
                "How the packet engine was set.",
                "mode",
                NodeConfigLoader.kebab(engine.mode()),
                "wait_strategy",
                NodeConfigLoader.kebab(engine.waitStrategy()),
                "workers",
                Integer.toString(engine.workers()));
        out.gauge(
                "cyphonic_node_registered",
                "Whether the node is registered and the cloud answers: 1 or 0.",
                node.control().state() == NodeState.REGISTERED ? 1 : 0);
        out.gauge(
                "cyphonic_offload_enabled",
                "Whether the kernel does this part of the work at present: 1 or 0.",
                series ->
                        node.offloads()
                                .forEach(
                                        (offload, on) ->
                                                series.value(on ? 1 : 0, "offload", offload)));
    }

    private void engine(MetricsWriter out) {
        node.counters()
                .snapshot()
                .forEach(
                        (counter, count) ->
                                out.counter(
                                        "cyphonic_" + MetricsWriter.lower(counter),
                                        CounterTexts.of(counter),
                                        count));
        out.counter(
                "cyphonic_dropped_packets",
                "Packets dropped, by reason; every dropped packet has exactly one.",
                series ->
                        node.drops()
                                .forEach(
                                        (reason, count) ->
                                                series.value(
                                                        count,
                                                        "reason",
                                                        reason.toLowerCase(Locale.ROOT))));
        out.gauge(
                "cyphonic_ring_size_slots",
                "Slots of the ring of each direction; a slot takes one batch.",
                node.engine().ringSize());
        out.gauge(
                "cyphonic_ring_occupied_slots",
                "Slots published and not finished yet.",
                series -> {
                    series.value(node.outboundOccupancy(), "direction", "outbound");
                    series.value(node.inboundOccupancy(), "direction", "inbound");
                });
        out.gauge(
                "cyphonic_packet_buffer_bytes",
                "Bytes of all packet buffers; made at start, never more.",
                node.bufferBytes());
    }

    private void tasks(MetricsWriter out) {
        ControlRuntime.Tasks tasks = node.tasks();
        out.gauge(
                "cyphonic_control_tasks",
                "Tasks of the control plane: running ones have a virtual thread each, waiting ones"
                        + " a timer.",
                series -> {
                    series.value(tasks.running(), "state", "running");
                    series.value(tasks.waiting(), "state", "waiting");
                });
        out.counter(
                "cyphonic_control_tasks_started",
                "Tasks of the control plane ever started, each on a virtual thread of its own.",
                tasks.started());
        out.counter(
                "cyphonic_control_task_seconds",
                "Time these tasks took, all together; its rate is the mean number running.",
                tasks.busyNanos() * NANOS);
    }

    private static void peers(MetricsWriter out, List<ControlPlane.Peer> all) {
        out.gauge(
                "cyphonic_peers",
                "Peers, by the state of their tunnel.",
                series -> {
                    for (ControlPlane.PeerState state : ControlPlane.PeerState.values()) {
                        long count = all.stream().filter(peer -> peer.state() == state).count();
                        series.value(count, "state", NodeConfigLoader.kebab(state));
                    }
                });
        List<ControlPlane.Peer> peers = all.stream().limit(MAX_PEERS).toList();
        counter(out, peers, "received_bytes", "Inner bytes in.", ControlPlane.Peer::bytesIn);
        counter(out, peers, "sent_bytes", "Inner bytes out.", ControlPlane.Peer::bytesOut);
        counter(out, peers, "received_packets", "Inner packets in.", ControlPlane.Peer::packetsIn);
        counter(out, peers, "sent_packets", "Inner packets out.", ControlPlane.Peer::packetsOut);
        counter(
                out,
                peers,
                "path_changes",
                "Times the tunnel went from one path to another.",
                peer -> peer.mobility().pathChanges());
        counter(
                out,
                peers,
                "outages",
                "Times nothing came through although something should have.",
                peer -> peer.mobility().outages());
        gauge(
                out,
                peers.stream().filter(peer -> !Double.isNaN(peer.rttMillis())).toList(),
                "rtt_seconds",
                "Round-trip time of the last probe.",
                peer -> peer.rttMillis() * MILLIS);
        gauge(
                out,
                peers,
                "path_mtu_bytes",
                "Largest inner packet the path carries.",
                ControlPlane.Peer::pathMtu);
        gauge(
                out,
                peers.stream().filter(peer -> peer.handshakeAgeSeconds() >= 0).toList(),
                "handshake_age_seconds",
                "Age of the present keys.",
                ControlPlane.Peer::handshakeAgeSeconds);
        out.gauge(
                "cyphonic_peer_path",
                "The way a tunnel takes: 1 for the one in use.",
                series ->
                        peers.stream()
                                .filter(peer -> peer.path() != null)
                                .forEach(
                                        peer ->
                                                series.value(
                                                        1,
                                                        "peer",
                                                        peer.fqdn(),
                                                        "path",
                                                        NodeConfigLoader.kebab(peer.path()))));
    }

    private static void counter(
            MetricsWriter out,
            List<ControlPlane.Peer> peers,
            String name,
            String help,
            ToDoubleFunction<ControlPlane.Peer> value) {
        out.counter("cyphonic_peer_" + name, help, series -> each(series, peers, value));
    }

    private static void gauge(
            MetricsWriter out,
            List<ControlPlane.Peer> peers,
            String name,
            String help,
            ToDoubleFunction<ControlPlane.Peer> value) {
        out.gauge("cyphonic_peer_" + name, help, series -> each(series, peers, value));
    }

    private static void each(
            MetricsWriter.Series series,
            List<ControlPlane.Peer> peers,
            ToDoubleFunction<ControlPlane.Peer> value) {
        peers.forEach(peer -> series.value(value.applyAsDouble(peer), "peer", peer.fqdn()));
    }
}
