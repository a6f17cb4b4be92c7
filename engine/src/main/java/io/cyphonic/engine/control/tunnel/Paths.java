package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.path.PathAction;
import io.cyphonic.engine.control.path.PathMachine;
import io.cyphonic.engine.control.path.Way;
import io.cyphonic.engine.control.policy.PathSelector;
import io.cyphonic.engine.control.policy.PortPrediction;
import io.cyphonic.engine.control.policy.TunnelPolicy.Phase;
import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.control.state.WantedPeer;
import io.cyphonic.engine.pipeline.DataPlane.TunnelTraffic;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.ControlMessage.CandidateUpdate;
import io.cyphonic.signaling.protocol.ControlMessage.CandidateUpdateAck;
import io.cyphonic.signaling.protocol.ControlMessageCodec;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The shell of {@link PathMachine}: brings it events and does what it decides. Every change of
 * where a tunnel sends is made here.
 */
public final class Paths {
    private static final long UNUSED_MILLIS = TimeUnit.SECONDS.toMillis(60);
    private static final long MOVE_REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int MAX_TOLD_CANDIDATES = 16;

    private final TunnelContext context;
    private final Relays relays;
    private final Probes probes;
    private final PathMtus pathMtus;
    private final ReturnWays returnWays;
    private final Supplier<List<Candidate>> ownCandidates;
    private final Consumer<TunnelRecord> askCloud;
    private final AtomicLong networkChanges = new AtomicLong();
    private final AtomicReference<OwnUpdate> update;

    /** What peers are told of this node's addresses: the sequence rises with every change. */
    private record OwnUpdate(long sequence, boolean moved, long movedNanos) {}

    /**
     * Works on the tunnels of a context.
     *
     * @param ownCandidates where this node can be reached by all it knows
     * @param askCloud asks for a new direction
     */
    public Paths(
            TunnelContext context,
            Relays relays,
            Probes probes,
            PathMtus pathMtus,
            Supplier<List<Candidate>> ownCandidates,
            Consumer<TunnelRecord> askCloud) {
        this.context = context;
        this.relays = relays;
        this.probes = probes;
        this.pathMtus = pathMtus;
        this.returnWays = new ReturnWays(context);
        this.ownCandidates = ownCandidates;
        this.askCloud = askCloud;
        this.update =
                new AtomicReference<>(new OwnUpdate(context.runtime().wallMillis(), false, 0));
    }

    /** Looks at every tunnel that works; one that is down is the business of its keeper. */
    public void tick() {
        Map<Id128, TunnelRecord> tunnels = context.state().tunnels().view();
        for (PathRecord paths : context.state().paths().view()) {
            TunnelRecord tunnel = tunnels.get(paths.nodeId());
            if (tunnel != null && hasNews(paths, tunnel)) {
                look(paths.nodeId());
            }
        }
    }

    /**
     * Whether a look would do or change anything: mostly not, ten times a second for each tunnel,
     * and then nothing need be locked, read or written.
     */
    private boolean hasNews(PathRecord paths, TunnelRecord tunnel) {
        PathRecord after = paths.copy();
        PathMachine machine = new PathMachine(after, context.nowNanos());
        look(machine, tunnel);
        return !machine.actions().isEmpty() || !after.isSameAs(paths);
    }

    private void look(Id128 nodeId) {
        change(nodeId, this::look);
    }

    private void look(PathMachine machine, TunnelRecord tunnel) {
        if (tunnel.phase() != Phase.DOWN) {
            TunnelTraffic traffic = context.dataPlane().traffic(tunnel.tunnelIndex());
            machine.onTick(traffic.packetsOut(), traffic.lastReceivedNanos());
        }
    }

    /** The cloud names the addresses of a peer, which may not have a tunnel yet. */
    void onDirection(Id128 nodeId, List<Candidate> candidates) {
        context.locks().with(nodeId, () -> onCandidates(nodeId, candidates));
    }

    private void onCandidates(Id128 nodeId, List<Candidate> candidates) {
        PathRecord paths = context.state().paths().find(nodeId);
        if (paths == null) {
            paths = new PathRecord(nodeId, context.nowMillis() + UNUSED_MILLIS);
            context.state().paths().put(nodeId, paths);
        }
        List<Way> ways = ways(candidates);
        TunnelRecord tunnel = context.state().tunnels().find(nodeId);
        apply(paths, tunnel, machine -> machine.onWays(ways, true));
        if (tunnel != null && tunnel.phase() == Phase.UP) {
            guessPorts(tunnel, candidates);
        }
    }

