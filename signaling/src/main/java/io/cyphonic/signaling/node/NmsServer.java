package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.ControlEnvelope;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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
    private static final int RECEIVE_BUFFER_BYTES = 1 << 20;
    private static final long CLOSE_TIMEOUT_MS = 3000;
    private static final long FAILURE_LOG_INTERVAL_NS = TimeUnit.MINUTES.toNanos(1);

    private final DatagramHandler handler;
    private final NmsCounters counters;
    private final InstantSource clock;
    private final LongSupplier nanoClock;
    private final SourceLimiter limiter;
    private final List<Listener> listeners;
    private final Semaphore capacity = new Semaphore(MAX_MESSAGES_IN_WORK);
    private volatile long lastFailureLoggedNs;
    private volatile boolean closing;

    private NmsServer(
            List<Listener> listeners,
            DatagramHandler handler,
            NmsCounters counters,
            InstantSource clock,
            LongSupplier nanoClock,
            SecureRandom random) {
        this.listeners = listeners;
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
     * @throws IOException if one cannot be bound; none stays bound then
     */
    public static NmsServer open(
            List<InetSocketAddress> addresses,
            DatagramHandler handler,
            NmsCounters counters,
            InstantSource clock,
            LongSupplier nanoClock,
            SecureRandom random)
            throws IOException {
        List<Listener> listeners = new ArrayList<>();
        try {
            for (InetSocketAddress address : addresses) {
                listeners.add(Listener.open(address));
            }
        } catch (IOException | RuntimeException e) {
            listeners.forEach(Listener::close);
            throw e;
        }
        return new NmsServer(List.copyOf(listeners), handler, counters, clock, nanoClock, random);
    }

    /** Starts receiving. Once. */
    public void start() {
        for (Listener listener : listeners) {
            listener.thread =
                    Thread.ofPlatform()
                            .daemon()
                            .name("nms-" + listeners.indexOf(listener))
                            .start(() -> receive(listener));
        }
    }

    /** The addresses bound, in the order given to {@link #open}. */
    public List<InetSocketAddress> addresses() {
        return listeners.stream().map(listener -> listener.address).toList();
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
        listeners.forEach(Listener::close);
    }

    private void receive(Listener listener) {
        // One byte more than allowed tells a datagram that is too long from one that just fits.
        ByteBuffer buffer = ByteBuffer.allocateDirect(ControlEnvelope.MAX_DATAGRAM_LENGTH + 1);
        while (true) {
            try {
                buffer.clear();
                if (listener.channel.receive(buffer) instanceof InetSocketAddress source
                        && !closing) {
                    buffer.flip();
                    accept(listener, source, buffer);
                }
            } catch (ClosedChannelException _) {
                return;
            } catch (IOException e) {
                // ICMP errors of earlier sends can come up here; none of them ends the service.
                LOG.debug("Receiving on {} failed", listener.address, e);
            }
        }
    }

    private void accept(Listener listener, InetSocketAddress source, ByteBuffer buffer) {
        if (!limiter.allows(source.getAddress(), nanoClock.getAsLong())) {
            counters.count(NmsCounter.RATE_LIMITED);
            return;
        }
        int length = buffer.remaining();
        if (length == 0 || length > ControlEnvelope.MAX_DATAGRAM_LENGTH || source.getPort() == 0) {
            counters.count(NmsCounter.MALFORMED);
            return;
        }
        if (!capacity.tryAcquire()) {
            counters.count(NmsCounter.OVERLOADED);
            return;
        }
        byte[] datagram = new byte[length];
        buffer.get(datagram);
        Thread.ofVirtual().name("nms-message").start(() -> handle(listener, source, datagram));
    }

    private void handle(Listener listener, InetSocketAddress source, byte[] datagram) {
        try {
            send(
                    handler.handle(
                            datagram, datagram.length, source, listener.address, clock.millis()));
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
        for (Listener listener : listeners) {
            if (reply.source() == null
                    ? listener.sameFamily(reply.destination())
                    : listener.address.equals(reply.source())) {
                try {
                    listener.channel.send(ByteBuffer.wrap(reply.datagram()), reply.destination());
                } catch (IOException | RuntimeException _) {
                    // No way to that address now, or a node that named an address nobody can send
                    // to: the requester sends again or gives up.
                    counters.count(NmsCounter.SEND_FAILED);
                }
            }
        }
    }

    /** A socket and the thread that reads it. */
    private static final class Listener {
        private final DatagramChannel channel;
        private final InetSocketAddress address;
        private Thread thread;

        private Listener(DatagramChannel channel) throws IOException {
            this.channel = channel;
            this.address = (InetSocketAddress) channel.getLocalAddress();
        }

        static Listener open(InetSocketAddress address) throws IOException {
            DatagramChannel channel =
                    DatagramChannel.open(
                            address.getAddress() instanceof Inet4Address
                                    ? StandardProtocolFamily.INET
                                    : StandardProtocolFamily.INET6);
            try {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
                channel.bind(address);
                return new Listener(channel);
            } catch (IOException e) {
                channel.close();
                throw new IOException(
                        "cannot listen on UDP %s:%d: %s"
                                .formatted(
                                        address.getAddress().getHostAddress(),
                                        address.getPort(),
                                        reason(e)),
                        e);
            }
        }

        /** The JDK tells them apart by the text of strerror(3) only. */
        private static String reason(IOException failure) {
            String message = String.valueOf(failure.getMessage());
            if (message.contains("in use")) {
                return "the port is in use";
            }
            if (message.contains("assign requested address")) {
                return "this machine does not have the address";
            }
            return message.contains("ermission denied")
                    ? "not permitted; ports below 1024 need root"
                    : message;
        }

        boolean sameFamily(InetSocketAddress other) {
            return address.getAddress().getClass() == other.getAddress().getClass();
        }

        void close() {
            try {
                channel.close();
                if (thread != null) {
                    thread.join(CLOSE_TIMEOUT_MS);
                }
            } catch (IOException e) {
                LOG.debug("Closing {} failed", address, e);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
