package io.cyphonic.engine.control.signaling;

import io.cyphonic.engine.control.TlsBridges;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.control.tunnel.Initiator;
import io.cyphonic.engine.control.tunnel.PassiveKeepAlives;
import io.cyphonic.engine.control.tunnel.PathMtus;
import io.cyphonic.engine.control.tunnel.Paths;
import io.cyphonic.engine.control.tunnel.Probes;
import io.cyphonic.engine.control.tunnel.Relays;
import io.cyphonic.engine.control.tunnel.RequestStamps;
import io.cyphonic.engine.control.tunnel.TunnelContext;
import io.cyphonic.engine.control.tunnel.Tunnels;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Tunnels, probes, relays and paths, which tell each other what happens. Wiring only. */
final class PathParts implements Relays.Listener, Probes.Proofs, TlsBridges {
    private final AtomicReference<TlsBridges> bridges = new AtomicReference<>(TlsBridges.NONE);
    private final TunnelContext context;
    private final Consumer<Id128> askCloud;
    private final Tunnels tunnels;
    private final Probes probes;
    private final Relays relays;
    private final Paths paths;
    private final Initiator initiator;
    private final PassiveKeepAlives keepAlives;

    /** Only the sweep looks at it: whether the way back to UDP is to be taken. */
    private boolean wasBlocked;

    PathParts(
            TunnelContext context,
            PathMtus pathMtus,
            Supplier<List<Candidate>> ownCandidates,
            Consumer<Id128> askCloud) {
        this.context = context;
        this.askCloud = askCloud;
        this.tunnels = new Tunnels(context, pathMtus, this::onSession);
        this.probes = new Probes(context, tunnels, this);
        this.relays = new Relays(context, this, this);
        this.paths =
                new Paths(
                        context,
                        relays,
                        probes,
                        pathMtus,
                        ownCandidates,
                        tunnel -> askCloud.accept(tunnel.nodeId()));
        this.keepAlives = new PassiveKeepAlives(context);
        this.initiator =
                new Initiator(context, tunnels, probes, new RequestStamps(), relays, paths);
    }

    void bridges(TlsBridges present) {
        bridges.set(present);
    }

    Tunnels tunnels() {
        return tunnels;
    }

    Probes probes() {
        return probes;
    }

    Relays relays() {
        return relays;
    }

    Paths paths() {
        return paths;
    }

    Initiator initiator() {
        return initiator;
    }

    void tick() {
        boolean blocked = context.isUdpBlocked();
        if (wasBlocked && !blocked) {
            relays.onMoved();
        }
        wasBlocked = blocked;
        relays.tick();
        keepAlives.tick();
        paths.tick();
    }

    private void onSession(TunnelRecord tunnel, Endpoint from) {
        paths.onSession(tunnel, from);
    }

    @Override
    public void onRelay(Id128 nodeId, InetSocketAddress endpoint, Kind kind) {
        paths.onRelay(nodeId, endpoint, kind);
        initiator.onRelay(nodeId);
    }

    @Override
    public void onGrantNeeded(Id128 nodeId) {
        askCloud.accept(nodeId);
    }

    @Override
    public boolean onAnswer(
            Id128 nodeId, InetSocketAddress endpoint, InetSocketAddress from, long rttNanos) {
        return paths.onAnswer(nodeId, endpoint, from, rttNanos);
    }

    @Override
    public void onProbed(int tunnelIndex, Endpoint from) {
        paths.onHeard(tunnelIndex, from);
    }

    @Override
    public InetSocketAddress bridge(InetSocketAddress tlsPort) {
        return bridges.get().bridge(tlsPort);
    }
}
