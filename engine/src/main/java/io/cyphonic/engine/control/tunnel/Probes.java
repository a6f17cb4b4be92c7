package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.policy.RetransmitPolicy;
import io.cyphonic.engine.control.state.ProbeRecord;
import io.cyphonic.engine.control.state.ProbeRecord.Purpose;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.ControlMessage.PathProbe;
import io.cyphonic.signaling.protocol.ControlMessage.PathProbeAck;
import io.cyphonic.signaling.protocol.ControlMessageCodec;
import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Probes of a path, in control capsules: only the peer can read the probe's id and answer it. What
 * an answer proves depends on where it comes from ({@link Proofs#onAnswer}): somebody may have
 * handed a copy of the probe to a peer that the probe itself does not reach.
 */
public final class Probes {
    private static final long MEASURE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PROBE_LIFE_MILLIS = TimeUnit.SECONDS.toMillis(15);
    private static final long PATH_LIFE_MILLIS = TimeUnit.SECONDS.toMillis(2);
    private static final long NO_ANSWER = -1;

    private final TunnelContext context;
    private final Tunnels tunnels;
    private final Proofs proofs;
    private final ReturnWays returnWays;
    private final ConcurrentHashMap<Long, CompletableFuture<Long>> measuring =
            new ConcurrentHashMap<>();

    /** Is told what probes show. */
    public interface Proofs {
        /**
         * The peer has got a probe to this endpoint, or somebody's copy of it.
         *
         * @param from where its answer came from
         * @return whether that was enough: if not, the probe waits for another answer
         */
        boolean onAnswer(
                Id128 nodeId, InetSocketAddress endpoint, InetSocketAddress from, long rttNanos);

        /** A probe of the peer came from this endpoint. */
        void onProbed(int tunnelIndex, Endpoint from);
    }

    /** Probes the tunnels of a context. */
    public Probes(TunnelContext context, Tunnels tunnels, Proofs proofs) {
        this.context = context;
        this.proofs = proofs;
        this.returnWays = new ReturnWays(context);
        this.tunnels = tunnels;
    }

    /** Measures the round-trip time of a tunnel once; negative if no answer comes in a second. */
    public CompletableFuture<Long> measure(TunnelRecord tunnel) {
        CompletableFuture<Long> result = new CompletableFuture<>();
        long id = newProbeId();
        measuring.put(id, result);
        if (!send(id, Purpose.MEASURE, tunnel, presentEndpoint(tunnel))) {
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
        send(newProbeId(), Purpose.CONFIRM, tunnel, presentEndpoint(tunnel));
    }

    private InetSocketAddress presentEndpoint(TunnelRecord tunnel) {
        Endpoint present = context.dataPlane().endpoint(tunnel.tunnelIndex());
        return present == null ? null : present.toSocketAddress();
    }

    /** Probes a way, once. */
    void probe(TunnelRecord tunnel, InetSocketAddress endpoint) {
        send(newProbeId(), Purpose.PATH, tunnel, endpoint);
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
                        context.nowMillis() + life(purpose));
        if (!context.state().probes().add(id, probe)) {
            return false;
        }
        boolean sent = transmit(id, probe);
        if (purpose == Purpose.CONFIRM) {
            awaitAnswer(id, probe);
            return true;
        }
        return sent;
    }

    private static long life(Purpose purpose) {
        return purpose == Purpose.PATH ? PATH_LIFE_MILLIS : PROBE_LIFE_MILLIS;
    }

    private boolean transmit(long id, ProbeRecord probe) {
        InetSocketAddress endpoint = probe.endpoint();
        return context.dataPlane()
                .sendUrgentControl(
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

    /** The peer probes a path: the answer goes back the way the probe came, at least. */
    public void onProbe(int tunnelIndex, PathProbe probe, Endpoint from) {
        PathProbeAck ack = new PathProbeAck(probe.probeId(), from.toSocketAddress());
        returnWays.answer(tunnelIndex, ControlMessageCodec.encode(ack), from);
        proofs.onProbed(tunnelIndex, from);
    }

    /** The peer has answered a probe. */
    public void onProbeAck(int tunnelIndex, PathProbeAck ack, Endpoint from) {
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
        boolean enough =
                probe.endpoint() == null
                        || proofs.onAnswer(
                                probe.nodeId(), probe.endpoint(), from.toSocketAddress(), rttNanos);
        if (!enough && probe.purpose() == Purpose.PATH) {
            context.state().probes().add(ack.probeId(), probe);
        }
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
        boolean active = Objects.equals(probe.endpoint(), presentEndpoint(tunnel));
        if (probe.tries() == 1 && active) {
            // After a repetition nobody knows which sending was answered (Karn and Partridge 1987).
            tunnel.rttNanos(rttNanos);
            tunnels.update(tunnel);
        }
    }

    private long newProbeId() {
        return context.runtime().random().nextLong();
    }
}