    private void guessPorts(TunnelRecord tunnel, List<Candidate> candidates) {
        List<InetSocketAddress> observed =
                candidates.stream()
                        .filter(
                                each ->
                                        each.kind() == CandidateKind.OBSERVED
                                                || each.kind() == CandidateKind.STUN)
                        .map(Candidate::address)
                        .toList();
        PortPrediction.guess(observed).forEach(guess -> probes.probe(tunnel, guess));
    }

    private List<Way> ways(List<Candidate> candidates) {
        // Homes use the same few networks: an address of the peer may be our own as well.
        List<InetSocketAddress> own = context.addresses().candidates();
        List<Candidate> outside =
                candidates.stream()
                        .filter(each -> !context.settings().isInOverlay(each.address()))
                        .filter(each -> !own.contains(each.address()))
                        .toList();
        List<Way> ways = new ArrayList<>();
        for (InetSocketAddress address : PathSelector.order(outside, own)) {
            Kind best = Kind.HEARD;
            for (Candidate each : outside) {
                Kind kind = kind(each.kind());
                if (each.address().equals(address) && kind.compareTo(best) < 0) {
                    best = kind;
                }
            }
            ways.add(new Way(address, best));
        }
        return ways;
    }

    private static Kind kind(CandidateKind named) {
        return switch (named) {
            case LOCAL -> Kind.LOCAL;
            // Seen by the cloud, but perhaps only as the source of a copy.
            case UNCONFIRMED -> Kind.HEARD;
            default -> Kind.DIRECT;
        };
    }

    /** A session was made over this way, and there was none that worked. Under the lock. */
    public void onSession(TunnelRecord tunnel, Endpoint from) {
        Id128 nodeId = tunnel.nodeId();
        PathRecord paths = context.state().paths().find(nodeId);
        if (paths == null) {
            paths = new PathRecord(nodeId, Long.MAX_VALUE);
        }
        paths.expiry(Long.MAX_VALUE);
        InetSocketAddress endpoint = from.toSocketAddress();
        if (paths.active() == null) {
            apply(paths, tunnel, machine -> machine.onSession(endpoint, kind(nodeId, endpoint)));
        } else {
            // It was down: the source of a handshake is no proof, so all ways are tried at once.
            long heard = context.dataPlane().traffic(tunnel.tunnelIndex()).lastReceivedNanos();
            apply(paths, tunnel, machine -> machine.onMoved(heard));
        }
    }

    private Kind kind(Id128 nodeId, InetSocketAddress endpoint) {
        Kind relay = relays.kindAt(nodeId, endpoint);
        return relay == null ? Kind.HEARD : relay;
    }

    /** An authentic capsule came from elsewhere than the tunnel sends to. */
    public void onHeard(int tunnelIndex, Endpoint from) {
        TunnelRecord found = context.state().tunnels().find(WantedPeer.byTunnel(tunnelIndex));
        if (found != null) {
            InetSocketAddress endpoint = from.toSocketAddress();
            change(
                    found.nodeId(),
                    (machine, tunnel) ->
                            machine.onHeard(endpoint, kind(tunnel.nodeId(), endpoint)));
        }
    }

    /** A probe was answered: whether that counts as a proof of the way. */
    public boolean onAnswer(
            Id128 nodeId, InetSocketAddress endpoint, InetSocketAddress from, long rttNanos) {
        AtomicBoolean believed = new AtomicBoolean(true);
        change(nodeId, (machine, _) -> believed.set(machine.onAnswer(endpoint, from, rttNanos)));
        return believed.get();
    }

    /** A relay is bound. */
    public void onRelay(Id128 nodeId, InetSocketAddress endpoint, Kind kind) {
        context.locks()
                .with(
                        nodeId,
                        () -> {
                            PathRecord paths = context.state().paths().find(nodeId);
                            if (paths != null) {
                                apply(
                                        paths,
                                        context.state().tunnels().find(nodeId),
                                        machine -> machine.onRelay(endpoint, kind));
                            }
                        });
    }

    /** Nothing was sent for a while, or there is nobody else to ask. */
    void onIdle(Id128 nodeId) {
        change(
                nodeId,
                (machine, tunnel) -> {
                    if (tunnel.phase() == Phase.DOWN) {
                        machine.onLost();
                    } else {
                        machine.onIdle();
                    }
                });
    }

    /** The network of this node has changed: its addresses, its routes, or it has slept. */
    public void onMoved() {
        networkChanges.incrementAndGet();
        long now = context.nowNanos();
        update.updateAndGet(last -> new OwnUpdate(next(last), true, now));
        for (PathRecord each : context.state().paths().all()) {
            change(
                    each.nodeId(),
                    (machine, tunnel) ->
                            machine.onMoved(
                                    context.dataPlane()
                                            .traffic(tunnel.tunnelIndex())
                                            .lastReceivedNanos()));
        }
    }

