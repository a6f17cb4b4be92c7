package io.cyphonic.engine.control.signaling;

import io.cyphonic.engine.control.ControlPlane.PathKind;
import io.cyphonic.engine.control.ControlPlane.Peer;
import io.cyphonic.engine.control.ControlPlane.PeerState;
import io.cyphonic.engine.control.state.PeerIdentity;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.control.tunnel.TunnelContext;
import io.cyphonic.engine.pipeline.DataPlane.TunnelTraffic;

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Shows the tunnels as {@code status} wants them. */
final class PeerList {
    private static final double NANOS_PER_MILLI = 1e6;

    private PeerList() {}

    static List<Peer> of(TunnelContext context) {
        return context.state().tunnels().all().stream()
                .map(tunnel -> peer(context, tunnel))
                .sorted(Comparator.comparing(Peer::fqdn))
                .toList();
    }

    private static Peer peer(TunnelContext context, TunnelRecord tunnel) {
        PeerIdentity identity = tunnel.identity();
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
                PathKind.DIRECT,
                context.dataPlane().endpoint(tunnel.tunnelIndex()),
                tunnel.rttNanos() < 0 ? Double.NaN : tunnel.rttNanos() / NANOS_PER_MILLI,
                Math.min(
                        tunnel.innerMtu() == 0 ? ownMtu : Math.min(ownMtu, tunnel.innerMtu()),
                        context.dataPlane().pathMtu(tunnel.tunnelIndex())),
                keyed ? TimeUnit.NANOSECONDS.toSeconds(age) : -1,
                traffic.bytesIn(),
                traffic.bytesOut(),
                traffic.packetsIn(),
                traffic.packetsOut());
    }
}
