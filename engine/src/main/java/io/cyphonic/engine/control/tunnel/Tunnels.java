package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.ControlPlane.Reached;
import io.cyphonic.engine.control.policy.BackoffPolicy;
import io.cyphonic.engine.control.policy.TunnelPolicy.Phase;
import io.cyphonic.engine.control.state.HandshakeRecord;
import io.cyphonic.engine.control.state.PeerIdentity;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.control.state.WantedPeer;
import io.cyphonic.engine.pipeline.DataPlane;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelClose;
import io.cyphonic.signaling.protocol.ControlMessageCodec;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;

/** Opens and closes tunnels, in the data plane and in the shared records alike. */
public final class Tunnels {
    private final TunnelContext context;
    private final PathMtus pathMtus;
    private final Opened opened;

    /** Is told when a tunnel that did not work does. */
    @FunctionalInterface
    public interface Opened {
        /** The peer was last heard, or answered, from this endpoint. Under the peer's lock. */
        void onSession(TunnelRecord tunnel, Endpoint from);
    }

    /** Works on the tunnels of a context. */
    public Tunnels(TunnelContext context, PathMtus pathMtus, Opened opened) {
        this.context = context;
        this.pathMtus = pathMtus;
        this.opened = opened;
    }

    /**
     * The tunnel to a peer, opened if there is none; {@code null} if there is no room for it. Under
     * the peer's lock. What the certificate says now replaces what an older one said.
     */
    TunnelRecord obtain(PeerIdentity peer) {
        TunnelRecord tunnel = context.state().tunnels().find(peer.nodeId());
        if (tunnel != null) {
            tunnel.identity(peer);
            return tunnel;
        }
        int index = context.dataPlane().openTunnel(peer.virtualIpv4(), peer.virtualIpv6(), null);
        if (index == DataPlane.NONE) {
            return null;
        }
        tunnel = new TunnelRecord(peer.nodeId(), index, context.nowNanos());
        tunnel.identity(peer);
        if (!context.state().tunnels().add(tunnel)) {
            context.dataPlane().closeTunnel(index);
            return null;
        }
        if (context.state().isRevoked(peer.nodeId())) {
            // Revoked since the certificate was judged, and before there was a tunnel to close.
            close(tunnel, "the peer was revoked");
            return null;
        }
        return tunnel;
    }

    /** Writes a changed record back. Under the peer's lock. */
    void update(TunnelRecord tunnel) {
        context.state().tunnels().update(tunnel);
    }

    /** Ends a handshake of our own that is no longer wanted. Under the peer's lock. */
    void abandonHandshake(TunnelRecord tunnel) {
        if (tunnel.handshake() != 0) {
            HandshakeRecord handshake = context.state().handshakes().take(tunnel.handshake());
            if (handshake != null) {
                context.dataPlane().releaseReceiverIndex(handshake.receiverIndex());
                handshake.wipe();
            }
            tunnel.handshake(0);
        }
    }

    /**
     * An attempt to build or renew a tunnel came to nothing: a tunnel that never was up is
     * forgotten, any other is tried again later. Takes the peer's lock.
     */
    void attemptFailed(Id128 nodeId, String reason) {
        context.locks()
                .with(
                        nodeId,
                        () -> {
                            TunnelRecord tunnel = context.state().tunnels().find(nodeId);
                            if (tunnel == null) {
                                return;
                            }
                            boolean answered = tunnel.nextReceiverIndex() != TunnelRecord.NONE;
                            if (tunnel.phase() == Phase.CONNECTING && !answered) {
                                close(tunnel, reason);
                                return;
                            }
                            abandonHandshake(tunnel);
                            backOff(tunnel);
                            update(tunnel);
                            if (tunnel.phase() == Phase.DOWN) {
                                context.waiters()
                                        .complete(tunnel.fqdn(), new Reached.Unreachable(reason));
                            }
                        });
    }

