package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.os.LinuxReadiness;
import io.cyphonic.signaling.os.LinuxUdpTransport;
import io.cyphonic.signaling.os.NativeException;
import io.cyphonic.signaling.os.UdpOptions;
import io.cyphonic.signaling.protocol.RelayServer;

import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * A relay on its sockets: one thread that receives joined datagrams, asks {@link RelayLogic}, and
 * sends them on, joined. Datagrams of TLS connections come to the same thread through a bounded
 * queue.
 *
 * <pre>
 *   open --&gt; OPEN --start--&gt; RUNNING --close--&gt; CLOSED
 * </pre>
 */
public final class RelayService implements AutoCloseable {
    /** Most channels; each has about 1.5 kB. */
    public static final int MAX_CHANNELS = 16_384;

    private static final Logger LOG = LoggerFactory.getLogger(RelayService.class);
    private static final int RECEIVE_BUFFER_LENGTH = 65_535;
    private static final int STREAM_QUEUE_LENGTH = 1024;

    /** The longest datagram taken from a connection. */
    private static final int MAX_STREAM_DATAGRAM = 9216;

    private static final int STREAM_BURST = 64;

    /** After so many receive calls what they brought is sent, however much more there is. */
    private static final int RECEIVES_TOGETHER = 64;

    private static final int SWEEP_MILLIS = 1000;
    private static final int RETRY_MILLIS = 10;
    private static final long FAILURE_LOG_INTERVAL_NS = TimeUnit.MINUTES.toNanos(1);
    private static final long CLOSE_TIMEOUT_MILLIS = 3000;

    private record FromStream(byte[] datagram, Endpoint source, RelayStream stream) {}

    // Fixed after construction.
    private final RelayServer server;
    private final LinuxUdpTransport transport;
    private final LinuxReadiness readiness;
    private final RelayLogic logic;
    private final RelaySender sender;
    private final RelayCounters counters;
    private final InstantSource clock;
    private final Thread thread;

    // Shared.
    private final ManyToOneConcurrentArrayQueue<FromStream> fromStreams =
            new ManyToOneConcurrentArrayQueue<>(STREAM_QUEUE_LENGTH);
    private volatile boolean closing;
    private volatile int channels;

    // Owned by the relay's thread.
    private final ReceivedDatagrams batch = new ReceivedDatagrams();
    private final ReceivedDatagrams single = new ReceivedDatagrams();
    private final byte[] batchBuffer = new byte[RECEIVE_BUFFER_LENGTH];
    private int receives;
    private long failureLoggedNs;

    private RelayService(
            RelayServer server,
            LinuxUdpTransport transport,
            LinuxReadiness readiness,
            byte[] secret,
            SecureRandom random,
            InstantSource clock) {
        this.server = server;
        this.transport = transport;
        this.readiness = readiness;
        this.clock = clock;
        this.counters = new RelayCounters();
        this.sender = new RelaySender(transport, counters);
        long nowNs = System.nanoTime();
        this.failureLoggedNs = nowNs - FAILURE_LOG_INTERVAL_NS;
        this.logic =
                new RelayLogic(server.id(), secret, MAX_CHANNELS, random, counters, sender, nowNs);
        this.batch.buffer = batchBuffer;
        this.thread = Thread.ofPlatform().daemon().name("relay").unstarted(this::run);
    }

    /**
     * Binds the sockets; nothing is received before {@link #start}.
     *
     * @param server its id and addresses; both with the same port, 0 to let the system choose it
     * @param secret shared with the NMS; copied
     * @throws IOException if a socket cannot be had; the message is for the operator
     */
    public static RelayService open(
            RelayServer server, byte[] secret, SecureRandom random, InstantSource clock)
            throws IOException {
        int port = (server.ipv4() != null ? server.ipv4() : server.ipv6()).getPort();
        LinuxUdpTransport transport = null;
        try {
            transport =
                    LinuxUdpTransport.open(
                            UdpOptions.of(
                                    server.ipv4() == null
                                            ? null
                                            : (Inet4Address) server.ipv4().getAddress(),
                                    server.ipv6() == null
                                            ? null
                                            : (Inet6Address) server.ipv6().getAddress(),
                                    port));
            RelayServer bound =
                    new RelayServer(
                            server.id(),
                            withPort(server.ipv4(), transport.localPort()),
                            withPort(server.ipv6(), transport.localPort()),
                            server.tlsPort());
            LinuxReadiness readiness = LinuxReadiness.forUdp(transport);
            return new RelayService(bound, transport, readiness, secret, random, clock);
        } catch (NativeException e) {
            if (transport != null) {
                transport.close();
            }
            throw new IOException("the relay: " + e.getMessage(), e);
        }
    }

