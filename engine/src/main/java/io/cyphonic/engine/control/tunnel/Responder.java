package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.policy.InitiationPolicy;
import io.cyphonic.engine.control.policy.TunnelPolicy.Phase;
import io.cyphonic.engine.control.state.HandshakeRecord;
import io.cyphonic.engine.control.state.PeerIdentity;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.pipeline.DataPlane;
import io.cyphonic.signaling.handshake.CookieGuard;
import io.cyphonic.signaling.handshake.TunnelHandshake;
import io.cyphonic.signaling.handshake.TunnelHandshake.Response;
import io.cyphonic.signaling.handshake.TunnelRequest;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelResponsePayload;
import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The responder's half of the tunnel handshake: the cheap checks first, then the cryptography, then
 * the certificate, then whether the request is expected and new. One request gives one session,
 * however often it comes: its answer is kept for a while and sent again.
 */
public final class Responder {
    private static final long RESPONSE_LIFE_MILLIS = TimeUnit.SECONDS.toMillis(15);
    private static final int MAC2_LENGTH = 16;
    private static final int PATH_ID_END = 24;

    private final TunnelContext context;
    private final Tunnels tunnels;
    private final PeerCertificates certificates;
    private final CookieGuard guard;
    private final Relays relays;

    /** Where a request came from, and through whose relay. */
    private record Origin(Endpoint from, Id128 relayedPeer) {}

    /**
     * Answers the requests to a context.
     *
     * @param guard closed by the caller
     */
    public Responder(TunnelContext context, Tunnels tunnels, CookieGuard guard, Relays relays) {
        this.relays = relays;
        this.context = context;
        this.tunnels = tunnels;
        this.certificates = new PeerCertificates(context);
        this.guard = guard;
    }

    /** A tunnel request has come in straight from the peer. */
    public void onRequest(byte[] datagram, Endpoint from) {
        onRequest(datagram, new Origin(from, null));
    }

    /**
     * A tunnel request has come in through a relay. Its path id is one that the cloud has told this
     * node, which is proof enough to do without a cookie.
     */
    public void onRelayedRequest(byte[] datagram, Endpoint from) {
        Id128 pathId = datagram.length < PATH_ID_END ? Id128.NONE : pathId(datagram);
        Id128 peer = relays.peerOf(pathId);
        if (peer == null) {
            context.countInvalid();
        } else {
            onRequest(datagram, new Origin(from, peer));
        }
    }

    private static Id128 pathId(byte[] request) {
        ByteBuffer bytes = ByteBuffer.wrap(request, PATH_ID_END - 16, 16);
        return new Id128(bytes.getLong(), bytes.getLong());
    }

    private void onRequest(byte[] datagram, Origin origin) {
        if (datagram.length < PATH_ID_END + MAC2_LENGTH) {
            context.countInvalid();
            return;
        }
        Id128 digest = digest(datagram);
        byte[] known = context.state().response(digest);
        if (known != null) {
            send(known, origin);
            return;
        }
        InetSocketAddress source = origin.from().toSocketAddress();
        switch (guard.check(datagram, datagram.length, source, context.nowNanos())) {
            case DROP -> context.countInvalid();
            case SEND_COOKIE -> {
                if (origin.relayedPeer() == null) {
                    sendCookie(datagram, origin);
                } else {
                    answerOnce(digest, datagram, origin);
                }
            }
            case ACCEPT -> answerOnce(digest, datagram, origin);
        }
    }

    private void sendCookie(byte[] datagram, Origin origin) {
        InetSocketAddress source = origin.from().toSocketAddress();
        byte[] reply = guard.cookieReply(datagram, datagram.length, source, context.nowNanos());
        context.drops().accept(DropReason.SIGNALING_OVERLOAD);
        send(reply, origin);
    }

    private void answerOnce(Id128 digest, byte[] datagram, Origin origin) {
        if (!context.state().claimResponse(digest, context.nowMillis() + RESPONSE_LIFE_MILLIS)) {
            // The same datagram is being answered by another handler, or there is no room.
            return;
        }
        byte[] response = null;
        try {
            response = answer(datagram, origin);
        } finally {
            if (response == null) {
                context.state().releaseResponse(digest);
            }
        }
        if (response != null) {
            context.state()
                    .storeResponse(digest, response, context.nowMillis() + RESPONSE_LIFE_MILLIS);
            send(response, origin);
        }
    }

    private byte[] answer(byte[] datagram, Origin origin) {
        try (TunnelRequest request =
                TunnelHandshake.readRequest(
                        datagram, datagram.length, context.identity().tunnelKey())) {
            PeerIdentity peer = request == null ? null : authenticate(request);
            if (peer == null) {
                context.countInvalid();
                return null;
            }
            AtomicReference<byte[]> response = new AtomicReference<>();
            context.locks().with(peer.nodeId(), () -> response.set(accept(request, peer, origin)));
            return response.get();
        }
    }

