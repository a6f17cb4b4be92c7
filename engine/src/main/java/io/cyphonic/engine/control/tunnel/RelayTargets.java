package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.TlsBridges;
import io.cyphonic.engine.control.state.RelayRecord;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.RelayServer;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a relay can be reached from this node, in the order in which that is tried: UDP first, TLS
 * ports, over bridges, last. A relay's record counts on through them.
 */
final class RelayTargets {
    private final TunnelContext context;
    private final TlsBridges bridges;

    RelayTargets(TunnelContext context, TlsBridges bridges) {
        this.context = context;
        this.bridges = bridges;
    }

    /** How often all targets have been tried in vain. */
    int round(RelayRecord relay) {
        int targets = all(relay.relay()).size();
        return targets == 0 ? 0 : relay.target() / targets;
    }

    /** Where to send to reach the present target; {@code null} if there is no way now. */
    InetSocketAddress present(RelayRecord relay) {
        List<InetSocketAddress> targets = all(relay.relay());
        return targets.isEmpty()
                ? null
                : resolve(relay.relay(), targets.get(relay.target() % targets.size()));
    }

    private List<InetSocketAddress> all(RelayServer relay) {
        List<InetSocketAddress> own = context.addresses().candidates();
        boolean ipv4 = own.stream().anyMatch(each -> each.getAddress() instanceof Inet4Address);
        boolean ipv6 = own.stream().anyMatch(each -> !(each.getAddress() instanceof Inet4Address));
        List<InetSocketAddress> targets = new ArrayList<>(4);
        if (ipv4 && relay.ipv4() != null) {
            targets.add(relay.ipv4());
        }
        if (ipv6 && relay.ipv6() != null) {
            targets.add(relay.ipv6());
        }
        if (relay.tlsPort() != 0) {
            for (InetSocketAddress udp : List.copyOf(targets)) {
                targets.add(new InetSocketAddress(udp.getAddress(), relay.tlsPort()));
            }
        }
        if (context.isUdpBlocked() && relay.tlsPort() != 0) {
            return targets.subList(targets.size() / 2, targets.size());
        }
        return targets;
    }

    private InetSocketAddress resolve(RelayServer relay, InetSocketAddress target) {
        boolean tls =
                target.getPort() == relay.tlsPort()
                        && !target.equals(relay.ipv4())
                        && !target.equals(relay.ipv6());
        return tls ? bridges.bridge(target) : target;
    }

    /** Whether a message from there can be one of this relay. */
    boolean isAt(RelayServer relay, Endpoint from) {
        InetSocketAddress source = from.toSocketAddress();
        return source.equals(relay.ipv4()) || source.equals(relay.ipv6()) || isOverTls(source);
    }

    /** Whether what comes from there has come over TLS. */
    boolean isOverTls(InetSocketAddress source) {
        return bridges.isBridge(source);
    }
}
