package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.policy.RetransmitPolicy;
import io.cyphonic.engine.control.state.ProbeRecord;
import io.cyphonic.engine.control.state.ProbeRecord.Purpose;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.control.state.WantedPeer;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.ControlMessage.PathProbe;
import io.cyphonic.signaling.protocol.ControlMessage.PathProbeAck;
import io.cyphonic.signaling.protocol.ControlMessageCodec;

import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Probes of a path, in control capsules: only the peer can read the probe's id and answer it, so an
 * answer proves that the peer receives at the endpoint the probe was sent to.
 */
public final class Probes {
    private static final long MEASURE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PROBE_LIFE_MILLIS = TimeUnit.SECONDS.toMillis(15);
    private static final long NO_ANSWER = -1;

    private final TunnelContext context;
    private final Tunnels tunnels;
    private final PathMtus pathMtus;
    private final ConcurrentHashMap<Long, CompletableFuture<Long>> measuring =
            new ConcurrentHashMap<>();

    /** Probes the tunnels of a context. */
    public Probes(TunnelContext context, Tunnels tunnels, PathMtus pathMtus) {
        this.context = context;
        this.tunnels = tunnels;
        this.pathMtus = pathMtus;
    }

    /** Measures the round-trip time of a tunnel once; negative if no answer comes in a second. */
    public CompletableFuture<Long> measure(TunnelRecord tunnel) {
        CompletableFuture<Long> result = new CompletableFuture<>();
        long id = newProbeId();
        measuring.put(id, result);
        if (!send(id, Purpose.MEASURE, tunnel, null)) {
            measuring.remove(id);
            return CompletableFuture.completedFuture(NO_ANSWER);
        }
        context.runtime()
                .after(
                        MEASURE_NANOS,
                        () -> {
                            context.state().probes().take(id);
                            if (measuring.remove(id) != null) {
                                result.complete(NO_ANSWER);
                            }
                        });
        return result;
    }

    /** Shows the responder of a new session that we have the keys, until it has seen it. */
    void confirm(TunnelRecord tunnel) {
        send(newProbeId(), Purpose.CONFIRM, tunnel, null);
    }

    /** An authentic capsule came from elsewhere: moves there if the peer really is there. */
    public void onEndpointChanged(int tunnelIndex, Endpoint from) {
        TunnelRecord tunnel = context.state().tunnels().find(WantedPeer.byTunnel(tunnelIndex));
        if (tunnel != null) {
            send(newProbeId(), Purpose.VALIDATE, tunnel, from.toSocketAddress());
        }
    }

    private boolean send(
            long id, Purpose purpose, TunnelRecord tunnel, InetSocketAddress endpoint) {
        long now = context.nowNanos();
        ProbeRecord probe =
                new ProbeRecord(
                        purpose,
                        tunnel.nodeId(),
                        tunnel.tunnelIndex(),
                        endpoint,
                        now,
                        context.nowMillis() + PROBE_LIFE_MILLIS);
        if (!context.state().probes().add(id, probe)) {
            return false;
        }
        boolean sent = transmit(id, probe);
        if (purpose == Purpose.MEASURE) {
            return sent;
        }
        awaitAnswer(id, probe);
        return true;
    }

    private boolean transmit(long id, ProbeRecord probe) {
        InetSocketAddress endpoint = probe.endpoint();
        return context.dataPlane()
                .sendControl(
                        probe.tunnelIndex(),
                        ControlMessageCodec.encode(new PathProbe(id)),
                        endpoint == null ? null : Endpoint.of(endpoint));
    }

    private void awaitAnswer(long id, ProbeRecord probe) {
        context.runtime()
                .after(
                        RetransmitPolicy.PROBE.waitNanos(probe.tries(), context.runtime().random()),
                        () -> onTimer(id));
    }

    private void onTimer(long id) {
        ProbeRecord probe = context.state().probes().find(id);
        if (probe == null) {
            return;
        }
        if (RetransmitPolicy.PROBE.exhausted(probe.tries())) {
            context.state().probes().take(id);
            return;
        }
        ProbeRecord again = probe.triedAgain();
        if (context.state().probes().replace(id, probe, again)) {
            transmit(id, again);
            awaitAnswer(id, again);
        }
    }

    /** The peer probes a path: the answer goes back the way the probe came. */
    public void onProbe(int tunnelIndex, PathProbe probe, Endpoint from) {
        PathProbeAck ack = new PathProbeAck(probe.probeId(), from.toSocketAddress());
        context.dataPlane().sendControl(tunnelIndex, ControlMessageCodec.encode(ack), from);
    }

    /** The peer has answered a probe. */
    public void onProbeAck(int tunnelIndex, PathProbeAck ack) {
        ProbeRecord waiting = context.state().probes().find(ack.probeId());
        if (waiting == null || waiting.tunnelIndex() != tunnelIndex) {
            return;
        }
        ProbeRecord probe = context.state().probes().take(ack.probeId());
        if (probe == null) {
            return;
        }
        long rttNanos = context.nowNanos() - probe.sentNanos();
        context.locks().with(probe.nodeId(), () -> use(probe, rttNanos));
        CompletableFuture<Long> result = measuring.remove(ack.probeId());
        if (result != null) {
            result.complete(rttNanos);
        }
    }

    private void use(ProbeRecord probe, long rttNanos) {
        TunnelRecord tunnel = context.state().tunnels().find(probe.nodeId());
        if (tunnel == null || tunnel.tunnelIndex() != probe.tunnelIndex()) {
            return;
        }
        if (probe.tries() == 1) {
            // After a repetition nobody knows which sending was answered (Karn and Partridge 1987).
            tunnel.rttNanos(rttNanos);
            tunnels.update(tunnel);
        }
        if (probe.purpose() == Purpose.VALIDATE) {
            context.dataPlane().moveEndpoint(tunnel.tunnelIndex(), Endpoint.of(probe.endpoint()));
            pathMtus.onPathChanged(tunnel.tunnelIndex());
        }
    }

    private long newProbeId() {
        return context.runtime().random().nextLong();
    }
}
