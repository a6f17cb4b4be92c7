package io.cyphonic.signaling.auth;

import io.cyphonic.signaling.credential.TlsContexts;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

import javax.net.ssl.SSLContext;

/**
 * The listeners of the AS: TLS 1.3 over TCP, one virtual thread per listener and per connection,
 * one request per connection. Everything about a connection is bounded: how many there are, in
 * total and per source, how long each may last, how much it may send. Thread-safe.
 *
 * <pre>
 *   open --> LISTENING --close--> CLOSED (connections still open are cut)
 * </pre>
 */
public final class AuthenticationServer implements AutoCloseable {
    /** How long a connection may last, from its first byte to its last. */
    public static final Duration DEADLINE = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(AuthenticationServer.class);
    private static final int BACKLOG = 128;

    /** When accept(2) fails, mostly for want of descriptors, it would fail again at once. */
    private static final long ACCEPT_RETRY_NANOS = 100_000_000;

    private final List<ServerSocket> listeners;
    private final AuthenticationConnection handler;
    private final ConnectionLimits limits = new ConnectionLimits();
    private final AtomicLongArray counters =
            new AtomicLongArray(AuthenticationCounter.values().length);
    private volatile boolean closed;

    private AuthenticationServer(List<ServerSocket> listeners, AuthenticationConnection handler) {
        this.listeners = listeners;
        this.handler = handler;
    }

    /**
     * Listens and serves. Where {@code ::} is among the addresses, {@code 0.0.0.0} with the same
     * port is left out: the first one serves IPv4 too.
     *
     * @param tls from {@link TlsContexts#server}
     * @throws ListenException if one of the addresses cannot be had; then nothing listens
     */
    public static AuthenticationServer open(
            List<InetSocketAddress> addresses, SSLContext tls, AuthenticationService service)
            throws ListenException {
        return open(addresses, tls, service, DEADLINE);
    }

    static AuthenticationServer open(
            List<InetSocketAddress> addresses,
            SSLContext tls,
            AuthenticationService service,
            Duration deadline)
            throws ListenException {
        List<ServerSocket> listeners = new ArrayList<>();
        try {
            for (InetSocketAddress address : addresses) {
                if (!isCovered(address, addresses)) {
                    listeners.add(listen(address));
                }
            }
        } catch (ListenException e) {
            listeners.forEach(AuthenticationServer::closeQuietly);
            throw e;
        }
        AuthenticationServer server =
                new AuthenticationServer(
                        List.copyOf(listeners),
                        new AuthenticationConnection(tls, service, deadline));
        for (ServerSocket listener : listeners) {
            Thread.ofVirtual().name("as-listen").start(() -> server.acceptAll(listener));
        }
        return server;
    }

    /** Where it listens, with the ports that the system chose for port 0. */
    public List<InetSocketAddress> addresses() {
        return listeners.stream()
                .map(listener -> (InetSocketAddress) listener.getLocalSocketAddress())
                .toList();
    }

    /** Reads a counter. */
    public long count(AuthenticationCounter counter) {
        return counters.get(counter.ordinal());
    }

    /** Every counter with its value. */
    public Map<AuthenticationCounter, Long> snapshot() {
        Map<AuthenticationCounter, Long> values = new EnumMap<>(AuthenticationCounter.class);
        for (AuthenticationCounter counter : AuthenticationCounter.values()) {
            values.put(counter, count(counter));
        }
        return values;
    }

    /** Connections being served now. */
    public int openConnections() {
        return limits.open();
    }

    /** Stops listening and cuts the connections that are open. Idempotent; does not wait. */
    @Override
    public void close() {
        closed = true;
        listeners.forEach(AuthenticationServer::closeQuietly);
        limits.closeAll();
    }

    private static boolean isCovered(InetSocketAddress address, List<InetSocketAddress> addresses) {
        byte[] bytes = address.getAddress().getAddress();
        return address.getAddress().isAnyLocalAddress()
                && bytes.length == 4
                && addresses.stream()
                        .anyMatch(
                                other ->
                                        other.getPort() == address.getPort()
                                                && other.getAddress().isAnyLocalAddress()
                                                && other.getAddress().getAddress().length > 4);
    }

    private static ServerSocket listen(InetSocketAddress address) throws ListenException {
        ServerSocket listener = null;
        try {
            listener = new ServerSocket();
            // After a restart, connections of the last run may linger in TIME-WAIT.
            listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            listener.bind(address, BACKLOG);
            return listener;
        } catch (IOException e) {
            if (listener != null) {
                closeQuietly(listener);
            }
            throw new ListenException(address, e);
        }
    }

    private void acceptAll(ServerSocket listener) {
        while (!closed) {
            Socket connection;
            try {
                connection = listener.accept();
            } catch (IOException e) {
                if (!closed) {
                    LOG.warn("AS cannot accept a connection: {}", e.getMessage());
                    LockSupport.parkNanos(ACCEPT_RETRY_NANOS);
                }
                continue;
            }
            add(AuthenticationCounter.ACCEPTED);
            if (closed || !limits.admit(connection)) {
                add(AuthenticationCounter.REJECTED_BUSY);
                closeQuietly(connection);
                continue;
            }
            Thread.ofVirtual().name("as-connection").start(() -> serve(connection));
        }
    }

    private void serve(Socket connection) {
        AuthenticationCounter end = AuthenticationCounter.FAILED;
        try {
            end = handler.serve(connection);
        } catch (RuntimeException e) {
            LOG.error("AS failed on a request", e);
        } finally {
            closeQuietly(connection);
            add(end);
            limits.release(connection);
        }
    }

    private void add(AuthenticationCounter counter) {
        counters.incrementAndGet(counter.ordinal());
    }

    private static void closeQuietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception _) {
            // It is gone either way.
        }
    }
}
