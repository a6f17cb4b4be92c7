package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.engine.control.state.PathRecord.WayState;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.control.state.WantedPeer;
import io.cyphonic.engine.pipeline.DataPlane;
import io.cyphonic.signaling.net.Endpoint;

import java.net.InetSocketAddress;

/**
 * Sends answers back to a peer: the way the question came by. A question from an address that has
 * proven nothing may be a copy that was faster than the question itself, which is then thrown away
 * as a replay; if the answer went to the copier alone, he could keep both ends from ever hearing
 * each other without stopping a single datagram. So such an answer goes to the peer on other ways
 * too.
 */
public final class ReturnWays {
    /** So many get the answer besides the way in use and the relay. */
    private static final int MAX_OTHERS = 3;

    private final TunnelContext context;

    /** Answers the peers of a context. */
    public ReturnWays(TunnelContext context) {
        this.context = context;
    }

    /** Sends an answer to what came from an endpoint. */
    public void answer(int tunnelIndex, byte[] message, Endpoint from) {
        DataPlane dataPlane = context.dataPlane();
        dataPlane.sendUrgentControl(tunnelIndex, message, from);
        TunnelRecord tunnel = context.state().tunnels().find(WantedPeer.byTunnel(tunnelIndex));
        PathRecord paths = tunnel == null ? null : context.state().paths().find(tunnel.nodeId());
        InetSocketAddress source = from.toSocketAddress();
        if (paths == null || isTrusted(paths, paths.find(source))) {
            return;
        }
        int others = 0;
        for (int way = 0; way < paths.count(); way++) {
            InetSocketAddress other = paths.endpoint(way);
            boolean first = !paths.kind(way).isDirect() || other.equals(paths.active());
            boolean used = !other.equals(source) && (first || isTrusted(paths, way));
            if (used && (first || others++ < MAX_OTHERS)) {
                dataPlane.sendUrgentControl(tunnelIndex, message, Endpoint.of(other));
            }
        }
    }

    /** Whether the way has been named or has proven itself. */
    private static boolean isTrusted(PathRecord paths, int way) {
        return way >= 0 && (paths.kind(way) != Kind.HEARD || paths.state(way) == WayState.VALID);
    }
}