    /** Starts its thread. Once. */
    public void start() {
        thread.start();
    }

    /** Where it is, with the port the system chose. */
    public RelayServer server() {
        return server;
    }

    /** What it counted. */
    public RelayCounters counters() {
        return counters;
    }

    /** Channels at present, give or take a second. */
    public int channels() {
        return channels;
    }

    /**
     * Takes a datagram that came over a connection; drops it if too many are waiting. Any thread.
     *
     * @param datagram not changed afterwards
     * @param source the peer of the connection
     */
    public void receive(byte[] datagram, InetSocketAddress source, RelayStream stream) {
        if (datagram.length == 0
                || datagram.length > MAX_STREAM_DATAGRAM
                || !fromStreams.offer(new FromStream(datagram, Endpoint.of(source), stream))) {
            counters.addShared(RelayCounter.QUEUE_FULL);
            return;
        }
        readiness.wake();
    }

    /** Stops the thread and closes the sockets. Idempotent. */
    @Override
    public void close() {
        if (closing) {
            return;
        }
        closing = true;
        readiness.wake();
        boolean ended = true;
        try {
            if (thread.getState() != Thread.State.NEW) {
                thread.join(CLOSE_TIMEOUT_MILLIS);
                ended = !thread.isAlive();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        if (!ended) {
            LOG.warn("The relay's thread did not end within {} ms", CLOSE_TIMEOUT_MILLIS);
            return;
        }
        readiness.close();
        transport.close();
        logic.close();
    }

    private void run() {
        long sweptNs = System.nanoTime();
        while (!closing) {
            try {
                long nowNs = System.nanoTime();
                if (nowNs - sweptNs >= TimeUnit.MILLISECONDS.toNanos(SWEEP_MILLIS)) {
                    sweptNs = nowNs;
                    logic.sweep(nowNs, clock.millis());
                    channels = logic.channels();
                }
                int received = transport.receive(batch);
                if (received > 0) {
                    logic.receive(batch, null, local(batch), nowNs, clock.millis());
                }
                boolean more = takeFromStreams(nowNs);
                receives++;
                if (received <= 0 || receives >= RECEIVES_TOGETHER) {
                    sender.flush();
                    receives = 0;
                }
                if (received <= 0 && !more) {
                    readiness.await(received < 0 ? RETRY_MILLIS : SWEEP_MILLIS);
                }
            } catch (RuntimeException e) {
                logFailure(e);
            }
        }
    }

    private boolean takeFromStreams(long nowNs) {
        FromStream next = null;
        for (int i = 0; i < STREAM_BURST && (next = fromStreams.poll()) != null; i++) {
            byte[] sockaddr = next.source.sockaddr();
            System.arraycopy(sockaddr, 0, single.source, 0, sockaddr.length);
            single.sourceLength = sockaddr.length;
            single.buffer = next.datagram;
            single.length = next.datagram.length;
            single.segmentLength = next.datagram.length;
            logic.receive(single, next.stream, local(single), nowNs, clock.millis());
        }
        return next != null;
    }

    private InetSocketAddress local(ReceivedDatagrams from) {
        boolean ipv4 = from.sourceLength == Endpoint.SOCKADDR_IPV4_LENGTH;
        InetSocketAddress own = server.address(ipv4);
        return own != null ? own : server.address(!ipv4);
    }

    private void logFailure(RuntimeException failure) {
        long nowNs = System.nanoTime();
        if (nowNs - failureLoggedNs >= FAILURE_LOG_INTERVAL_NS) {
            failureLoggedNs = nowNs;
            LOG.error("Relaying failed (logged at most once a minute)", failure);
        }
    }

    private static InetSocketAddress withPort(InetSocketAddress address, int port) {
        return address == null ? null : new InetSocketAddress(address.getAddress(), port);
    }
}
