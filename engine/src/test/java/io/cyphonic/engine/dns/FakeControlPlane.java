package io.cyphonic.engine.dns;

import io.cyphonic.engine.control.ControlPlane;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** A control plane whose tunnels come up when the test says so. */
public final class FakeControlPlane implements ControlPlane {
    private final Map<String, CompletableFuture<Reached>> names = new ConcurrentHashMap<>();
    private final List<String> asked = new java.util.concurrent.CopyOnWriteArrayList<>();

    /** Peers that {@link #peers} returns. */
    public volatile List<Peer> peers = List.of();

    /** State that {@link #state} returns. */
    public volatile NodeState state = NodeState.REGISTERED;

    /** The future behind a name; completing it answers every {@link #reach}. */
    public CompletableFuture<Reached> name(String fqdn) {
        return names.computeIfAbsent(fqdn, _ -> new CompletableFuture<>());
    }

    /** Names that were asked for, in order. */
    public List<String> asked() {
        return asked;
    }

    @Override
    public NodeState state() {
        return state;
    }

    @Override
    public InetSocketAddress cloudAddress() {
        return new InetSocketAddress("192.0.2.1", 7447);
    }

    @Override
    public CompletableFuture<Void> registered() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Reached> reach(String fqdn) {
        asked.add(fqdn);
        CompletableFuture<Reached> known = names.get(fqdn);
        return known == null
                ? CompletableFuture.completedFuture(new Reached.Unknown())
                : known.copy();
    }

    @Override
    public CompletableFuture<Long> probe(String fqdn) {
        return CompletableFuture.completedFuture(names.containsKey(fqdn) ? 1_500_000L : -1L);
    }

    @Override
    public List<Peer> peers() {
        return peers;
    }
}
