package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.TlsBridges;
import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.CloudRecord.LinkState;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.engine.control.state.TransactionRecord;
import io.cyphonic.signaling.protocol.RelayServer;

import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Adds a way to the NMS over TLS when no UDP comes back, and takes it away when UDP works again.
 * Under the lock of the cloud link.
 */
final class BridgeFallback {
    /** A request that was sent so often without an answer gives little hope: after some 750 ms. */
    private static final int HOPELESS_TRIES = 3;

    private static final int USUAL_TLS_PORT = 443;

    private final TlsBridges bridges;
    private final CloudRequests requests;
    private final SharedState state;

    BridgeFallback(TlsBridges bridges, CloudRequests requests, SharedState state) {
        this.bridges = bridges;
        this.requests = requests;
        this.state = state;
    }

    /** Looks at the ways there are. */
    void look(CloudRecord cloud, long now) {
        boolean hope = false;
        for (int link = 0; link < cloud.linkCount(); link++) {
            if (!cloud.isBridged(link)) {
                if (cloud.linkState(link) == LinkState.REGISTERED && cloud.pending(link) == 0) {
                    goBackToUdp(cloud);
                    return;
                }
                hope |= isHopeful(cloud.pending(link));
            }
        }
        if (!hope && cloud.linkCount() > 0 && requests.session() != null) {
            useBridge(cloud, now);
        }
    }

    private boolean isHopeful(long transactionId) {
        TransactionRecord request =
                transactionId == 0 ? null : state.transactions().find(transactionId);
        return request != null && request.tries() < HOPELESS_TRIES;
    }

    private void goBackToUdp(CloudRecord cloud) {
        int bridged = cloud.bridgedLink();
        if (bridged >= 0) {
            if (cloud.pending(bridged) != 0) {
                requests.abandon(cloud.pending(bridged));
            }
            cloud.removeLink(bridged);
        }
    }

    private void useBridge(CloudRecord cloud, long now) {
        int bridged = cloud.bridgedLink();
        for (InetSocketAddress gateway : gateways(cloud)) {
            InetSocketAddress bridge = bridges.bridge(gateway);
            if (bridge == null) {
                continue;
            }
            if (bridged >= 0 && cloud.endpoint(bridged).equals(bridge)) {
                return;
            }
            if (bridged >= 0) {
                cloud.removeLink(bridged);
            }
            cloud.addLink(bridge, now);
            return;
        }
    }

    /** The TLS ports of the hosts on which the NMS is. */
    private Set<InetSocketAddress> gateways(CloudRecord cloud) {
        List<RelayServer> relays = requests.session().relays();
        Set<InetSocketAddress> gateways = new LinkedHashSet<>();
        for (int link = 0; link < cloud.linkCount(); link++) {
            InetSocketAddress nms = cloud.endpoint(link);
            if (!cloud.isBridged(link)) {
                int port =
                        relays.stream()
                                .filter(relay -> relay.tlsPort() != 0 && isAt(relay, nms))
                                .mapToInt(RelayServer::tlsPort)
                                .findFirst()
                                .orElse(USUAL_TLS_PORT);
                gateways.add(new InetSocketAddress(nms.getAddress(), port));
            }
        }
        return gateways;
    }

    private static boolean isAt(RelayServer relay, InetSocketAddress nms) {
        return relay.ipv4() != null && relay.ipv4().getAddress().equals(nms.getAddress())
                || relay.ipv6() != null && relay.ipv6().getAddress().equals(nms.getAddress());
    }
}