    /** One more attempt has failed or begins: the next one after a while. */
    void backOff(TunnelRecord tunnel) {
        int failures = tunnel.failures() + 1;
        long now = context.nowNanos();
        tunnel.attempted(
                failures,
                now,
                now + BackoffPolicy.ATTEMPT.waitNanos(failures, context.runtime().random()));
    }

    /** Closes a tunnel and forgets the peer. Under the peer's lock. */
    void close(TunnelRecord tunnel, String reason) {
        abandonHandshake(tunnel);
        context.state().tunnels().remove(tunnel);
        pathMtus.onClosed(tunnel.tunnelIndex());
        context.state().forgetWays(tunnel.nodeId());
        context.dataPlane().closeTunnel(tunnel.tunnelIndex());
        PeerIdentity peer = tunnel.identity();
        context.dataPlane().discardWaiting(peer.virtualIpv4().getAddress());
        context.dataPlane().discardWaiting(peer.virtualIpv6().getAddress());
        context.waiters().complete(peer.fqdn(), new Reached.Unreachable(reason));
    }

    /** Says goodbye to a peer; best effort. */
    void sayClose(TunnelRecord tunnel, Status reason) {
        context.dataPlane()
                .sendControl(
                        tunnel.tunnelIndex(),
                        ControlMessageCodec.encode(new TunnelClose(reason)),
                        null);
    }

    /** Says goodbye to every peer, because this node goes. */
    public void sayCloseToAll() {
        context.state().tunnels().all().forEach(tunnel -> sayClose(tunnel, Status.OK));
    }

    /** The peer has closed the tunnel, in a capsule that only the peer can have sealed. */
    public void onTunnelClose(int tunnelIndex) {
        TunnelRecord found = context.state().tunnels().find(WantedPeer.byTunnel(tunnelIndex));
        if (found != null) {
            closeIfPresent(found.nodeId(), tunnelIndex, "the peer has closed the tunnel");
        }
    }

    /** A node was revoked: no tunnel to it may live on. */
    public void onRevoked(Id128 nodeId) {
        TunnelRecord found = context.state().tunnels().find(nodeId);
        if (found != null) {
            sayClose(found, Status.FORBIDDEN);
            closeIfPresent(nodeId, found.tunnelIndex(), "the peer was revoked");
        }
    }

    private void closeIfPresent(Id128 nodeId, int tunnelIndex, String reason) {
        context.locks()
                .with(
                        nodeId,
                        () -> {
                            TunnelRecord tunnel = context.state().tunnels().find(nodeId);
                            if (tunnel != null && tunnel.tunnelIndex() == tunnelIndex) {
                                close(tunnel, reason);
                            }
                        });
    }

    /** The first capsule of a session that the peer initiated has come. */
    public void onSessionConfirmed(int tunnelIndex, int receiverIndex) {
        TunnelRecord found = context.state().tunnels().find(WantedPeer.byTunnel(tunnelIndex));
        if (found == null) {
            return;
        }
        context.locks()
                .with(
                        found.nodeId(),
                        () -> {
                            TunnelRecord tunnel = context.state().tunnels().find(found.nodeId());
                            if (tunnel != null
                                    && tunnel.tunnelIndex() == tunnelIndex
                                    && tunnel.nextReceiverIndex() == receiverIndex) {
                                tunnel.confirmed(context.nowNanos());
                                Endpoint from = context.dataPlane().endpoint(tunnelIndex);
                                boolean wasUp = tunnel.phase() == Phase.UP;
                                enterUp(tunnel);
                                update(tunnel);
                                if (!wasUp && from != null) {
                                    opened.onSession(tunnel, from);
                                }
                                context.waiters().up(tunnel.identity());
                            }
                        });
    }

    void enterUp(TunnelRecord tunnel) {
        if (tunnel.phase() != Phase.UP) {
            tunnel.enter(Phase.UP, context.nowNanos());
        }
        pathMtus.onSession(tunnel);
    }
}