    /** This node can be reached at other addresses than before: its peers are told. */
    public void onOwnWays() {
        long now = context.nowNanos();
        update.updateAndGet(
                last -> {
                    boolean moving =
                            last.moved() && now - last.movedNanos() < MOVE_REMEMBERED_NANOS;
                    return new OwnUpdate(next(last), moving, last.movedNanos());
                });
        for (PathRecord each : context.state().paths().all()) {
            change(each.nodeId(), (machine, _) -> machine.onOwnWays());
        }
    }

    private long next(OwnUpdate last) {
        return Math.max(last.sequence() + 1, context.runtime().wallMillis());
    }

    /** How often the network of this node has changed. */
    public long networkChanges() {
        return networkChanges.get();
    }

    /** The peer says where it is now. */
    public void onUpdate(int tunnelIndex, CandidateUpdate message, Endpoint from) {
        TunnelRecord found = context.state().tunnels().find(WantedPeer.byTunnel(tunnelIndex));
        if (found == null) {
            return;
        }
        returnWays.answer(
                tunnelIndex,
                ControlMessageCodec.encode(new CandidateUpdateAck(message.sequence())),
                from);
        List<Way> ways = ways(message.candidates());
        context.locks()
                .with(
                        found.nodeId(),
                        () -> {
                            PathRecord paths = context.state().paths().find(found.nodeId());
                            if (paths == null || message.sequence() <= paths.peerSequence()) {
                                return;
                            }
                            paths.peerSequence(message.sequence());
                            apply(
                                    paths,
                                    found,
                                    machine -> {
                                        if (message.moved()) {
                                            machine.onPeerMoved(ways);
                                        } else {
                                            machine.onWays(ways, true);
                                        }
                                    });
                            guessPorts(found, message.candidates());
                        });
    }

    /** The peer has got our addresses. */
    public void onUpdateAck(int tunnelIndex, CandidateUpdateAck ack) {
        TunnelRecord found = context.state().tunnels().find(WantedPeer.byTunnel(tunnelIndex));
        if (found != null && ack.sequence() == update.get().sequence()) {
            change(found.nodeId(), (machine, _) -> machine.onTold());
        }
    }

    /** An event for the paths of a tunnel. */
    @FunctionalInterface
    private interface Event {
        void happens(PathMachine machine, TunnelRecord tunnel);
    }

    private void change(Id128 nodeId, Event event) {
        context.locks()
                .with(
                        nodeId,
                        () -> {
                            PathRecord paths = context.state().paths().find(nodeId);
                            TunnelRecord tunnel = context.state().tunnels().find(nodeId);
                            if (paths != null && tunnel != null) {
                                apply(paths, tunnel, machine -> event.happens(machine, tunnel));
                            }
                        });
    }

    private void apply(PathRecord paths, TunnelRecord tunnel, Consumer<PathMachine> event) {
        PathMachine machine = new PathMachine(paths, context.nowNanos());
        event.accept(machine);
        context.state().paths().put(paths.nodeId(), paths);
        if (tunnel != null) {
            machine.actions().forEach(action -> act(paths, tunnel, action));
        }
    }

    private void act(PathRecord paths, TunnelRecord tunnel, PathAction action) {
        switch (action) {
            case PathAction.Probe(InetSocketAddress to) -> {
                probes.probe(tunnel, to);
                int way = paths.doubtSince() == 0 ? -1 : paths.find(to);
                if (way >= 0 && !paths.kind(way).isDirect()) {
                    // Our address may have changed: then the relay waits for a new Bind.
                    relays.refresh(tunnel.nodeId());
                }
            }
            case PathAction.Activate(InetSocketAddress endpoint) -> {
                context.dataPlane().moveEndpoint(tunnel.tunnelIndex(), Endpoint.of(endpoint));
                pathMtus.onPathChanged(tunnel.tunnelIndex());
            }
            case PathAction.Tell(InetSocketAddress via) -> tell(tunnel, via);
            case PathAction.AskCloud() -> context.runtime().after(0, () -> askCloud.accept(tunnel));
            case PathAction.Wake(long delayNanos) ->
                    context.runtime().after(delayNanos, () -> look(tunnel.nodeId()));
        }
    }

    private void tell(TunnelRecord tunnel, InetSocketAddress via) {
        OwnUpdate own = update.get();
        List<Candidate> candidates =
                ownCandidates.get().stream().limit(MAX_TOLD_CANDIDATES).toList();
        context.dataPlane()
                .sendUrgentControl(
                        tunnel.tunnelIndex(),
                        ControlMessageCodec.encode(
                                new CandidateUpdate(own.sequence(), own.moved(), candidates)),
                        Endpoint.of(via));
    }
}
