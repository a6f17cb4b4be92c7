package io.cyphonic.engine.simulation;

import io.cyphonic.engine.control.ControlPlane.PeerState;
import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.engine.control.state.TunnelRecord;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What has to hold in every simulation, whatever happens. */
final class Invariants {
    /**
     * Most entries of the pending tables for each peer of a node: in doubt four probes every 150
     * ms, each of which lives for two seconds.
     */
    static final int MAX_PENDING_PER_PEER = 56;

    /** Most timers for each peer of a node. */
    static final int MAX_TIMERS_PER_PEER = 24;

    /**
     * Most datagrams a node sends in a second for each peer, its applications' packets included:
     * seven rounds of a doubt with four probes and two announcements each, as many answers to the
     * peer's own doubt, and a handshake that a second of doubt leads to.
     */
    static final int MAX_SENT_PER_PEER = 90;

    /** Most entries of the pending tables for each peer of a node without traffic. */
    private static final int MAX_QUIET = 6;

    /** Where somebody copies all, each peer and each relay is seen at two addresses. */
    private static final int FACES = 2;

    private static final int BASE = 16;

    /** A better way is looked for every 30 s at least. */
    private static final Duration TIME_TO_RETURN = Duration.ofSeconds(40);

    private static final Duration LOOK = Duration.ofSeconds(1);

    /** After the search for better ways, which is busy for a minute, and the end of a doubt. */
    private static final Duration SETTLE = Duration.ofSeconds(120);

    private static final Duration QUIET = Duration.ofSeconds(60);

    /**
     * Keep-alives of two families every 15 s, or five tries of one that is gone; relays by STUN.
     */
    private static final int IDLE_CLOUD = 2 * 2 * 5 + 12;

    /**
     * A keep-alive every 10 s and the answer to the peer's, twice for what is lost, a Bind every 15
     * s, and new keys.
     */
    private static final int IDLE_TUNNEL = 2 * 2 * 7 + 5 + 12;

    /** A look every 30 s, and the answer to the peer's. */
    private static final int IDLE_WAY = 2 * 3;

    private final World world;
    private final Map<SimNode, Long> sent = new HashMap<>();
    private final Map<SimNode, Map<String, Integer>> kinds = new HashMap<>();
    private long moves;
    private double idleShare;

    Invariants(World world) {
        this.world = world;
        world.time().after(LOOK.toNanos(), this::look);
    }

    /**
     * The endpoint of a tunnel that is up is where the real peer is or was, or the relay. One that
     * is being built may begin at the wrong place, if somebody is faster than the peer with a copy
     * of what the peer sent; that the tunnel comes up all the same is another invariant.
     */
    void onMove(SimNode node, SimNode peer, InetSocketAddress to) {
        moves++;
        boolean real =
                world.internet().isOwned(to, peer.host())
                        || world.internet().isOwned(to, world.relay().host());
        if (isFirst(node, peer)) {
            return;
        }
        if (world.isForwarder(to)) {
            lookForBetterThan(node, peer, to);
        } else if (!real && isEstablished(node, peer)) {
            throw world.failure("%s sends to %s, which never was %s".formatted(node, to, peer));
        }
    }

    /**
     * Who passes everything on cannot be told from a NAT, and is a way like any other: he must not
     * keep a tunnel from a true direct way that is better and works.
     */
    private void lookForBetterThan(SimNode node, SimNode peer, InetSocketAddress to) {
        long moved = node.runtime().nanoTime();
        int incarnation = node.incarnation();
        world.time()
                .after(
                        TIME_TO_RETURN.toNanos(),
                        () -> {
                            PathRecord paths = paths(node, peer);
                            boolean still =
                                    paths != null
                                            && to.equals(paths.active())
                                            && node.incarnation() == incarnation;
                            if (still && world.isForwarder(to)) {
                                assertNoBetterWay(node, peer, paths, moved);
                            }
                        });
    }

    private void assertNoBetterWay(SimNode node, SimNode peer, PathRecord paths, long since) {
        int his = paths.find(paths.active());
        for (int way = 0; way < paths.count(); way++) {
            boolean works =
                    paths.state(way) == PathRecord.WayState.VALID
                            && paths.proofs(way) >= paths.needed(way)
                            && paths.proof(way) - since > 0;
            boolean better = paths.kind(way).compareTo(paths.kind(his)) < 0;
            if (works && better && world.internet().isOwned(paths.endpoint(way), peer.host())) {
                throw world.failure(
                        "%s does not take %s, which works, but %s"
                                .formatted(node, paths.endpoint(way), paths.active()));
            }
        }
    }

