package io.cyphonic.engine.control.signaling;

import io.cyphonic.engine.control.CandidateSource;
import io.cyphonic.engine.control.CloudLogin;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.ControlSettings;
import io.cyphonic.engine.control.LocalAddresses;
import io.cyphonic.engine.control.NodeIdentity;
import io.cyphonic.engine.control.TlsBridges;
import io.cyphonic.engine.control.cloud.Candidates;
import io.cyphonic.engine.control.cloud.CertificateRenewal;
import io.cyphonic.engine.control.cloud.CloudLink;
import io.cyphonic.engine.control.cloud.CloudRequests;
import io.cyphonic.engine.control.cloud.CloudSession;
import io.cyphonic.engine.control.cloud.Revocations;
import io.cyphonic.engine.control.discovery.MappedAddresses;
import io.cyphonic.engine.control.discovery.RelayLatencies;
import io.cyphonic.engine.control.discovery.StunClient;
import io.cyphonic.engine.control.discovery.StunServers;
import io.cyphonic.engine.control.discovery.SystemHostNames;
import io.cyphonic.engine.control.path.PathMachine;
import io.cyphonic.engine.control.policy.TunnelPolicy.Phase;
import io.cyphonic.engine.control.state.HandshakeRecord;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.control.state.WantedPeer;
import io.cyphonic.engine.control.tunnel.Directions;
import io.cyphonic.engine.control.tunnel.Initiator;
import io.cyphonic.engine.control.tunnel.PathMtus;
import io.cyphonic.engine.control.tunnel.PeerLocks;
import io.cyphonic.engine.control.tunnel.Probes;
import io.cyphonic.engine.control.tunnel.ReachWaiters;
import io.cyphonic.engine.control.tunnel.Responder;
import io.cyphonic.engine.control.tunnel.TunnelContext;
import io.cyphonic.engine.control.tunnel.TunnelKeeper;
import io.cyphonic.engine.control.tunnel.Tunnels;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.pipeline.DataPlane;
import io.cyphonic.engine.pipeline.DataPlaneListener;
import io.cyphonic.signaling.credential.CertificateVerifier;
import io.cyphonic.signaling.handshake.CookieGuard;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.state.StateStore;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The signaling side of a node. Every message, every timer and every wish of the host is handled by
 * a thread of its own, from the message and the shared tables; nothing here belongs to a thread.
 *
 * <pre>
 *   packet engine --- datagram, control capsule, wanted address ---&gt; [ handler ]  virtual threads,
 *   timer ---------------------------------------------------------&gt; [ handler ]  a bounded number
 *   resolver, command line ----------------------------------------&gt; [ handler ]
 *                                                                        |
 *                        SharedState: tables outside the heap  &lt;---------+
 *                        DataPlane: sessions, datagrams, capsules  &lt;-----+
 * </pre>
 *
 * <p>Thread-safe. Its collaborators stay the caller's and are closed after it.
 */
public final class SignalingPlane implements ControlPlane, DataPlaneListener, AutoCloseable {
    /** How often the tables are looked through for what is due. */
    public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** How often the paths are looked at: a cut is noticed after this and the longest silence. */
    public static final long PATH_TICK_NANOS = PathMachine.LOOK_NANOS;

    private static final int REQUESTS_PER_SECOND = 200;

