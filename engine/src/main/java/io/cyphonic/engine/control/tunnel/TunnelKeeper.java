package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.policy.TunnelPolicy;
import io.cyphonic.engine.control.policy.TunnelPolicy.Phase;
import io.cyphonic.engine.control.policy.TunnelPolicy.Verdict;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.pipeline.DataPlane.TunnelTraffic;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * Keeps tunnels alive: does for each what {@link TunnelPolicy} finds due. Called again and again;
 * all it knows is in the records and in the data plane's traffic counters.
 */
public final class TunnelKeeper {
    private final TunnelContext context;
    private final Tunnels tunnels;
    private final Initiator initiator;
    private final Directions directions;
    private final Paths paths;

    /** Keeps the tunnels of a context. */
    public TunnelKeeper(
            TunnelContext context,
            Tunnels tunnels,
            Initiator initiator,
            Directions directions,
            Paths paths) {
        this.paths = paths;
        this.context = context;
        this.tunnels = tunnels;
        this.initiator = initiator;
        this.directions = directions;
    }

    /** Looks at every tunnel once. */
    public void tick() {
        for (TunnelRecord tunnel : context.state().tunnels().view().values()) {
            Verdict verdict = judge(tunnel);
            if (verdict == Verdict.KEEP_ALIVE) {
                // A probe rather than nothing: it shows at once whether the path still works.
                paths.onIdle(tunnel.nodeId());
            } else if (verdict != Verdict.NONE) {
                act(tunnel.nodeId());
            }
        }
    }

    /** The network of this node has changed: peers that could not be reached may be reached now. */
    public void onMoved() {
        for (TunnelRecord each : context.state().tunnels().all()) {
            context.locks().with(each.nodeId(), () -> hopeAgain(each.nodeId()));
        }
    }

    private void hopeAgain(Id128 nodeId) {
        TunnelRecord tunnel = context.state().tunnels().find(nodeId);
        if (tunnel != null && tunnel.phase() == Phase.DOWN) {
            tunnel.hopeAgain(context.nowNanos());
            tunnels.update(tunnel);
        }
    }

    private Verdict judge(TunnelRecord tunnel) {
        long now = context.nowNanos();
        TunnelTraffic traffic = context.dataPlane().traffic(tunnel.tunnelIndex());
        long since = tunnel.sessionSinceNanos();
        boolean running =
                tunnel.handshake() != 0
                        && context.state().handshakes().find(tunnel.handshake()) != null;
        return TunnelPolicy.decide(
                new TunnelPolicy.View(
                        tunnel.phase(),
                        tunnel.initiator(),
                        running || directions.isAsking(tunnel),
                        tunnel.nextAttemptNanos() - now <= 0,
                        now - tunnel.lastAttemptNanos(),
                        now - tunnel.phaseSinceNanos(),
                        now - since,
                        now - later(traffic.lastReceivedNanos(), since),
                        now - later(traffic.lastSentNanos(), since),
                        traffic.sealedWithCurrentKey()));
    }

    /** The later of a stamp of the data plane, 0 for never, and the begin of the session. */
    private static long later(long stamp, long since) {
        return stamp != 0 && stamp - since > 0 ? stamp : since;
    }

    /** Judges again under the peer's lock, and acts. */
    private void act(Id128 nodeId) {
        Runnable[] then = {null};
        context.locks()
                .with(
                        nodeId,
                        () -> {
                            TunnelRecord tunnel = context.state().tunnels().find(nodeId);
                            if (tunnel != null) {
                                then[0] = act(tunnel, judge(tunnel));
                            }
                        });
        if (then[0] != null) {
            context.runtime().after(0, then[0]);
        }
    }

    /** Changes the record; what is to be done by a handler, without the lock, is returned. */
    private Runnable act(TunnelRecord tunnel, Verdict verdict) {
        switch (verdict) {
            case NONE, KEEP_ALIVE -> {
                return null;
            }
            case FORGET -> {
                tunnels.close(tunnel, "the peer does not answer");
                return null;
            }
            case RECOVERED -> {
                tunnel.enter(Phase.UP, context.nowNanos());
                tunnel.hopeAgain(context.nowNanos());
                tunnels.update(tunnel);
                context.waiters().up(tunnel.identity());
                return null;
            }
            case REKEY -> {
                tunnels.backOff(tunnel);
                tunnels.update(tunnel);
                return () -> rekey(tunnel);
            }
            case DECLARE_DOWN -> {
                tunnel.enter(Phase.DOWN, context.nowNanos());
                tunnels.backOff(tunnel);
                tunnels.update(tunnel);
                return () -> directions.redirect(tunnel);
            }
            case REDIRECT -> {
                tunnels.backOff(tunnel);
                tunnels.update(tunnel);
                return () -> {
                    directions.redirect(tunnel);
                    if (!context.state().cloud().isRegistered()) {
                        paths.onIdle(tunnel.nodeId());
                    }
                };
            }
            default -> throw new AssertionError(verdict);
        }
    }

    private void rekey(TunnelRecord tunnel) {
        Endpoint endpoint = context.dataPlane().endpoint(tunnel.tunnelIndex());
        boolean certificateHolds =
                tunnel.identity().notAfterMillis() > context.runtime().wallMillis();
        if (endpoint == null || !certificateHolds) {
            directions.redirect(tunnel);
            return;
        }
        List<InetSocketAddress> candidates = List.of(endpoint.toSocketAddress());
        initiator.begin(tunnel.identity(), tunnel.pathId(), candidates, Initiator.Reason.NEW_KEYS);
    }
}
