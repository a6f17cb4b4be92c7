package io.cyphonic.engine.control.path;

import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.WayState;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * What one event leads to, in this order; what is sent is noted in the record as well. Lives for
 * one event, like {@link PathMachine}.
 */
final class Actions {
    private static final int MAX_TOLD = 8;

    private final PathRecord paths;
    private final long now;
    private final List<PathAction> all = new ArrayList<>();

    Actions(PathRecord paths, long nowNanos) {
        this.paths = paths;
        this.now = nowNanos;
    }

    List<PathAction> all() {
        return all;
    }

    void probe(int way) {
        paths.tries(way, paths.tries(way) + 1);
        paths.lastProbe(way, now);
        all.add(new PathAction.Probe(paths.endpoint(way)));
    }

    /** Tells the peer our addresses, over all that may reach it, until it says it knows. */
    void tell() {
        if (paths.told() < 0 || paths.told() >= MAX_TOLD || paths.active() == null) {
            return;
        }
        paths.told(paths.told() + 1);
        all.add(new PathAction.Tell(paths.active()));
        for (int way = 0; way < paths.count(); way++) {
            InetSocketAddress endpoint = paths.endpoint(way);
            boolean other = !endpoint.equals(paths.active());
            if (other && (!paths.kind(way).isDirect() || paths.state(way) == WayState.VALID)) {
                all.add(new PathAction.Tell(endpoint));
            }
        }
    }

    /** The tunnel sends there from now on. */
    void activate(InetSocketAddress endpoint) {
        paths.activate(endpoint, now);
        all.add(new PathAction.Activate(endpoint));
    }

    /** The paths are to be looked at again then. */
    void wake(long delayNanos) {
        all.add(new PathAction.Wake(delayNanos));
    }

    /** The cloud may know more of the peer. */
    void askCloud() {
        paths.asked(now);
        all.add(new PathAction.AskCloud());
    }
}
