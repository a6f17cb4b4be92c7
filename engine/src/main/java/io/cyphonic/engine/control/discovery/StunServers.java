package io.cyphonic.engine.control.discovery;

import io.cyphonic.engine.control.ControlRuntime;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The configured STUN servers by address: one per family of each. Names are looked up on a thread
 * that may wait, and again after ten minutes. Thread-safe.
 */
public final class StunServers {
    private static final Logger LOG = LoggerFactory.getLogger(StunServers.class);
    private static final long LIFE_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final ControlRuntime runtime;
    private final List<InetSocketAddress> configured;
    private final HostNames names;
    private final AtomicBoolean running = new AtomicBoolean();
    private final AtomicReference<Resolved> resolved;
    private final AtomicBoolean complained = new AtomicBoolean();

    private record Resolved(List<InetSocketAddress> addresses, long nextNanos) {}

    /**
     * Knows the numeric ones at once.
     *
     * @param configured addresses, or names that are not resolved
     */
    public StunServers(
            ControlRuntime runtime, List<InetSocketAddress> configured, HostNames names) {
        this.runtime = runtime;
        this.configured = List.copyOf(configured);
        this.names = names;
        this.resolved = new AtomicReference<>(new Resolved(List.of(), runtime.nanoTime()));
    }

    /** Whether there is any to ask. */
    public boolean any() {
        return !configured.isEmpty();
    }

    /** The addresses known at present. */
    public List<InetSocketAddress> addresses() {
        return resolved.get().addresses();
    }

    /**
     * Looks the names up if that is due.
     *
     * @param changed called afterwards if the addresses are others than before
     */
    public void refresh(Runnable changed) {
        if (any()
                && resolved.get().nextNanos() - runtime.nanoTime() <= 0
                && running.compareAndSet(false, true)) {
            runtime.background(() -> lookUp(changed));
        }
    }

    private void lookUp(Runnable changed) {
        try {
            Set<InetSocketAddress> found = new LinkedHashSet<>();
            boolean complete = true;
            for (InetSocketAddress server : configured) {
                List<InetSocketAddress> some = lookUp(server);
                complete &= !some.isEmpty();
                found.addAll(some);
            }
            List<InetSocketAddress> before = addresses();
            // What cannot be looked up now has most likely not moved.
            List<InetSocketAddress> after =
                    complete || before.isEmpty() ? List.copyOf(found) : before;
            resolved.set(
                    new Resolved(
                            after, runtime.nanoTime() + (complete ? LIFE_NANOS : RETRY_NANOS)));
            if (!after.equals(before)) {
                changed.run();
            }
        } finally {
            running.set(false);
        }
    }

    private List<InetSocketAddress> lookUp(InetSocketAddress server) {
        List<InetSocketAddress> found = new ArrayList<>();
        for (InetAddress address : names.resolve(server.getHostString())) {
            if (found.stream()
                    .noneMatch(each -> each.getAddress().getClass() == address.getClass())) {
                found.add(new InetSocketAddress(address, server.getPort()));
            }
        }
        if (found.isEmpty() && complained.compareAndSet(false, true)) {
            LOG.warn(
                    "stun-servers: no address for {}; looking again every {} s",
                    server.getHostString(),
                    TimeUnit.NANOSECONDS.toSeconds(RETRY_NANOS));
        }
        return found;
    }
}
