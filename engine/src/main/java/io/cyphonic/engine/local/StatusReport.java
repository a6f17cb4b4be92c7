package io.cyphonic.engine.local;

import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.config.NodeConfigLoader;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlPlane.NodeState;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.signaling.net.AddressText;

import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The object that {@code status --json} prints. Its keys are a contract with scripts outside this
 * project: they may be added to, never renamed or removed.
 */
public final class StatusReport {
    private StatusReport() {}

    /** The state of a node at this moment. */
    public static Map<String, Object> of(NodeView node) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("node", node(node));
        report.put("cloud", cloud(node.control()));
        report.put("engine", engine(node));
        report.put("peers", node.control().peers().stream().map(StatusReport::peer).toList());
        return report;
    }

    private static Map<String, Object> node(NodeView node) {
        Membership membership = node.membership();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("fqdn", membership.fqdn());
        object.put("virtualIpv4", AddressText.format(membership.virtualIpv4()));
        object.put("virtualIpv6", AddressText.format(membership.virtualIpv6()));
        object.put("state", NodeConfigLoader.kebab(node.control().state()));
        object.put("interface", node.interfaceName());
        object.put("mtu", node.mtu());
        object.put("listenPort", node.localPort());
        object.put("networkChanges", node.control().networkChanges());
        return object;
    }

    private static Map<String, Object> cloud(ControlPlane control) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("address", AddressText.format(control.cloudAddress()));
        object.put("reachable", control.state() == NodeState.REGISTERED);
        return object;
    }

    private static Map<String, Object> engine(NodeView node) {
        Map<String, Object> threads = new LinkedHashMap<>();
        threads.put("platform", ManagementFactory.getThreadMXBean().getThreadCount());
        threads.put("virtual", node.tasks().running());
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("mode", NodeConfigLoader.kebab(node.engine().mode()));
        object.put("ringSize", node.engine().ringSize());
        object.put("workers", node.engine().workers());
        object.put("offloads", node.offloads());
        object.put("cipher", node.cipher());
        object.put("threads", threads);
        object.put("outOfOrder", node.counters().get(Counter.INBOUND_OUT_OF_ORDER));
        object.put("drops", node.drops());
        return object;
    }

    private static Map<String, Object> peer(ControlPlane.Peer peer) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("fqdn", peer.fqdn());
        object.put("virtualIpv4", address(peer.virtualIpv4()));
        object.put("virtualIpv6", address(peer.virtualIpv6()));
        object.put("state", NodeConfigLoader.kebab(peer.state()));
        object.put("path", NodeConfigLoader.kebab(peer.path()));
        object.put("endpoint", peer.endpoint() == null ? null : peer.endpoint().toString());
        object.put("rttMillis", number(peer.rttMillis()));
        object.put("pathMtu", peer.pathMtu());
        object.put("handshakeAgeSeconds", peer.handshakeAgeSeconds());
        object.put("bytesIn", peer.bytesIn());
        object.put("bytesOut", peer.bytesOut());
        object.put("packetsIn", peer.packetsIn());
        object.put("packetsOut", peer.packetsOut());
        object.put("pathChanges", peer.mobility().pathChanges());
        object.put("outages", peer.mobility().outages());
        object.put("lastOutageMillis", number(peer.mobility().lastOutageMillis()));
        object.put("worstOutageMillis", number(peer.mobility().worstOutageMillis()));
        return object;
    }

    private static String address(java.net.InetAddress address) {
        return address == null ? null : AddressText.format(address);
    }

    /** JSON has no NaN: what was not measured is null. Rounded to a microsecond. */
    static Double number(double millis) {
        return Double.isNaN(millis) ? null : Math.round(millis * 1000) / 1000.0;
    }
}
