package io.cyphonic.signaling.node;

import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayGrant;
import io.cyphonic.signaling.protocol.RelayRoundTrip;
import io.cyphonic.signaling.protocol.RelayServer;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Chooses a relay for a path and makes the grants for it. The relay derives the same keys from the
 * same secret: nobody keeps a list of grants.
 *
 * <p>How far the relays are from each node is what the node said in its last registration. That is
 * a hint, so it is kept in memory, for the nodes that registered most recently, and not in the log:
 * after a restart the first relay serves until the nodes have said it again.
 *
 * <p>Thread-safe.
 */
public final class RelayGrants {
    /** How long a grant holds. */
    public static final Duration LIFE = Duration.ofHours(1);

    /** The id of no relay. */
    static final int NONE = 0;

    /** Stands for a relay that a node has not measured: worse than a near one, usable. */
    static final int UNKNOWN_MILLIS = 300;

    private static final int MAX_NODES = 65_536;

    private final List<RelayServer> relays;
    private final byte[] secret;
    private final int limit;
    private final Map<Id128, List<RelayRoundTrip>> roundTrips =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Id128, List<RelayRoundTrip>> eldest) {
                    return size() > MAX_NODES;
                }
            };

    /**
     * With these relays.
     *
     * @param relays in order of preference among equals
     * @param secret shared with the relays; copied
     * @param limit of every grant, in kilobytes per second
     */
    public RelayGrants(List<RelayServer> relays, byte[] secret, int limit) {
        this.relays = List.copyOf(relays);
        this.secret = secret.clone();
        this.limit = limit;
    }

    /** Of a cloud without relays. */
    public static RelayGrants none() {
        return new RelayGrants(List.of(), new byte[RelayKeys.SECRET_LENGTH], 1);
    }

    /** Remembers what a node measured. */
    void measured(Id128 nodeId, List<RelayRoundTrip> measured) {
        if (measured.isEmpty() || relays.isEmpty()) {
            return;
        }
        synchronized (roundTrips) {
            // Anew, so that the eldest entry is that of the node that was silent longest.
            roundTrips.remove(nodeId);
            roundTrips.put(nodeId, measured);
        }
    }

    /**
     * The relay with the smallest sum of round trips to both, {@link #NONE} if there is no relay.
     * One that either cannot reach is taken only if there is no other.
     */
    int choose(Id128 initiatorId, Id128 responderId) {
        List<RelayRoundTrip> initiator;
        List<RelayRoundTrip> responder;
        synchronized (roundTrips) {
            initiator = roundTrips.getOrDefault(initiatorId, List.of());
            responder = roundTrips.getOrDefault(responderId, List.of());
        }
        int best = NONE;
        int shortest = Integer.MAX_VALUE;
        for (RelayServer relay : relays) {
            int sum = millis(initiator, relay.id()) + millis(responder, relay.id());
            if (sum < shortest) {
                shortest = sum;
                best = relay.id();
            }
        }
        return best;
    }

    /** A grant for a node at one end, or {@code null} if there is no such relay. */
    RelayGrant make(int relayId, Id128 pathId, int side, Id128 nodeId, long nowMillis) {
        for (RelayServer relay : relays) {
            if (relay.id() == relayId) {
                long expiryMillis = nowMillis + LIFE.toMillis();
                return new RelayGrant(
                        relay,
                        side,
                        expiryMillis,
                        limit,
                        RelayKeys.channelKey(
                                secret, relayId, pathId, side, nodeId, expiryMillis, limit));
            }
        }
        return null;
    }

    private static int millis(List<RelayRoundTrip> measured, int relayId) {
        for (RelayRoundTrip roundTrip : measured) {
            if (roundTrip.relayId() == relayId) {
                return roundTrip.millis();
            }
        }
        return UNKNOWN_MILLIS;
    }
}
