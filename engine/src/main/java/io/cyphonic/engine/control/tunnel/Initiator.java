package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.policy.RetransmitPolicy;
import io.cyphonic.engine.control.policy.TunnelPolicy.Phase;
import io.cyphonic.engine.control.state.HandshakeRecord;
import io.cyphonic.engine.control.state.PeerIdentity;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.pipeline.DataPlane;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.TunnelHandshake;
import io.cyphonic.signaling.handshake.TunnelHandshake.Completed;
import io.cyphonic.signaling.handshake.TunnelHandshake.Initiation;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelRequestPayload;
import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The initiator's half of the tunnel handshake. The same request goes to every candidate of the
 * peer, one shortly after the other, and round again with back-off; the first authentic response
 * wins. Nothing is kept but the handshake record, so any handler may do any step.
 */
public final class Initiator {
    private static final long CANDIDATE_SPACING_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long HANDSHAKE_LIFE_MILLIS = TimeUnit.SECONDS.toMillis(30);

    /** A session that the peer has just initiated is given this long before we initiate another. */
    private static final long PEER_CONFIRMS_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final TunnelContext context;
    private final Tunnels tunnels;
    private final Probes probes;
    private final RequestStamps stamps;
    private final Relays relays;
    private final Paths paths;

    /** Initiates tunnels of a context. */
    public Initiator(
            TunnelContext context,
            Tunnels tunnels,
            Probes probes,
            RequestStamps stamps,
            Relays relays,
            Paths paths) {
        this.relays = relays;
        this.paths = paths;
        this.context = context;
        this.tunnels = tunnels;
        this.probes = probes;
        this.stamps = stamps;
    }

    /** Why a handshake is begun. */
    enum Reason {
        /** There is no tunnel that works. */
        NO_TUNNEL,
        /** The tunnel works, and needs new keys. */
        NEW_KEYS
    }

    /**
     * Begins a handshake, unless one is under way or no longer needed. Takes the peer's lock.
     *
     * @param candidates where to send, best first; none if there is only a relay
     */
    void begin(PeerIdentity peer, Id128 pathId, List<InetSocketAddress> candidates, Reason reason) {
        context.locks()
                .with(
                        peer.nodeId(),
                        () -> {
                            TunnelRecord tunnel = tunnels.obtain(peer);
                            if (tunnel != null && isNeeded(tunnel, reason)) {
                                start(tunnel, peer, pathId, candidates);
                            }
                        });
    }

    private boolean isNeeded(TunnelRecord tunnel, Reason reason) {
        if (tunnel.phase() == Phase.UP && reason == Reason.NO_TUNNEL) {
            context.waiters().up(tunnel.identity());
            return false;
        }
        boolean peerConfirms =
                tunnel.nextReceiverIndex() != TunnelRecord.NONE
                        && context.nowNanos() - tunnel.nextSessionSinceNanos()
                                < PEER_CONFIRMS_NANOS;
        boolean running =
                tunnel.handshake() != 0
                        && context.state().handshakes().find(tunnel.handshake()) != null;
        return !peerConfirms && !running;
    }

    private void start(
            TunnelRecord tunnel,
            PeerIdentity peer,
            Id128 pathId,
            List<InetSocketAddress> candidates) {
        relays.attach(tunnel);
        int receiverIndex = context.dataPlane().reserveReceiverIndex(tunnel.tunnelIndex());
        long id = newTransactionId();
        Initiation initiation =
                receiverIndex == DataPlane.NONE ? null : initiate(peer, pathId, id, receiverIndex);
        if (initiation == null) {
            tunnels.backOff(tunnel);
            tunnels.update(tunnel);
            return;
        }
        HandshakeRecord handshake =
                new HandshakeRecord(
                        peer.nodeId(),
                        pathId,
                        receiverIndex,
                        candidates,
                        initiation.state(),
                        initiation.datagram(),
                        context.nowNanos(),
                        context.nowMillis() + HANDSHAKE_LIFE_MILLIS);
        Arrays.fill(initiation.state(), (byte) 0);
        if (!context.state().handshakes().add(id, handshake)) {
            context.dataPlane().releaseReceiverIndex(receiverIndex);
            tunnels.backOff(tunnel);
            tunnels.update(tunnel);
            return;
        }
        tunnel.handshake(id);
        tunnels.update(tunnel);
        send(id, handshake);
    }

    private Initiation initiate(PeerIdentity peer, Id128 pathId, long id, int receiverIndex) {
        long stamp = stamps.next(context.runtime().wallMillis());
        TunnelRequestPayload payload =
                new TunnelRequestPayload(
                        stamp,
                        context.settings().innerMtu(),
                        context.identity().certificate().der());
        return TunnelHandshake.initiate(
                CipherSuite.AES_GCM_SHA256,
                context.identity().tunnelKey(),
                peer.tunnelKey(),
                pathId,
                id,
                receiverIndex,
                payload,
                context.runtime().random());
    }

