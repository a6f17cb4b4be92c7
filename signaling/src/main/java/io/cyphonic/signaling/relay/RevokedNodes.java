package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.protocol.Id128;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The nodes that the NMS said were revoked. Each is remembered for as long as the longest grant
 * lasts after the NMS said so last: from then on no grant of it is left. Bounded; owned by the
 * relay's thread.
 */
final class RevokedNodes {
    /** At least the life of a grant. */
    static final long KEPT_NS = TimeUnit.MINUTES.toNanos(65);

    /** Several times what the NMS repeats. */
    static final int MAX_NODES = 8192;

    // Told last comes last.
    private final Map<Id128, Long> toldNs = new LinkedHashMap<>();

    /** Remembers a node; whether it is news. */
    boolean add(Id128 nodeId, long nowNs) {
        boolean news = toldNs.remove(nodeId) == null;
        toldNs.put(nodeId, nowNs);
        if (toldNs.size() > MAX_NODES) {
            Iterator<Id128> eldest = toldNs.keySet().iterator();
            eldest.next();
            eldest.remove();
        }
        return news;
    }

    boolean contains(Id128 nodeId) {
        return toldNs.containsKey(nodeId);
    }

    /** Forgets those whose grants have all ended. */
    void sweep(long nowNs) {
        Iterator<Long> all = toldNs.values().iterator();
        while (all.hasNext() && nowNs - all.next() >= KEPT_NS) {
            all.remove();
        }
    }
}