    /** The certificate in the request has to carry the very key that sealed it. */
    private PeerIdentity authenticate(TunnelRequest request) {
        return certificates.judge(request.payload().certificate())
                                instanceof PeerCertificates.Judgement.Accepted(PeerIdentity peer)
                        && Arrays.equals(peer.tunnelKey(), request.initiatorStatic())
                ? peer
                : null;
    }

    private byte[] accept(TunnelRequest request, PeerIdentity peer, Origin origin) {
        TunnelRecord present = context.state().tunnels().find(peer.nodeId());
        if (!isExpected(request, peer, present)) {
            context.countInvalid();
            return null;
        }
        HandshakeRecord own = present == null ? null : ownHandshake(present);
        if (own != null
                && !hasPeerStartedAnew(request, present, own)
                && InitiationPolicy.ownRequestWins(context.identity().nodeId(), peer.nodeId())) {
            // The way back to where the peer speaks from is open, whatever NAT is in between: our
            // request goes that way too, so that the peer can answer it.
            send(own.datagram(), origin);
            return null;
        }
        boolean fresh =
                context.state()
                        .acceptStamp(
                                peer.nodeId(),
                                request.payload().timestampMillis(),
                                context.runtime().wallMillis(),
                                context.nowMillis());
        if (!fresh) {
            context.countInvalid();
            return null;
        }
        TunnelRecord tunnel = tunnels.obtain(peer);
        return tunnel == null ? null : respond(request, tunnel, origin);
    }

    /**
     * A peer that has asked the cloud for a new path, while we only want new keys on the old one,
     * has lost its tunnel: it was started anew, and will never answer our request.
     */
    private static boolean hasPeerStartedAnew(
            TunnelRequest request, TunnelRecord present, HandshakeRecord own) {
        return present.phase() == Phase.UP
                && own.pathId().equals(present.pathId())
                && !request.pathId().equals(own.pathId());
    }

    /** The cloud has announced the path, or it is the one that the tunnel has already. */
    private boolean isExpected(TunnelRequest request, PeerIdentity peer, TunnelRecord present) {
        // A tunnel that has no keys yet has no path either: its path id is all zero.
        return present != null
                        && !present.pathId().equals(Id128.NONE)
                        && present.pathId().equals(request.pathId())
                || context.state()
                        .isPathExpected(request.pathId(), peer.nodeId(), context.nowMillis());
    }

    private HandshakeRecord ownHandshake(TunnelRecord present) {
        return present.handshake() == 0
                ? null
                : context.state().handshakes().find(present.handshake());
    }

    private byte[] respond(TunnelRequest request, TunnelRecord tunnel, Origin origin) {
        Endpoint from = origin.from();
        tunnels.abandonHandshake(tunnel);
        relays.attach(tunnel);
        int receiverIndex = context.dataPlane().reserveReceiverIndex(tunnel.tunnelIndex());
        if (receiverIndex == DataPlane.NONE) {
            tunnels.update(tunnel);
            return null;
        }
        TunnelResponsePayload payload =
                new TunnelResponsePayload(from.toSocketAddress(), context.settings().innerMtu());
        Response response = request.respond(receiverIndex, payload, context.runtime().random());
        if (tunnel.phase() == Phase.CONNECTING) {
            // There is no other yet. Later only probes say where the peer is.
            context.dataPlane().moveEndpoint(tunnel.tunnelIndex(), from);
        }
        context.dataPlane()
                .installSession(
                        tunnel.tunnelIndex(),
                        receiverIndex,
                        request.senderIndex(),
                        response.keys(),
                        false);
        tunnel.pathId(request.pathId());
        tunnel.innerMtu(request.payload().innerMtu());
        tunnel.answered(receiverIndex, context.nowNanos());
        tunnels.update(tunnel);
        return response.datagram();
    }

    /** Back the way it came. */
    private void send(byte[] datagram, Origin to) {
        if (datagram.length == 0) {
            return;
        }
        if (to.relayedPeer() == null) {
            context.dataPlane().sendSignaling(datagram, datagram.length, to.from());
        } else {
            relays.send(to.relayedPeer(), datagram);
        }
    }

    /** Names a request whatever cookie it carries. */
    private static Id128 digest(byte[] datagram) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(datagram, 0, datagram.length - MAC2_LENGTH);
            ByteBuffer digest = ByteBuffer.wrap(sha256.digest());
            return new Id128(digest.getLong(), digest.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
