package io.cyphonic.signaling.auth;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * TCP listeners, and the bounded number of connections they accept: one virtual thread per listener
 * and per connection. Thread-safe.
 *
 * <pre>
 *   open --&gt; BOUND --start--&gt; LISTENING --close--&gt; CLOSED (connections still open are cut)
 * </pre>
 */
public final class TcpListeners implements AutoCloseable {
    /** What is done with connections; called by many threads at once. */
    public interface Connections {
        /** One more was accepted by the system. */
        void accepted();

        /** There are too many: it is cut unanswered. */
        void refused();

        /** Serves one to its end; it is closed afterwards. */
        void serve(Socket connection);
    }

    private static final Logger LOG = LoggerFactory.getLogger(TcpListeners.class);
    private static final int BACKLOG = 128;

    /** When accept(2) fails, mostly for want of descriptors, it would fail again at once. */
    private static final long ACCEPT_RETRY_NANOS = 100_000_000;

    private final String name;
    private final List<ServerSocket> listeners;
    private final ConnectionLimits limits;
    private volatile boolean closed;

    private TcpListeners(String name, List<ServerSocket> listeners, ConnectionLimits limits) {
        this.name = name;
        this.listeners = listeners;
        this.limits = limits;
    }

    /**
     * Binds; nothing is accepted before {@link #start}.
     *
     * @param name of the threads and in the log
     * @throws ListenException if one of the addresses cannot be had; then nothing listens
     */
    public static TcpListeners open(
            String name, List<InetSocketAddress> addresses, ConnectionLimits limits)
            throws ListenException {
        List<ServerSocket> listeners = new ArrayList<>();
        try {
            for (InetSocketAddress address : addresses) {
                listeners.add(listen(address));
            }
        } catch (ListenException e) {
            listeners.forEach(TcpListeners::closeQuietly);
            throw e;
        }
        return new TcpListeners(name, List.copyOf(listeners), limits);
    }

    /** Starts accepting. Once. */
    public void start(Connections connections) {
        for (ServerSocket listener : listeners) {
            Thread.ofVirtual().name(name + "-listen").start(() -> acceptAll(listener, connections));
        }
    }

    /** Where they listen, with the ports that the system chose for port 0. */
    public List<InetSocketAddress> addresses() {
        return listeners.stream()
                .map(listener -> (InetSocketAddress) listener.getLocalSocketAddress())
                .toList();
    }

    /** Connections being served now. */
    public int openConnections() {
        return limits.open();
    }

    /** Stops listening and cuts the connections that are open. Idempotent; does not wait. */
    @Override
    public void close() {
        closed = true;
        listeners.forEach(TcpListeners::closeQuietly);
        limits.closeAll();
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

    private void acceptAll(ServerSocket listener, Connections connections) {
        while (!closed) {
            Socket connection;
            try {
                connection = listener.accept();
            } catch (IOException e) {
                if (!closed) {
                    LOG.warn("{} cannot accept a connection: {}", name, e.getMessage());
                    LockSupport.parkNanos(ACCEPT_RETRY_NANOS);
                }
                continue;
            }
            connections.accepted();
            // Asked for in this order, so that close() either finds a connection or is seen here.
            if (!limits.admit(connection) || closed) {
                connections.refused();
                closeQuietly(connection);
                limits.release(connection);
                continue;
            }
            Thread.ofVirtual()
                    .name(name + "-connection")
                    .start(() -> serve(connection, connections));
        }
    }

    private void serve(Socket connection, Connections connections) {
        try {
            connections.serve(connection);
        } finally {
            closeQuietly(connection);
            limits.release(connection);
        }
    }

    private static void closeQuietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception _) {
            // It is gone either way.
        }
    }
}