    /** Sends to the candidate that is due, and sees to the next one. */
    private void send(long id, HandshakeRecord handshake) {
        byte[] datagram = handshake.datagram();
        InetSocketAddress candidate = handshake.candidate();
        if (candidate != null && relays.kindAt(handshake.nodeId(), candidate) == null) {
            context.dataPlane().sendSignaling(datagram, datagram.length, Endpoint.of(candidate));
        }
        if (handshake.atStartOfRound()) {
            relays.send(handshake.nodeId(), datagram);
        }
        HandshakeRecord next = handshake.advanced();
        if (context.state().handshakes().replace(id, handshake, next)) {
            long wait =
                    next.atStartOfRound()
                            ? RetransmitPolicy.HANDSHAKE.waitNanos(
                                    next.tries(), context.runtime().random())
                            : CANDIDATE_SPACING_NANOS;
            context.runtime().after(wait, () -> onTimer(id));
        } else {
            // A cookie has changed the datagram in the meantime: the handshake goes on with it.
            context.runtime().after(CANDIDATE_SPACING_NANOS, () -> onTimer(id));
        }
    }

    /** A relay is bound: if a handshake with the peer is under way, it goes that way too. */
    public void onRelay(Id128 nodeId) {
        TunnelRecord tunnel = context.state().tunnels().find(nodeId);
        HandshakeRecord handshake =
                tunnel == null || tunnel.handshake() == 0
                        ? null
                        : context.state().handshakes().find(tunnel.handshake());
        if (handshake != null) {
            relays.send(nodeId, handshake.datagram());
        }
    }

    private void onTimer(long id) {
        HandshakeRecord handshake = context.state().handshakes().find(id);
        if (handshake == null) {
            return;
        }
        if (handshake.atStartOfRound() && RetransmitPolicy.HANDSHAKE.exhausted(handshake.tries())) {
            tunnels.attemptFailed(handshake.nodeId(), "the peer does not answer");
            return;
        }
        send(id, handshake);
    }

    /** A tunnel response has come in. */
    public void onResponse(byte[] datagram, Endpoint from) {
        OptionalLong id = TunnelHandshake.peekTransactionId(datagram, datagram.length);
        HandshakeRecord found =
                id.isEmpty() ? null : context.state().handshakes().find(id.getAsLong());
        if (found == null) {
            context.countInvalid();
            return;
        }
        context.locks().with(found.nodeId(), () -> complete(id.getAsLong(), datagram, from));
    }

    private void complete(long id, byte[] datagram, Endpoint from) {
        HandshakeRecord handshake = context.state().handshakes().find(id);
        TunnelRecord tunnel =
                handshake == null ? null : context.state().tunnels().find(handshake.nodeId());
        if (tunnel == null || tunnel.handshake() != id) {
            return;
        }
        byte[] secret = handshake.state();
        Completed completed =
                TunnelHandshake.complete(
                        secret, context.identity().tunnelKey(), datagram, datagram.length);
        Arrays.fill(secret, (byte) 0);
        if (completed == null) {
            context.countInvalid();
            return;
        }
        HandshakeRecord taken = context.state().handshakes().take(id);
        if (taken == null) {
            completed.keys().close();
            return;
        }
        install(tunnel, taken, completed, from);
        taken.wipe();
    }

    private void install(
            TunnelRecord tunnel, HandshakeRecord handshake, Completed completed, Endpoint from) {
        boolean wasUp = tunnel.phase() == Phase.UP;
        if (tunnel.phase() == Phase.CONNECTING) {
            // Only the first time: anybody on the way may have sent a copy of the answer from his
            // own address, and been faster. Where the peer really is, probes will show.
            context.dataPlane().moveEndpoint(tunnel.tunnelIndex(), from);
        }
        context.dataPlane()
                .installSession(
                        tunnel.tunnelIndex(),
                        handshake.receiverIndex(),
                        completed.senderIndex(),
                        completed.keys(),
                        true);
        tunnel.handshake(0);
        tunnel.pathId(handshake.pathId());
        tunnel.innerMtu(completed.payload().innerMtu());
        tunnel.initiated(handshake.receiverIndex(), context.nowNanos());
        tunnels.enterUp(tunnel);
        tunnels.update(tunnel);
        probes.confirm(tunnel);
        if (!wasUp) {
            paths.onSession(tunnel, from);
        }
        context.waiters().up(tunnel.identity());
    }

    /** The responder is under load and wants to see that we receive where we send from. */
    public void onCookieReply(byte[] datagram, Endpoint from) {
        OptionalLong id = TunnelHandshake.peekTransactionId(datagram, datagram.length);
        HandshakeRecord handshake =
                id.isEmpty() ? null : context.state().handshakes().find(id.getAsLong());
        byte[] cookie = null;
        if (handshake != null) {
            byte[] secret = handshake.state();
            cookie = TunnelHandshake.openCookieReply(secret, datagram, datagram.length);
            Arrays.fill(secret, (byte) 0);
        }
        if (cookie == null) {
            context.countInvalid();
            return;
        }
        byte[] request = handshake.datagram();
        TunnelHandshake.addMac2(request, cookie);
        context.state()
                .handshakes()
                .replace(id.getAsLong(), handshake, handshake.withDatagram(request));
        context.dataPlane().sendSignaling(request, request.length, from);
    }

    private long newTransactionId() {
        long id;
        do {
            id = context.runtime().random().nextLong();
        } while (id == 0);
        return id;
    }
}
