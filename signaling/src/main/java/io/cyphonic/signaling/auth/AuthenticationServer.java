package io.cyphonic.signaling.auth;

import io.cyphonic.signaling.credential.TlsContexts;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

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

    private final TcpListeners listeners;
    private final AtomicLongArray counters =
            new AtomicLongArray(AuthenticationCounter.values().length);

    private AuthenticationServer(TcpListeners listeners) {
        this.listeners = listeners;
    }

    /**
     * Listens and serves.
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
        TcpListeners listeners = TcpListeners.open("as", addresses, new ConnectionLimits());
        AuthenticationServer server = new AuthenticationServer(listeners);
        listeners.start(server.new Clients(new AuthenticationConnection(tls, service, deadline)));
        return server;
    }

    /** Where it listens, with the ports that the system chose for port 0. */
    public List<InetSocketAddress> addresses() {
        return listeners.addresses();
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
        return listeners.openConnections();
    }

    /** Stops listening and cuts the connections that are open. Idempotent; does not wait. */
    @Override
    public void close() {
        listeners.close();
    }

    /** Counts connections, and answers the one request of each. */
    private final class Clients implements TcpListeners.Connections {
        private final AuthenticationConnection handler;

        Clients(AuthenticationConnection handler) {
            this.handler = handler;
        }

        @Override
        public void accepted() {
            add(AuthenticationCounter.ACCEPTED);
        }

        @Override
        public void refused() {
            add(AuthenticationCounter.REJECTED_BUSY);
        }

        @Override
        public void serve(Socket connection) {
            AuthenticationCounter end = AuthenticationCounter.FAILED;
            try {
                end = handler.serve(connection);
            } catch (RuntimeException e) {
                LOG.error("AS failed on a request", e);
            } finally {
                add(end);
            }
        }
    }

    private void add(AuthenticationCounter counter) {
        counters.incrementAndGet(counter.ordinal());
    }
}