    private static PathRecord paths(SimNode node, SimNode peer) {
        return node.node().plane().sharedState().paths().find(peer.certificate().nodeId());
    }

    /** Whether a tunnel takes the way that its first session came by. */
    private static boolean isFirst(SimNode node, SimNode peer) {
        PathRecord paths = paths(node, peer);
        return paths == null || paths.changes() == 0;
    }

    private static boolean isEstablished(SimNode node, SimNode peer) {
        return node.node().plane().peers().stream()
                .anyMatch(
                        each ->
                                each.virtualIpv4().equals(peer.virtualIpv4())
                                        && each.state() == PeerState.UP
                                        && each.handshakeAgeSeconds() >= 1);
    }

    private void look() {
        for (SimNode node : world.nodes()) {
            SharedState state = node.node().plane().sharedState();
            atMost("pending entries of", node, state.pendingEntries(), MAX_PENDING_PER_PEER);
            atMost("timers of", node, node.runtime().timers(), MAX_TIMERS_PER_PEER);
            atMost("tunnels of", node, state.tunnels().size(), 1);
            atMost("reserved indices of", node, node.node().dataPlane().reservedIndices(), 2);
            long now = node.host().sent();
            Long before = sent.put(node, now);
            if (before != null) {
                atMost("datagrams in a second from", node, now - before, MAX_SENT_PER_PEER);
                Map<String, Integer> all = kinds.computeIfAbsent(node, _ -> new TreeMap<>());
                node.host().takeKinds().forEach((kind, n) -> all.merge(kind, n, Integer::sum));
            }
        }
        world.time().after(LOOK.toNanos(), this::look);
    }

    private void atMost(String what, SimNode node, long found, int perPeer) {
        int faces = world.hasImpostor() ? FACES : 1;
        int limit = BASE + faces * perPeer * (world.nodes().size() - 1);
        if (found > limit) {
            throw world.failure(
                    "%d %s %s; at most %d; sent of late: %s"
                            .formatted(found, what, node, limit, node.host().takeKinds()));
        }
    }

    /** When nobody wants anything any more, nothing is under way and next to nothing is sent. */
    void assertCalm() {
        world.advance(SETTLE);
        assertIdle();
        for (SimNode node : world.nodes()) {
            SharedState state = node.node().plane().sharedState();
            // Rekeys, keep-alives and probes of ways that may come back go on, but not many.
            atMost("entries pending in silence of", node, state.pendingEntries(), MAX_QUIET);
            if (!world.runUntil(
                    () -> node.node().dataPlane().reservedIndices() == 0, Duration.ofSeconds(60))) {
                throw world.failure(
                        "%d reserved indices of %s leak"
                                .formatted(node.node().dataPlane().reservedIndices(), node));
            }
        }
    }

    private void assertIdle() {
        Map<SimNode, Long> before = new HashMap<>();
        for (SimNode node : world.nodes()) {
            before.put(node, node.host().sent());
        }
        kinds.clear();
        world.advance(QUIET);
        for (SimNode node : world.nodes()) {
            long found = node.host().sent() - before.get(node);
            int limit = idleLimit(node);
            idleShare = Math.max(idleShare, (double) found / limit);
            if (found > limit) {
                throw world.failure(
                        "%d datagrams in %d s without traffic from %s; at most %d: %s"
                                .formatted(found, QUIET.toSeconds(), node, limit, kinds.get(node)));
            }
        }
    }

    private static int idleLimit(SimNode node) {
        SharedState state = node.node().plane().sharedState();
        int limit = IDLE_CLOUD;
        for (TunnelRecord tunnel : state.tunnels().all()) {
            PathRecord paths = state.paths().find(tunnel.nodeId());
            limit += IDLE_TUNNEL + IDLE_WAY * (paths == null ? 0 : paths.count());
        }
        return limit;
    }

    /** The most that a node without traffic sent, as a part of what it may send. */
    double idleShare() {
        return idleShare;
    }

    /** Endpoints moved so far: a test of moves shows that there were some. */
    long moves() {
        return moves;
    }
}
