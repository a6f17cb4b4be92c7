package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.ControlEnvelope;
import io.cyphonic.signaling.stun.StunCodec;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The UDP shell of the NMS: one socket and one receiving thread per listen address, one virtual
 * thread per message. The number of messages in work is bounded; what comes on top is dropped and
 * counted, and the nodes send it again.
 */
public final class NmsServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NmsServer.class);

    static final int MAX_MESSAGES_IN_WORK = 1024;
    private static final int SOURCE_BUCKETS = 4096;
    private static final int DATAGRAMS_PER_SECOND_AND_SOURCE = 2000;
    private static final int BURST_PER_SOURCE = 4000;
    private static final long CLOSE_TIMEOUT_MS = 3000;
    private static final long FAILURE_LOG_INTERVAL_NS = TimeUnit.MINUTES.toNanos(1);

    private final DatagramHandler handler;
    private final NmsCounters counters;
    private final InstantSource clock;
    private final LongSupplier nanoClock;
    private final SourceLimiter limiter;
    private final List<UdpListener> listeners;
    private final StunService stun;
    private final Semaphore capacity = new Semaphore(MAX_MESSAGES_IN_WORK);
    private volatile Consumer<Reply> streams = _ -> {};
    private volatile long lastFailureLoggedNs;
    private volatile boolean closing;

    private NmsServer(
            List<UdpListener> listeners,
            StunService stun,
            DatagramHandler handler,
            NmsCounters counters,
            InstantSource clock,
            LongSupplier nanoClock,
            SecureRandom random) {
        this.listeners = listeners;
        this.stun = stun;
        this.handler = handler;
        this.counters = counters;
        this.clock = clock;
        this.nanoClock = nanoClock;
        long nowNs = nanoClock.getAsLong();
        this.lastFailureLoggedNs = nowNs - FAILURE_LOG_INTERVAL_NS;
        this.limiter =
                new SourceLimiter(
                        SOURCE_BUCKETS,
                        DATAGRAMS_PER_SECOND_AND_SOURCE,
                        BURST_PER_SOURCE,
                        random.nextInt(),
                        nowNs);
    }

    /**
     * Binds the sockets; nothing is received before {@link #start}.
     *
     * @param addresses port 0 lets the system choose one (for tests)
     * @param alternateStunPort second port, for STUN alone (RFC 5780); 0 for none
     * @throws IOException if one cannot be bound; none stays bound then
     */
    public static NmsServer open(
            List<InetSocketAddress> addresses,
            int alternateStunPort,
            DatagramHandler handler,
            NmsCounters counters,
            InstantSource clock,
            LongSupplier nanoClock,
            SecureRandom random)
            throws IOException {
        List<UdpListener> listeners = new ArrayList<>();
        try {
            for (InetSocketAddress address : addresses) {
                listeners.add(UdpListener.open(address));
            }
        } catch (IOException | RuntimeException e) {
            listeners.forEach(UdpListener::close);
            throw e;
        }
        StunService stun =
                StunService.open(
                        listeners, alternateStunPort, counters, nanoClock, random.nextInt());
        return new NmsServer(
                List.copyOf(listeners), stun, handler, counters, clock, nanoClock, random);
    }

    /** Starts receiving. Once. */
    public void start() {
        for (UdpListener listener : listeners) {
            listener.start(
                    "nms-" + listeners.indexOf(listener),
                    // One byte more than allowed tells a datagram that is too long from one that
                    // just fits.
                    ControlEnvelope.MAX_DATAGRAM_LENGTH + 1,
                    (source, buffer) -> accept(listener, source, buffer));
        }
        stun.start();
    }

    /** The addresses bound, in the order given to {@link #open}. */
    public List<InetSocketAddress> addresses() {
        return listeners.stream().map(UdpListener::address).toList();
    }

    /**
     * Names somebody who sends over connections what is for their far ends; asked for every reply,
     * also for those that go over UDP as well. To be set before {@link #start}.
     */
    public void alsoSendThrough(Consumer<Reply> newStreams) {
        streams = newStreams;
    }

    /** Sends datagrams that no request caused. Does not wait. */
    public void send(List<Reply> replies) {
        for (Reply reply : replies) {
            send(reply);
        }
    }

    /** Stops receiving, waits a moment for the messages in work, and closes the sockets. */
    @Override
    public void close() {
        if (closing) {
            return;
        }
        closing = true;
        try {
            // The sockets stay open meanwhile, for the answers.
            if (!capacity.tryAcquire(
                    MAX_MESSAGES_IN_WORK, CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                LOG.warn("Messages still in work after {} ms, closing anyway", CLOSE_TIMEOUT_MS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        listeners.forEach(UdpListener::close);
        stun.close();
    }

    private void accept(UdpListener listener, InetSocketAddress source, ByteBuffer buffer) {
        if (closing) {
            return;
        }
        if (!limiter.allows(source.getAddress(), nanoClock.getAsLong())) {
            counters.count(NmsCounter.RATE_LIMITED);
            return;
        }
        int length = buffer.remaining();
        if (length == 0 || length > ControlEnvelope.MAX_DATAGRAM_LENGTH || source.getPort() == 0) {
            counters.count(NmsCounter.MALFORMED);
            return;
        }
        byte[] datagram = new byte[length];
        buffer.get(datagram);
        if (StunCodec.isStun(datagram, length)) {
            stun.answer(listener.address(), source, datagram);
            return;
        }
        if (!capacity.tryAcquire()) {
            counters.count(NmsCounter.OVERLOADED);
            return;
        }
        Thread.ofVirtual().name("nms-message").start(() -> handle(listener, source, datagram));
    }

    private void handle(UdpListener listener, InetSocketAddress source, byte[] datagram) {
        try {
            send(
                    handler.handle(
                            datagram, datagram.length, source, listener.address(), clock.millis()));
        } catch (RuntimeException e) {
            counters.count(NmsCounter.FAILED);
            logFailure(e);
        } finally {
            capacity.release();
        }
    }

    private void logFailure(RuntimeException failure) {
        long nowNs = nanoClock.getAsLong();
        if (nowNs - lastFailureLoggedNs >= FAILURE_LOG_INTERVAL_NS) {
            lastFailureLoggedNs = nowNs;
            LOG.error("Handling a message failed (logged at most once a minute)", failure);
        }
    }

    private void send(Reply reply) {
        streams.accept(reply);
        for (UdpListener listener : listeners) {
            if (reply.source() == null
                    ? listener.sameFamily(reply.destination())
                    : listener.address().equals(reply.source())) {
                if (!listener.send(reply.datagram(), reply.destination())) {
                    counters.count(NmsCounter.SEND_FAILED);
                }
            }
        }
    }
}
