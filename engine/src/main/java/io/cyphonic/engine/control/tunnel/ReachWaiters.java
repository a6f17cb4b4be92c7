package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.ControlPlane.Reached;
import io.cyphonic.engine.control.state.PeerIdentity;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Who waits for a tunnel, by name: all who wait for one name share one answer. Thread-safe. */
public final class ReachWaiters {
    private static final int MAX_NAMES = 4096;

    private final ConcurrentHashMap<String, CompletableFuture<Reached>> waiting =
            new ConcurrentHashMap<>();

    /** The answer for a name, and whether this caller is the first to wait for it. */
    record Wait(CompletableFuture<Reached> answer, boolean first) {}

    Wait join(String fqdn) {
        if (waiting.size() >= MAX_NAMES) {
            Reached busy = new Reached.Unreachable("too many names are being looked up");
            return new Wait(CompletableFuture.completedFuture(busy), false);
        }
        CompletableFuture<Reached> mine = new CompletableFuture<>();
        CompletableFuture<Reached> others = waiting.putIfAbsent(fqdn, mine);
        return others == null ? new Wait(mine, true) : new Wait(others, false);
    }

    void complete(String fqdn, Reached reached) {
        CompletableFuture<Reached> answer = waiting.remove(fqdn);
        if (answer != null) {
            answer.complete(reached);
        }
    }

    /** Completes the answer of one attempt, and not that of a later one for the same name. */
    void complete(String fqdn, CompletableFuture<Reached> answer, Reached reached) {
        waiting.remove(fqdn, answer);
        answer.complete(reached);
    }

    void up(PeerIdentity peer) {
        complete(peer.fqdn(), up(peer.fqdn(), peer));
    }

    static Reached up(String fqdn, PeerIdentity peer) {
        return new Reached.Up(fqdn, peer.virtualIpv4(), peer.virtualIpv6());
    }

    /** Nobody waits any longer than this. */
    public void close() {
        Reached closed = new Reached.Unreachable("the node is shutting down");
        waiting.keySet().forEach(fqdn -> complete(fqdn, closed));
    }
}
