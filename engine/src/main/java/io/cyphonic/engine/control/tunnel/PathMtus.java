package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.mtu.PathMtuSearch;
import io.cyphonic.engine.control.mtu.PathMtuSearch.Probe;
import io.cyphonic.engine.control.mtu.PathSizes;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.pipeline.DataPlane.TunnelTraffic;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.ControlMessage.MtuProbe;
import io.cyphonic.signaling.protocol.ControlMessage.MtuProbeAck;
import io.cyphonic.signaling.protocol.ControlMessageCodec;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The path MTU of every tunnel: drives a {@link PathMtuSearch} for each, and tells the data plane
 * what it found. Thread-safe; there are as many searches as tunnels that were ever up and are not
 * closed, which the data plane bounds.
 *
 * <p>A search is not in the shared records: it is of no use to anybody but the thread that has its
 * next event, and a node that starts again measures again.
 */
public final class PathMtus {
    /** How often traffic is looked at: a fifth of the time in which TCP tries again first. */
    public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final TunnelContext context;
    private final Map<Integer, Watched> tunnels = new ConcurrentHashMap<>();
    private final LongAdder probes = new LongAdder();
    private final LongAdder lowered = new LongAdder();

    /** A tunnel; all fields but the index are guarded by the object. */
    private static final class Watched {
        final int index;
        Endpoint endpoint;
        PathMtuSearch search;
        long timerNanos = PathMtuSearch.NEVER;
        TunnelTraffic seen;

        Watched(int index) {
            this.index = index;
        }
    }

    /** Watches no tunnel yet. */
    public PathMtus(TunnelContext context) {
        this.context = context;
    }

    /** Probes sent so far. */
    public long probes() {
        return probes.sum();
    }

    /** How often a path turned out to carry less than was in use. */
    public long lowered() {
        return lowered.sum();
    }

    /** A session was made: searches if the tunnel is new, or its path or its peer's MTU changed. */
    void onSession(TunnelRecord tunnel) {
        int index = tunnel.tunnelIndex();
        int own = context.settings().innerMtu();
        int ceiling = tunnel.innerMtu() == 0 ? own : Math.min(own, tunnel.innerMtu());
        Watched watched = tunnels.computeIfAbsent(index, Watched::new);
        synchronized (watched) {
            watched.seen = context.dataPlane().traffic(index);
            follow(watched, ceiling);
        }
    }

    /** The tunnel sends elsewhere now: searches again. To be told at once it need not wait. */
    public void onPathChanged(int tunnelIndex) {
        Watched watched = tunnels.get(tunnelIndex);
        if (watched != null) {
            synchronized (watched) {
                if (watched.search != null) {
                    follow(watched, watched.search.sizes().ceiling());
                }
            }
        }
    }

    /** The tunnel is closed. */
    void onClosed(int tunnelIndex) {
        tunnels.remove(tunnelIndex);
    }

    private void follow(Watched watched, int ceiling) {
        Endpoint endpoint = context.dataPlane().endpoint(watched.index);
        if (endpoint == null) {
            return;
        }
        int relay = context.dataPlane().relayOverhead(watched.index);
        PathSizes sizes = PathSizes.of(PathSizes.overhead(endpoint, relay), ceiling);
        PathMtuSearch search = watched.search;
        if (search == null) {
            watched.search = new PathMtuSearch(sizes, context.runtime().random()::nextLong, now());
        } else if (!endpoint.equals(watched.endpoint) || search.sizes().ceiling() != ceiling) {
            search.pathChanged(sizes, now());
        }
        watched.endpoint = endpoint;
        go(watched);
    }

    private long now() {
        return context.nowNanos();
    }

    /** Does what is due now and comes back when the next thing is. */
    private void go(Watched watched) {
        send(watched, watched.search.poll(now()));
    }

    private void send(Watched watched, List<Probe> due) {
        for (Probe probe : due) {
            byte[] message = ControlMessageCodec.encode(new MtuProbe(probe.id()));
            context.dataPlane()
                    .sendControl(watched.index, Arrays.copyOf(message, probe.size()), null);
        }
        probes.add(due.size());
        apply(watched);
        long deadline = watched.search.deadline();
        boolean sooner =
                deadline != PathMtuSearch.NEVER
                        && (watched.timerNanos == PathMtuSearch.NEVER
                                || deadline - watched.timerNanos < 0);
        if (sooner) {
            watched.timerNanos = deadline;
            context.runtime().after(Math.max(0, deadline - now()), () -> onTimer(watched));
        }
    }

    private void apply(Watched watched) {
        int before = context.dataPlane().pathMtu(watched.index);
        int after = watched.search.mtu();
        if (after != before) {
            context.dataPlane().pathMtu(watched.index, after);
            if (after < before && before <= watched.search.sizes().ceiling()) {
                lowered.increment();
            }
        }
    }

    private void onTimer(Watched watched) {
        if (tunnels.get(watched.index) == watched) {
            synchronized (watched) {
                watched.timerNanos = PathMtuSearch.NEVER;
                go(watched);
            }
        }
    }

    /** Looks at every tunnel's traffic; to be called every {@link #TICK_NANOS}. */
    public void tick() {
        tunnels.values().forEach(this::tick);
    }

    private void tick(Watched watched) {
        TunnelTraffic now = context.dataPlane().traffic(watched.index);
        synchronized (watched) {
            TunnelTraffic before = watched.seen;
            if (now.packetsOut() == before.packetsOut() || watched.search == null) {
                return;
            }
            watched.seen = now;
            if (!watched.endpoint.equals(context.dataPlane().endpoint(watched.index))) {
                follow(watched, watched.search.sizes().ceiling());
            }
            long bytes = now.bytesOut() - before.bytesOut();
            boolean heard = now.packetsIn() != before.packetsIn();
            List<Probe> due = watched.search.onTraffic(bytes, heard, now());
            if (!due.isEmpty()) {
                send(watched, due);
            }
        }
    }

    /**
     * The peer probes a path: the answer goes back the way the probe came.
     *
     * @param size bytes of the message as received
     */
    public void onProbe(int tunnelIndex, MtuProbe probe, int size, Endpoint from) {
        byte[] answer = ControlMessageCodec.encode(new MtuProbeAck(probe.probeId(), size));
        context.dataPlane().sendControl(tunnelIndex, answer, from);
    }

    /** The peer has answered a probe. */
    public void onProbeAck(int tunnelIndex, MtuProbeAck ack) {
        Watched watched = tunnels.get(tunnelIndex);
        if (watched != null) {
            synchronized (watched) {
                if (watched.search != null) {
                    watched.search.onAnswer(ack.probeId(), ack.size(), now());
                    go(watched);
                }
            }
        }
    }

    /** The kernel found a capsule too long for the interface on its way. */
    public void onDatagramTooLong(int tunnelIndex, int innerLength) {
        Watched watched = tunnels.get(tunnelIndex);
        if (watched != null) {
            synchronized (watched) {
                if (watched.search != null) {
                    watched.search.onTooLong(innerLength, now());
                    go(watched);
                }
            }
        }
    }
}
