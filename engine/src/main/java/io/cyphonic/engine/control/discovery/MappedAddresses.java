package io.cyphonic.engine.control.discovery;

import io.cyphonic.engine.control.CandidateSource;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.LocalAddresses;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The addresses of the tunnels' socket as the configured STUN servers see it, asked again every 25
 * s, which also keeps these mappings alive, and at once when the addresses of the host change.
 * Thread-safe; all state is under one lock and nothing waits.
 */
public final class MappedAddresses implements CandidateSource {
    /** Most mapped addresses told to the cloud. */
    public static final int MAX_MAPPED = 4;

    /** How often a server is asked: less than the shortest life of a mapping in the field, 30 s. */
    static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(25);

    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** A server that was silent so many times in a row says nothing any more. */
    private static final int MISSES_TO_FORGET = 2;

    private final ControlRuntime runtime;
    private final StunClient client;
    private final StunServers servers;
    private final LocalAddresses local;
    private final Predicate<InetAddress> overlay;
    private final Runnable changed;

    // Guarded by this.
    private final Map<InetSocketAddress, Mapping> mappings = new HashMap<>();
    private List<InetSocketAddress> lastLocal = List.of();
    private long nextAskNanos;
    private long nextLookNanos;

    private record Mapping(InetSocketAddress mapped, int misses) {}

    /**
     * Asks nobody before the first tick.
     *
     * @param overlay whether an address is a virtual one, hence of no use
     * @param changed called, on any thread, when the candidates are others than before
     */
    public MappedAddresses(
            ControlRuntime runtime,
            StunClient client,
            StunServers servers,
            LocalAddresses local,
            Predicate<InetAddress> overlay,
            Runnable changed) {
        this.runtime = runtime;
        this.client = client;
        this.servers = servers;
        this.local = local;
        this.overlay = overlay;
        this.changed = changed;
        this.nextAskNanos = runtime.nanoTime();
        this.nextLookNanos = runtime.nanoTime();
    }

    /** Does what is due. */
    public void tick() {
        if (!servers.any()) {
            return;
        }
        servers.refresh(this::askAll);
        if (isDue()) {
            askAll();
        }
    }

    private synchronized boolean isDue() {
        long now = runtime.nanoTime();
        if (nextLookNanos - now <= 0) {
            nextLookNanos = now + LOOK_NANOS;
            List<InetSocketAddress> present = local.candidates();
            if (!present.equals(lastLocal)) {
                lastLocal = present;
                nextAskNanos = now;
            }
        }
        return nextAskNanos - now <= 0;
    }

    /** The network has changed: what was known may be wrong. */
    public void networkChanged() {
        askAll();
    }

    private void askAll() {
        synchronized (this) {
            nextAskNanos = runtime.nanoTime() + REFRESH_NANOS;
            mappings.keySet().retainAll(servers.addresses());
        }
        servers.addresses().forEach(server -> client.ask(server, this::onAnswer));
    }

    private void onAnswer(StunClient.Answer answer) {
        boolean other;
        synchronized (this) {
            List<Candidate> before = candidates();
            if (answer.mapped() != null) {
                mappings.put(answer.server(), new Mapping(answer.mapped(), 0));
            } else {
                mappings.computeIfPresent(
                        answer.server(),
                        (_, known) ->
                                known.misses() + 1 >= MISSES_TO_FORGET
                                        ? null
                                        : new Mapping(known.mapped(), known.misses() + 1));
            }
            other = !candidates().equals(before);
        }
        if (other) {
            changed.run();
        }
    }

    /** The servers that are asked, by address. */
    public List<InetSocketAddress> servers() {
        return servers.addresses();
    }

    @Override
    public synchronized List<Candidate> candidates() {
        return mappings.values().stream()
                .map(Mapping::mapped)
                .filter(this::isUsable)
                .distinct()
                .filter(mapped -> !lastLocal.contains(mapped))
                // In a fixed order: what has not changed must not look changed.
                .sorted(
                        Comparator.<InetSocketAddress, String>comparing(
                                        mapped -> mapped.getAddress().getHostAddress())
                                .thenComparing(InetSocketAddress::getPort))
                .limit(MAX_MAPPED)
                .map(mapped -> new Candidate(mapped, CandidateKind.STUN))
                .toList();
    }

    private boolean isUsable(InetSocketAddress mapped) {
        InetAddress address = mapped.getAddress();
        return mapped.getPort() != 0
                && !address.isAnyLocalAddress()
                && !address.isLoopbackAddress()
                && !address.isLinkLocalAddress()
                && !address.isMulticastAddress()
                && !overlay.test(address);
    }
}
