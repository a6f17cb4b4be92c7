package io.cyphonic.engine.control.signaling;

import io.cyphonic.engine.control.ControlPlane.Mobility;
import io.cyphonic.engine.control.ControlPlane.PathKind;
import io.cyphonic.engine.control.ControlPlane.Peer;
import io.cyphonic.engine.control.ControlPlane.PeerState;
import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.engine.control.state.PeerIdentity;
import io.cyphonic.engine.control.state.RelayRecord;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.control.tunnel.TunnelContext;
import io.cyphonic.engine.pipeline.DataPlane.TunnelTraffic;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.RelayServer;

import java.net.InetSocketAddress;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Shows the tunnels as {@code status} wants them. */
final class PeerList {
    private static final double NANOS_PER_MILLI = 1e6;

    private record Present(Kind kind, Endpoint endpoint) {}

    private PeerList() {}

    static List<Peer> of(TunnelContext context) {
        return context.state().tunnels().all().stream()
                .map(tunnel -> peer(context, tunnel))
                .sorted(Comparator.comparing(Peer::fqdn))
                .toList();
    }

    private static Peer peer(TunnelContext context, TunnelRecord tunnel) {
        PeerIdentity identity = tunnel.identity();
        Present way = present(context, tunnel);
        TunnelTraffic traffic = context.dataPlane().traffic(tunnel.tunnelIndex());
        int ownMtu = context.settings().innerMtu();
        boolean keyed = tunnel.receiverIndex() != TunnelRecord.NONE;
        long age = context.runtime().nanoTime() - tunnel.sessionSinceNanos();
        return new Peer(
                identity.fqdn(),
                identity.virtualIpv4(),
                identity.virtualIpv6(),
                switch (tunnel.phase()) {
                    case CONNECTING -> PeerState.CONNECTING;
                    case UP -> PeerState.UP;
                    case DOWN -> PeerState.DOWN;
                },
                kind(way.kind()),
                way.endpoint(),
                tunnel.rttNanos() < 0 ? Double.NaN : tunnel.rttNanos() / NANOS_PER_MILLI,
                Math.min(
                        tunnel.innerMtu() == 0 ? ownMtu : Math.min(ownMtu, tunnel.innerMtu()),
                        context.dataPlane().pathMtu(tunnel.tunnelIndex())),
                keyed ? TimeUnit.NANOSECONDS.toSeconds(age) : -1,
                traffic.bytesIn(),
                traffic.bytesOut(),
                traffic.packetsIn(),
                traffic.packetsOut(),
                mobility(context.state().paths().find(tunnel.nodeId())));
    }

    private static PathKind kind(Kind kind) {
        return switch (kind) {
            case LOCAL, DIRECT, HEARD -> PathKind.DIRECT;
            case RELAY -> PathKind.RELAY;
            case TCP -> PathKind.TCP;
        };
    }

    /** Where the tunnel sends; of a bridge, where it leads. */
    private static Present present(TunnelContext context, TunnelRecord tunnel) {
        Endpoint endpoint = context.dataPlane().endpoint(tunnel.tunnelIndex());
        RelayRecord relay = context.state().relays().find(tunnel.nodeId());
        if (endpoint == null
                || relay == null
                || !endpoint.toSocketAddress().equals(relay.endpoint())) {
            return new Present(Kind.DIRECT, endpoint);
        }
        if (!relay.tls()) {
            return new Present(Kind.RELAY, endpoint);
        }
        RelayServer server = relay.relay();
        InetSocketAddress udp = server.ipv4() != null ? server.ipv4() : server.ipv6();
        return new Present(
                Kind.TCP, Endpoint.of(new InetSocketAddress(udp.getAddress(), server.tlsPort())));
    }

    private static Mobility mobility(PathRecord paths) {
        if (paths == null) {
            return Mobility.NONE;
        }
        boolean any = paths.outages() > 0;
        return new Mobility(
                paths.changes(),
                paths.outages(),
                any ? paths.lastOutage() / NANOS_PER_MILLI : Double.NaN,
                any ? paths.worstOutage() / NANOS_PER_MILLI : Double.NaN);
    }
}
