package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.ControlPlane.Reached;
import io.cyphonic.engine.control.cloud.CloudLink;
import io.cyphonic.engine.control.cloud.CloudRequests;
import io.cyphonic.engine.control.policy.PathSelector;
import io.cyphonic.engine.control.policy.TunnelPolicy.Phase;
import io.cyphonic.engine.control.state.AttemptRecord;
import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.CloudRecord.LinkState;
import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PeerIdentity;
import io.cyphonic.engine.control.state.TransactionRecord;
import io.cyphonic.engine.control.state.TransactionRecord.Kind;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.control.state.WantedPeer;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionConfirmation;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToInitiator;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToResponder;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks the cloud for the way to a peer, and does what the cloud directs.
 *
 * <pre>
 *   reach(name), a packet to a virtual address, a peer that went down
 *        | DirectionRequest, one per wanted peer at a time
 *        v
 *   RouteDirectionToInitiator: certificate verified here, then the handshake begins
 *   RouteDirectionToResponder: the path is expected for a while, the cloud gets its confirmation
 * </pre>
 */
public final class Directions {
    /** Longest wait of those who want to reach a name. */
    public static final long REACH_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long ATTEMPT_MILLIS = TimeUnit.SECONDS.toMillis(12);
    private static final long UNKNOWN_MILLIS = TimeUnit.SECONDS.toMillis(3);
    private static final long EXPECTED_MILLIS = TimeUnit.SECONDS.toMillis(30);
    private static final long MUTE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final byte[] HOLE_PUNCH = {DatagramType.HOLE_PUNCH};
    private static final int MAX_NAME = 253;

    private final TunnelContext context;
    private final CloudRequests requests;
    private final CloudLink cloud;
    private final Tunnels tunnels;
    private final Initiator initiator;
    private final Relays relays;
    private final Paths paths;
    private final PeerCertificates certificates;

    /** Directs the tunnels of a context. */
    public Directions(
            TunnelContext context,
            CloudRequests requests,
            CloudLink cloud,
            Tunnels tunnels,
            Initiator initiator,
            Relays relays,
            Paths paths) {
        this.relays = relays;
        this.paths = paths;
        this.context = context;
        this.requests = requests;
        this.cloud = cloud;
        this.tunnels = tunnels;
        this.initiator = initiator;
        this.certificates = new PeerCertificates(context);
    }

    /** See {@code ControlPlane.reach}. */
    public CompletableFuture<Reached> reach(String name) {
        String fqdn = name.toLowerCase(Locale.ROOT);
        if (fqdn.isEmpty()
                || fqdn.length() > MAX_NAME
                || !fqdn.chars().allMatch(c -> c > ' ' && c <= '~')) {
            return CompletableFuture.completedFuture(new Reached.Unknown());
        }
        PeerIdentity self = PeerIdentity.of(context.identity().certificate());
        if (fqdn.equals(self.fqdn())) {
            return CompletableFuture.completedFuture(ReachWaiters.up(fqdn, self));
        }
        TunnelRecord tunnel = context.state().tunnels().find(WantedPeer.byName(fqdn));
        if (tunnel != null && tunnel.phase() == Phase.UP) {
            return CompletableFuture.completedFuture(ReachWaiters.up(fqdn, tunnel.identity()));
        }
        ReachWaiters.Wait wait = context.waiters().join(fqdn);
        if (wait.first()) {
            begin(fqdn, wait.answer());
        }
        return wait.answer().copy();
    }

    private void begin(String fqdn, CompletableFuture<Reached> answer) {
        context.runtime()
                .after(
                        REACH_NANOS,
                        () ->
                                context.waiters()
                                        .complete(
                                                fqdn,
                                                answer,
                                                new Reached.Unreachable("no answer in time")));
        if (!context.runtime().handle(() -> ask(fqdn))) {
            fail(fqdn, "this node is overloaded");
        }
    }

    private void ask(String fqdn) {
        WantedPeer wanted = WantedPeer.byName(fqdn);
        AttemptRecord attempt = context.state().attempt(wanted, context.nowMillis());
        if (attempt != null && attempt.outcome() == AttemptRecord.Outcome.UNKNOWN) {
            context.waiters().complete(fqdn, new Reached.Unknown());
            return;
        }
        TunnelRecord tunnel = context.state().tunnels().find(wanted);
        if (tunnel != null && tunnel.phase() == Phase.UP) {
            context.waiters().up(tunnel.identity());
        } else if (tunnel == null || !isHandshakeRunning(tunnel)) {
            String failure = request(wanted, request -> request.wanted(fqdn));
            if (failure != null) {
                fail(fqdn, failure);
            }
        }
    }

    private boolean isHandshakeRunning(TunnelRecord tunnel) {
        return tunnel.handshake() != 0
                && context.state().handshakes().find(tunnel.handshake()) != null;
    }

    private void fail(String fqdn, String reason) {
        context.waiters().complete(fqdn, new Reached.Unreachable(reason));
    }

