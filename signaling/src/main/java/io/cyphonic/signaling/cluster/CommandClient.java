package io.cyphonic.signaling.cluster;

import io.aeron.Publication;
import io.aeron.cluster.client.AeronCluster;
import io.aeron.cluster.client.EgressListener;
import io.aeron.logbuffer.Header;
import io.cyphonic.signaling.registry.Registry;
import io.cyphonic.signaling.registry.RegistryCommandCodec;

import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Sends commands to the cluster and matches the outcomes. One thread owns the session; everybody
 * else hands it commands through a bounded queue.
 *
 * <p>A session that ends (the machine slept, the cluster elected) is replaced, and what has no
 * answer yet is sent again: every command may be applied twice.
 */
final class CommandClient implements AutoCloseable, EgressListener {
    private static final Logger LOG = LoggerFactory.getLogger(CommandClient.class);
    private static final int MAX_WAITING = 1024;
    private static final long KEEP_ALIVE_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long RECONNECT_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long JOIN_MILLIS = 5_000;

    /** Tries to open a session that may fail one after the other; each may take long itself. */
    private static final int MAX_FAILURES = 5;

    /** A command on its way. */
    private static final class Pending {
        private final byte[] entry;
        private final long deadlineNs;
        private final CompletableFuture<Registry.Redeemed> outcome = new CompletableFuture<>();
        private boolean sent;

        Pending(byte[] entry, long deadlineNs) {
            this.entry = entry;
            this.deadlineNs = deadlineNs;
        }
    }

    private final BlockingQueue<Pending> arrivals = new ArrayBlockingQueue<>(MAX_WAITING);
    private final Supplier<AeronCluster.Context> contexts;
    private final AgentPacing pacing;
    private final long writeDeadlineNs;
    private final BooleanSupplier memberBroken;
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private final Thread thread;

    // Owned by the client thread.
    private final Map<Long, Pending> pending = new LinkedHashMap<>();
    private AeronCluster session;
    private long lastCorrelationId;
    private long nextKeepAliveNs;
    private long nextConnectNs = System.nanoTime();
    private int failures;

    private volatile boolean running = true;

    CommandClient(
            Supplier<AeronCluster.Context> contexts,
            AgentPacing pacing,
            long writeDeadlineNs,
            BooleanSupplier memberBroken) {
        this.memberBroken = memberBroken;
        this.contexts = contexts;
        this.pacing = pacing;
        this.writeDeadlineNs = writeDeadlineNs;
        thread = pacing.threads("cl-client").newThread(this::run);
    }

    void start() {
        thread.start();
    }

    /** Completed with the reason when no session can be had any more in this process. */
    CompletableFuture<String> failure() {
        return failure;
    }

    /**
     * Sends a command and waits for its outcome.
     *
     * @return {@code null} when there was none in time, or too many wait already
     */
    Registry.Redeemed call(byte[] command) throws InterruptedException {
        final byte[] entry = new byte[RegistryService.CORRELATION_LENGTH + command.length];
        System.arraycopy(command, 0, entry, RegistryService.CORRELATION_LENGTH, command.length);
        final Pending call = new Pending(entry, System.nanoTime() + writeDeadlineNs);
        if (!running || !arrivals.offer(call)) {
            return null;
        }
        pacing.wake();
        try {
            return call.outcome.get(writeDeadlineNs, TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            return null;
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException("cluster client failed", e.getCause());
        }
    }

    private void run() {
        try {
            while (running) {
                int work = 0;
                try {
                    work = dutyCycle(System.nanoTime());
                } catch (RuntimeException e) {
                    dropSession(e);
                    giveUpWhenHopeless(e);
                }
                if (!pending.isEmpty()) {
                    pacing.wake();
                }
                if (work == 0) {
                    pacing.park();
                }
            }
        } finally {
            CloseHelper.quietClose(session);
            arrivals.forEach(call -> call.outcome.complete(null));
            pending.values().forEach(call -> call.outcome.complete(null));
        }
    }

    private int dutyCycle(long nowNs) {
        int work = takeArrivals();
        expire(nowNs);
        if (session == null) {
            if (nextConnectNs - nowNs > 0) {
                return work;
            }
            nextConnectNs = nowNs + RECONNECT_NS;
            pacing.wake();
            session = AeronCluster.connect(contexts.get().egressListener(this));
            failures = 0;
            nextKeepAliveNs = nowNs + KEEP_ALIVE_NS;
            work++;
        }
        work += session.pollEgress();
        if (session.isClosed()) {
            dropSession(null);
            return work;
        }
        work += sendPending();
        if (nextKeepAliveNs - nowNs <= 0) {
            nextKeepAliveNs = nowNs + KEEP_ALIVE_NS;
            if (!session.sendKeepAlive()) {
                dropSession(null);
            }
        }
        return work;
    }

    /** A session can be replaced; a member that has broken down needs a new process. */
    private void giveUpWhenHopeless(RuntimeException cause) {
        failures++;
        if (running && (memberBroken.getAsBoolean() || failures >= MAX_FAILURES)) {
            running = false;
            failure.complete("the cluster member in this process has failed: " + cause);
        }
    }

    private int takeArrivals() {
        int taken = 0;
        Pending call;
        while (pending.size() < MAX_WAITING && (call = arrivals.poll()) != null) {
            final long correlationId = ++lastCorrelationId;
            new UnsafeBuffer(call.entry).putLong(0, correlationId);
            pending.put(correlationId, call);
            taken++;
        }
        return taken;
    }

    private void expire(long nowNs) {
        if (pending.isEmpty()) {
            return;
        }
        final List<Pending> late = new ArrayList<>();
        pending.values()
                .forEach(
                        call -> {
                            if (call.deadlineNs - nowNs <= 0) {
                                late.add(call);
                            }
                        });
        pending.values().removeAll(late);
        late.forEach(call -> call.outcome.complete(null));
    }

    private int sendPending() {
        int sent = 0;
        for (final Pending call : pending.values()) {
            if (!call.sent) {
                final long result =
                        session.offer(new UnsafeBuffer(call.entry), 0, call.entry.length);
                if (result == Publication.CLOSED || result == Publication.NOT_CONNECTED) {
                    dropSession(null);
                    return sent;
                }
                if (result < 0) {
                    return sent;
                }
                call.sent = true;
                sent++;
            }
        }
        return sent;
    }

    private void dropSession(RuntimeException cause) {
        if (running) {
            LOG.warn(
                    "cluster session lost, connecting again: {}",
                    cause == null ? "closed" : cause.toString());
        }
        CloseHelper.quietClose(session);
        session = null;
        pending.values().forEach(call -> call.sent = false);
    }

    @Override
    public void onMessage(
            long clusterSessionId,
            long timestamp,
            DirectBuffer buffer,
            int offset,
            int length,
            Header header) {
        final Pending call = pending.remove(buffer.getLong(offset));
        if (call == null) {
            return;
        }
        final byte[] bytes = new byte[length - RegistryService.CORRELATION_LENGTH];
        buffer.getBytes(offset + RegistryService.CORRELATION_LENGTH, bytes);
        call.outcome.complete(RegistryCommandCodec.decodeOutcome(bytes, 0, bytes.length));
    }

    @Override
    public void close() {
        running = false;
        pacing.wake();
        try {
            thread.join(JOIN_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOG.warn("cluster client did not end within {} ms", JOIN_MILLIS);
        }
    }
}
