package io.cyphonic.engine.dns;

import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.dns.DnsCounters.Event;
import io.cyphonic.signaling.credential.ConnectionDeadline;
import io.cyphonic.signaling.net.AddressText;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/**
 * The resolver's sockets: UDP and TCP on every listen address, one virtual thread per query, all of
 * it bounded. It serves the host it runs on and nobody else: not other nodes, and not neighbours in
 * the host's network who route the virtual address to it.
 */
public final class NameResolver implements AutoCloseable {
    /** Longest time an answer waits for its tunnel; below the five seconds most clients wait. */
    private static final Duration TUNNEL_LIMIT = Duration.ofSeconds(4);

    private static final Duration UPSTREAM_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration CONNECTION_LIFE = Duration.ofMinutes(1);
    private static final Duration BACK_OFF = Duration.ofMillis(50);
    private static final int MAX_QUERIES_AT_ONCE = 256;
    private static final int MAX_CONNECTIONS = 32;
    private static final int MAX_DATAGRAM = 4096;
    private static final Logger LOG = LoggerFactory.getLogger(NameResolver.class);

    private final Membership self;
    private final QueryHandler handler;
    private final DnsCounters counters = new DnsCounters();
    private final List<InetSocketAddress> addresses = new ArrayList<>();
    private final List<DatagramSocket> datagramSockets = new ArrayList<>();
    private final List<ServerSocket> serverSockets = new ArrayList<>();
    private final Semaphore queries = new Semaphore(MAX_QUERIES_AT_ONCE);
    private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("dns-", 0).factory());

    private NameResolver(Membership self, ControlPlane control, List<InetSocketAddress> upstream) {
        this.self = self;
        this.handler =
                new QueryHandler(
                        new ZoneAnswers(self, control, TUNNEL_LIMIT),
                        new ReverseAnswers(self, control),
                        new UpstreamServers(upstream, UPSTREAM_TIMEOUT, new SecureRandom()),
                        counters);
    }

    /**
     * Starts to serve.
     *
     * @param listen where; port 0 takes a free one
     * @param upstream who answers for other zones; empty for nobody
     * @throws IOException if an address cannot be bound; nothing is left open then
     */
    public static NameResolver open(
            Membership self,
            ControlPlane control,
            List<InetSocketAddress> listen,
            List<InetSocketAddress> upstream)
            throws IOException {
        NameResolver resolver = new NameResolver(self, control, upstream);
        try {
            for (InetSocketAddress address : listen) {
                resolver.bind(address);
            }
        } catch (IOException | RuntimeException e) {
            resolver.close();
            throw e;
        }
        resolver.serve();
        return resolver;
    }

    /** Where it listens, with the ports it really got. */
    public List<InetSocketAddress> addresses() {
        return List.copyOf(addresses);
    }

    /** What it did so far. */
    public DnsCounters counters() {
        return counters;
    }

    private void bind(InetSocketAddress address) throws IOException {
        try {
            DatagramSocket datagrams = new DatagramSocket(address);
            datagramSockets.add(datagrams);
            ServerSocket server = new ServerSocket();
            serverSockets.add(server);
            server.setReuseAddress(true);
            server.bind(new InetSocketAddress(address.getAddress(), datagrams.getLocalPort()));
            addresses.add(new InetSocketAddress(address.getAddress(), datagrams.getLocalPort()));
        } catch (SocketException e) {
            throw new IOException(
                    "the resolver cannot listen on %s: %s; set dns.listen to another address"
                            .formatted(AddressText.format(address), e.getMessage()),
                    e);
        }
    }

    private void serve() {
        datagramSockets.forEach(socket -> threads.submit(() -> receiveDatagrams(socket)));
        serverSockets.forEach(socket -> threads.submit(() -> acceptConnections(socket)));
    }

    private void receiveDatagrams(DatagramSocket socket) {
        DatagramPacket packet = new DatagramPacket(new byte[MAX_DATAGRAM], MAX_DATAGRAM);
        while (!socket.isClosed()) {
            try {
                packet.setLength(MAX_DATAGRAM);
                socket.receive(packet);
                InetSocketAddress from = (InetSocketAddress) packet.getSocketAddress();
                if (!mayAsk(self, from.getAddress())) {
                    counters.count(Event.NOT_ALLOWED);
                } else if (!queries.tryAcquire()) {
                    counters.count(Event.OVERLOAD);
                } else {
                    byte[] query = Arrays.copyOf(packet.getData(), packet.getLength());
                    threads.submit(() -> answerDatagram(socket, query, from));
                }
            } catch (IOException e) {
                // An ICMP error about an earlier answer; only a closed socket ends the service.
                LOG.debug("receiving queries: {}", e.toString());
                backOff();
            }
        }
    }

    private void answerDatagram(DatagramSocket socket, byte[] query, InetSocketAddress from) {
        try {
            byte[] answer = handler.answer(query, false);
            if (answer != null) {
                socket.send(new DatagramPacket(answer, answer.length, from));
            }
        } catch (IOException e) {
            LOG.debug("answering {}: {}", from, e.toString());
        } catch (RuntimeException e) {
            LOG.error("a query was not answered; this is a bug", e);
        } finally {
            queries.release();
        }
    }

    private void acceptConnections(ServerSocket server) {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                if (!mayAsk(self, socket.getInetAddress())) {
                    counters.count(Event.NOT_ALLOWED);
                    socket.close();
                } else if (!connections.tryAcquire()) {
                    counters.count(Event.OVERLOAD);
                    socket.close();
                } else {
                    threads.submit(() -> serveConnection(socket));
                }
            } catch (IOException e) {
                // No file descriptor left, for one: it would fail again and again at once.
                LOG.debug("accepting connections: {}", e.toString());
                backOff();
            }
        }
    }

    /** Keeps a loop whose socket fails from taking a whole core. */
    private static void backOff() {
        LockSupport.parkNanos(BACK_OFF.toNanos());
    }

    private void serveConnection(Socket socket) {
        try (socket;
                ConnectionDeadline deadline = ConnectionDeadline.after(CONNECTION_LIFE)) {
            // A client that does not read what it asked for would keep a write waiting for ever.
            deadline.guard(socket);
            new StreamQueries(socket, handler).serve();
        } catch (IOException e) {
            LOG.debug("serving {}: {}", socket, e.toString());
        } catch (RuntimeException e) {
            LOG.error("a query was not answered; this is a bug", e);
        } finally {
            connections.release();
        }
    }

    /** Whether an address is one of this host's. */
    static boolean mayAsk(Membership self, InetAddress from) {
        if (from.isLoopbackAddress() || self.isOwn(from)) {
            return true;
        }
        try {
            return !self.isVirtual(from) && NetworkInterface.getByInetAddress(from) != null;
        } catch (SocketException e) {
            LOG.debug("looking for {}: {}", from, e.toString());
            return false;
        }
    }

    /** Ends the service; queries that still wait get no answer. Idempotent. */
    @Override
    public void close() {
        datagramSockets.forEach(DatagramSocket::close);
        for (ServerSocket server : serverSockets) {
            try {
                server.close();
            } catch (IOException e) {
                LOG.debug("closing the resolver: {}", e.toString());
            }
        }
        threads.shutdownNow();
    }
}