    /** The host has a packet for a virtual address without a tunnel. */
    public void onTunnelWanted(byte[] virtualAddress) {
        InetAddress address;
        try {
            address = InetAddress.getByAddress(virtualAddress);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("a virtual address has 4 or 16 bytes", e);
        }
        WantedPeer wanted = WantedPeer.byAddress(address);
        AttemptRecord attempt = context.state().attempt(wanted, context.nowMillis());
        boolean unknown = attempt != null && attempt.outcome() == AttemptRecord.Outcome.UNKNOWN;
        if (unknown || request(wanted, request -> request.wanted(address)) != null) {
            context.dataPlane().discardWaiting(virtualAddress);
        }
    }

    /** Asks again for the way to a peer, if there is a tunnel to it. */
    public void redirect(Id128 nodeId) {
        TunnelRecord tunnel = context.state().tunnels().find(nodeId);
        if (tunnel != null) {
            redirect(tunnel);
        }
    }

    /** Asks again for the way to a peer that is down, or whose certificate has run out. */
    void redirect(TunnelRecord tunnel) {
        String fqdn = tunnel.fqdn();
        request(WantedPeer.byName(fqdn), request -> request.wanted(fqdn));
    }

    /** Whether the cloud is being asked for this peer. */
    boolean isAsking(TunnelRecord tunnel) {
        return context.state().attempt(WantedPeer.byName(tunnel.fqdn()), context.nowMillis())
                != null;
    }

    /** Names the wanted peer in a request. */
    @FunctionalInterface
    private interface Naming {
        void name(TransactionRecord request);
    }

    /** Asks the cloud, unless it is being asked; the reason if it cannot be asked. */
    private String request(WantedPeer wanted, Naming naming) {
        InetSocketAddress nms = nms(context.state().cloud(), null);
        if (nms == null) {
            return "this node is not registered with the cloud";
        }
        long id = requests.newTransactionId();
        long now = context.nowMillis();
        if (!context.state().beginAttempt(wanted, id, now + ATTEMPT_MILLIS, now)) {
            return context.state().attempt(wanted, now) == null
                    ? "too many peers are being looked up"
                    : null;
        }
        TransactionRecord request = requests.request(Kind.DIRECTION, nms);
        naming.name(request);
        if (!requests.send(id, request, (_, unanswered) -> onUnanswered(unanswered))) {
            context.state().endAttempt(wanted);
            return "too many requests are under way";
        }
        return null;
    }

    private void onUnanswered(TransactionRecord request) {
        context.state().endAttempt(request.wanted());
        failWanted(request, "the cloud or the peer does not answer");
    }

    private void failWanted(TransactionRecord request, String reason) {
        if (request.wantedAddress() == null) {
            fail(request.wantedFqdn(), reason);
        } else {
            context.dataPlane().discardWaiting(request.wantedAddress().getAddress());
        }
    }

    /** The cloud has answered a direction request. */
    public void onRouteDirectionToInitiator(RouteDirectionToInitiator direction) {
        if (direction.status() == Status.NOT_REGISTERED) {
            // The request stays: it will be repeated, and by then the registration stands again.
            if (context.state().transactions().find(direction.transactionId()) != null) {
                cloud.onNotRegistered();
            }
            return;
        }
        TransactionRecord request = requests.take(direction.transactionId(), Kind.DIRECTION);
        if (request == null) {
            return;
        }
        WantedPeer wanted = request.wanted();
        context.state().endAttempt(wanted);
        switch (direction.status()) {
            case OK -> follow(direction, request);
            case PEER_UNKNOWN -> {
                context.state().rememberUnknown(wanted, context.nowMillis() + UNKNOWN_MILLIS);
                if (request.wantedAddress() == null) {
                    context.waiters().complete(request.wantedFqdn(), new Reached.Unknown());
                } else {
                    failWanted(request, "unknown");
                }
            }
            case UNAUTHORIZED -> {
                cloud.onUnauthorized();
                failWanted(request, "the cloud wants a new login");
            }
            default -> failWanted(request, reason(direction.status()));
        }
    }

    private static String reason(Status status) {
        return switch (status) {
            case PEER_OFFLINE -> "the peer is offline";
            case FORBIDDEN -> "the cloud forbids it: revoked";
            case UNAVAILABLE -> "there is no path to the peer at present";
            default -> "the cloud answers " + status;
        };
    }

    private void follow(RouteDirectionToInitiator direction, TransactionRecord request) {
        switch (certificates.judge(direction.certificate())) {
            case PeerCertificates.Judgement.Refused(String reason) ->
                    failWanted(request, "the peer's certificate is refused: " + reason);
            case PeerCertificates.Judgement.Accepted(PeerIdentity peer) -> {
                List<InetSocketAddress> candidates = ways(direction.candidates());
                if (!isWanted(peer, request)) {
                    failWanted(request, "the cloud sent the certificate of another node");
                } else if (candidates.isEmpty() && direction.relayGrant() == null) {
                    failWanted(request, "the peer has no address this node could send to");
                } else {
                    // The relay first: it takes two round trips until it can be used.
                    relays.onGrant(peer.nodeId(), direction.pathId(), direction.relayGrant());
                    paths.onDirection(peer.nodeId(), direction.candidates());
                    initiate(direction, peer, candidates);
                }
            }
        }
    }