    private final TunnelContext context;
    private final CloudRequests requests;
    private final CloudLink cloud;
    private final LogOff logOff;
    private final Candidates candidates;
    private final StunClient stun;
    private final MappedAddresses mapped;
    private final RelayLatencies latencies;
    private final PathMtus pathMtus;
    private final PathParts parts;
    private final ClockJumps jumps;
    private final Tunnels tunnels;
    private final Probes probes;
    private final Directions directions;
    private final TunnelKeeper keeper;
    private final MessageDispatch dispatch;
    private final CookieGuard guard;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Puts the handlers together; nothing is sent before {@link #start}.
     *
     * @param store for the shared tables
     * @param dataPlane the packet engine, whose listener this is to be
     * @param drops counts what comes in and is not used
     */
    public SignalingPlane(
            ControlSettings settings,
            NodeIdentity identity,
            CertificateVerifier verifier,
            CloudLogin login,
            LocalAddresses addresses,
            StateStore store,
            DataPlane dataPlane,
            ControlRuntime runtime,
            Consumer<DropReason> drops) {
        SharedState state = new SharedState(store, settings.maxTunnels());
        this.context =
                new TunnelContext(
                        runtime,
                        dataPlane,
                        state,
                        identity,
                        verifier,
                        addresses,
                        settings,
                        new PeerLocks(),
                        new ReachWaiters(),
                        drops);
        this.guard =
                new CookieGuard(
                        identity.tunnelKey().publicKey(),
                        runtime.random(),
                        REQUESTS_PER_SECOND,
                        runtime.nanoTime());
        this.pathMtus = new PathMtus(context);
        this.candidates = new Candidates(addresses);
        OwnCandidates own = new OwnCandidates(candidates, state);
        this.parts = new PathParts(context, pathMtus, own::all, this::redirect);
        this.tunnels = parts.tunnels();
        this.probes = parts.probes();
        this.stun = new StunClient(runtime, dataPlane::sendSignaling);
        this.mapped =
                new MappedAddresses(
                        runtime,
                        stun,
                        new StunServers(runtime, settings.stunServers(), new SystemHostNames()),
                        addresses,
                        settings.overlay(),
                        this::onCandidatesChanged);
        candidates.add(mapped);
        this.latencies = new RelayLatencies(runtime, stun, this::relays, this::onLatenciesChanged);
        this.requests =
                new CloudRequests(runtime, dataPlane, state, candidates, latencies::roundTrips);
        Revocations revocations = new Revocations(state, requests, tunnels::onRevoked);
        this.cloud =
                new CloudLink(
                        runtime,
                        state,
                        requests,
                        login,
                        new CertificateRenewal(identity, verifier),
                        revocations::onEpoch,
                        parts.paths()::onOwnWays,
                        parts);
        this.logOff = new LogOff(cloud, requests, state);
        Initiator initiator = parts.initiator();
        Responder responder = new Responder(context, tunnels, guard, parts.relays());
        this.directions =
                new Directions(
                        context,
                        requests,
                        cloud,
                        tunnels,
                        initiator,
                        parts.relays(),
                        parts.paths());
        this.keeper = new TunnelKeeper(context, tunnels, initiator, directions, parts.paths());
        this.jumps = new ClockJumps(runtime);
        this.dispatch =
                new MessageDispatch(
                        requests,
                        cloud,
                        revocations,
                        directions,
                        initiator,
                        responder,
                        probes,
                        pathMtus,
                        tunnels,
                        stun,
                        parts.relays(),
                        parts.paths(),
                        logOff::onFinalized,
                        drops);
    }

    /** Tells the cloud of the candidates of this source too; before {@link #start}. */
    public void addCandidates(CandidateSource source) {
        candidates.add(source);
    }

    /** A candidate source knows others than before: cloud and peers are told at once. */
    public void onCandidatesChanged() {
        if (!closed.get()) {
            cloud.onCandidatesChanged();
            handle(parts.paths()::onOwnWays);
        }
    }

    private void onLatenciesChanged() {
        cloud.onNotRegistered();
    }

    /** Asks STUN servers from the tunnels' socket. */
    public StunClient stun() {
        return stun;
    }

    /** What the STUN servers say. */
    public MappedAddresses mappedAddresses() {
        return mapped;
    }

    /** Begins to log in, and goes on doing whatever is due. */
    public void start() {
        every(TICK_NANOS, this::tick);
        every(PathMtus.TICK_NANOS, pathMtus::tick);
        every(PATH_TICK_NANOS, parts::tick);
    }

    private void every(long nanos, Runnable task) {
        context.runtime()
                .every(
                        nanos,
                        () -> {
                            if (!closed.get()) {
                                task.run();
                            }
                        });
    }

    /** Carries datagrams to these bridges where no UDP gets out; before {@link #start}. */
    public void useBridges(TlsBridges bridges) {
        parts.bridges(bridges);
    }

    /**
     * Addresses or routes of the host have changed, or it has slept: this node registers again, and
     * every path is proven anew. Any thread.
     */
    public void onNetworkChanged() {
        handle(
                () -> {
                    parts.paths().onMoved();
                    parts.relays().onMoved();
                    cloud.onMoved();
                    keeper.onMoved();
                    mapped.networkChanged();
                });
    }

    private void redirect(Id128 nodeId) {
        directions.redirect(nodeId);
    }

    private void tick() {
        if (jumps.hasJumped()) {
            onNetworkChanged();
        }
        mapped.tick();
        latencies.tick();
        cloud.tick();
        keeper.tick();
        context.state().expire(context.nowMillis(), this::onHandshakeExpired);
    }

    /** Its timers end a handshake long before; unless none of them ran, or one was lost. */
    private void onHandshakeExpired(HandshakeRecord handshake) {
        context.dataPlane().releaseReceiverIndex(handshake.receiverIndex());
        handshake.wipe();
    }

    private void handle(Runnable handler) {
        handle(!closed.get(), handler);
    }

    private void handle(boolean wanted, Runnable handler) {
        if (!wanted || !context.runtime().handle(handler)) {
            context.drops().accept(DropReason.SIGNALING_OVERLOAD);
        }
    }

    /** Not if it comes from inside the overlay: a tunnel through it would carry itself for ever. */
    private void handleFrom(Endpoint from, Runnable handler) {
        if (context.settings().isInOverlay(from.toSocketAddress())) {
            context.drops().accept(DropReason.SIGNALING_INVALID);
        } else {
            handle(handler);
        }
    }

    @Override
    public void onSignalingDatagram(byte[] datagram, Endpoint from) {
        if (closed.get()) {
            handle(true, () -> dispatch.farewell(datagram));
        } else {
            handleFrom(from, () -> dispatch.datagram(datagram, from));
        }
    }

    @Override
    public void onControlMessage(int tunnelIndex, byte[] message, Endpoint from) {
        handleFrom(from, () -> dispatch.capsule(tunnelIndex, message, from));
    }

    @Override
    public void onTunnelWanted(byte[] virtualAddress) {
        handle(() -> directions.onTunnelWanted(virtualAddress));
    }

    @Override
    public void onSessionConfirmed(int tunnelIndex, int receiverIndex) {
        handle(() -> tunnels.onSessionConfirmed(tunnelIndex, receiverIndex));
    }

    @Override
    public void onEndpointChanged(int tunnelIndex, Endpoint from) {
        handleFrom(from, () -> parts.paths().onHeard(tunnelIndex, from));
    }

    @Override
    public void onDatagramTooLong(int tunnelIndex, int innerLength) {
        handle(() -> pathMtus.onDatagramTooLong(tunnelIndex, innerLength));
    }

    @Override
    public NodeState state() {
        return CloudStatus.state(context);
    }

    @Override
    public InetSocketAddress cloudAddress() {
        return CloudStatus.address(context);
    }

    @Override
    public CompletableFuture<Void> registered() {
        return cloud.registered().copy();
    }

    @Override
    public CompletableFuture<Reached> reach(String fqdn) {
        return closed.get()
                ? CompletableFuture.completedFuture(
                        new Reached.Unreachable("the node is shutting down"))
                : directions.reach(fqdn);
    }

    @Override
    public CompletableFuture<Long> probe(String fqdn) {
        TunnelRecord tunnel =
                context.state().tunnels().find(WantedPeer.byName(fqdn.toLowerCase(Locale.ROOT)));
        return tunnel == null || tunnel.phase() == Phase.CONNECTING
                ? CompletableFuture.completedFuture(-1L)
                : probes.measure(tunnel);
    }

    @Override
    public List<Peer> peers() {
        return PeerList.of(context);
    }

    @Override
    public List<RelayServer> relays() {
        CloudSession session = requests.session();
        return session == null ? List.of() : session.relays();
    }

    public long networkChanges() {
        return parts.paths().networkChanges();
    }

    @Override
    public List<CloudPath> cloudPaths() {
        return CloudStatus.paths(context);
    }

    /** The shared tables, for metrics and tests. */
    public SharedState sharedState() {
        return context.state();
    }

    /** Says goodbye to the peers and to the cloud, and stops; takes half a second at most. */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        logOff.quieten();
        closed.set(true);
        cloud.abandon();
        context.waiters().close();
        tunnels.sayCloseToAll();
        logOff.finish();
        context.runtime().close();
        requests.close();
        guard.close();
    }
}