    /** Where to send, best first; never into the overlay, whatever the peer says. */
    private List<InetSocketAddress> ways(List<Candidate> candidates) {
        List<Candidate> outside =
                candidates.stream()
                        .filter(each -> !context.settings().isInOverlay(each.address()))
                        .toList();
        return PathSelector.order(outside, context.addresses().candidates());
    }

    private void initiate(
            RouteDirectionToInitiator direction,
            PeerIdentity peer,
            List<InetSocketAddress> candidates) {
        TunnelRecord tunnel = context.state().tunnels().find(peer.nodeId());
        boolean outdated =
                tunnel != null
                        && tunnel.identity().notAfterMillis() < context.runtime().wallMillis();
        initiator.begin(
                peer,
                direction.pathId(),
                candidates,
                outdated || isMute(tunnel)
                        ? Initiator.Reason.NEW_KEYS
                        : Initiator.Reason.NO_TUNNEL);
        if (context.state().tunnels().find(peer.nodeId()) == null) {
            fail(peer.fqdn(), "this node has as many tunnels as it may have");
        }
    }

    /** A peer that answers on no path, but to the cloud, has started anew and lost the old keys. */
    private boolean isMute(TunnelRecord tunnel) {
        PathRecord paths = tunnel == null ? null : context.state().paths().find(tunnel.nodeId());
        if (paths == null || paths.doubtSince() == 0) {
            return false;
        }
        long now = context.nowNanos();
        long heard = context.dataPlane().traffic(tunnel.tunnelIndex()).lastReceivedNanos();
        return now - paths.doubtSince() >= MUTE_NANOS
                && now - heard >= MUTE_NANOS
                && now - tunnel.sessionSinceNanos() >= MUTE_NANOS;
    }

    private static boolean isWanted(PeerIdentity peer, TransactionRecord request) {
        InetAddress address = request.wantedAddress();
        if (address == null) {
            return peer.fqdn().equals(request.wantedFqdn());
        }
        return address.equals(peer.virtualIpv4()) || address.equals(peer.virtualIpv6());
    }

    /** The cloud announces an initiator: expect it, make way for it, and say so. */
    public void onRouteDirectionToResponder(RouteDirectionToResponder direction, Endpoint from) {
        boolean welcome =
                !context.state().isRevoked(direction.initiatorId())
                        && !direction.initiatorId().equals(context.identity().nodeId());
        boolean expected =
                welcome
                        && context.state()
                                .expectPath(
                                        direction.pathId(),
                                        direction.initiatorId(),
                                        context.nowMillis() + EXPECTED_MILLIS);
        if (welcome && !expected) {
            context.drops().accept(DropReason.SIGNALING_OVERLOAD);
        }
        if (expected) {
            relays.onGrant(direction.initiatorId(), direction.pathId(), direction.relayGrant());
            paths.onDirection(direction.initiatorId(), direction.candidates());
            // Whatever the procedure says: a firewall without NAT lets nobody in either.
            punch(direction.candidates());
        }
        InetSocketAddress nms = nms(context.state().cloud(), from.toSocketAddress());
        if (nms != null) {
            requests.tell(
                    new RouteDirectionConfirmation(
                            direction.transactionId(),
                            direction.pathId(),
                            confirmation(welcome, expected),
                            direction.sealedState()),
                    nms);
        }
    }

    private static Status confirmation(boolean welcome, boolean expected) {
        if (!welcome) {
            return Status.FORBIDDEN;
        }
        return expected ? Status.OK : Status.UNAVAILABLE;
    }

    private void punch(List<Candidate> candidates) {
        for (InetSocketAddress candidate : ways(candidates)) {
            context.dataPlane()
                    .sendSignaling(HOLE_PUNCH, HOLE_PUNCH.length, Endpoint.of(candidate));
        }
    }

    /**
     * The NMS to talk to: over the family a message came by, where there is a choice. Never just
     * where it came from, or a replayed datagram could send our answers anywhere.
     */
    private static InetSocketAddress nms(CloudRecord cloud, InetSocketAddress from) {
        InetSocketAddress best = null;
        for (int link = 0; link < cloud.linkCount(); link++) {
            InetSocketAddress endpoint = cloud.endpoint(link);
            if (cloud.linkState(link) != LinkState.UNREGISTERED) {
                boolean sameFamily =
                        from != null
                                && endpoint.getAddress() instanceof Inet4Address
                                        == from.getAddress() instanceof Inet4Address;
                if (best == null || sameFamily) {
                    best = endpoint;
                }
            }
        }
        return best;
    }
}
