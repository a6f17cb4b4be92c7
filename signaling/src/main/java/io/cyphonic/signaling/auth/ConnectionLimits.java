package io.cyphonic.signaling.auth;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;

/**
 * The connections that are open, and how many there may be: in total, so that memory is bounded,
 * and per source address, so that one host that opens many and says nothing cannot keep out the
 * others. Thread-safe.
 */
public final class ConnectionLimits {
    static final int MAX_CONNECTIONS = 64;
    static final int MAX_PER_SOURCE = 32;

    private final int maxConnections;
    private final int maxPerSource;

    /** Kept apart from the socket, which forgets its peer when it is closed. */
    private final Map<Socket, InetAddress> open = new HashMap<>();

    private final Map<InetAddress, Integer> perSource = new HashMap<>();

    ConnectionLimits() {
        this(MAX_CONNECTIONS, MAX_PER_SOURCE);
    }

    /** With these limits. */
    public ConnectionLimits(int maxConnections, int maxPerSource) {
        this.maxConnections = maxConnections;
        this.maxPerSource = maxPerSource;
    }

    /** Takes a connection in unless there are too many. */
    public synchronized boolean admit(Socket connection) {
        InetAddress source = connection.getInetAddress();
        int sameSource = perSource.getOrDefault(source, 0);
        if (open.size() >= maxConnections || sameSource >= maxPerSource) {
            return false;
        }
        open.put(connection, source);
        perSource.put(source, sameSource + 1);
        return true;
    }

    /** Makes room again. */
    public synchronized void release(Socket connection) {
        InetAddress source = open.remove(connection);
        if (source != null) {
            perSource.computeIfPresent(source, (_, count) -> count == 1 ? null : count - 1);
        }
    }

    /** How many there are. */
    public synchronized int open() {
        return open.size();
    }

    /** Cuts all. */
    public synchronized void closeAll() {
        for (Socket connection : open.keySet()) {
            try {
                connection.close();
            } catch (IOException _) {
                // It is gone either way.
            }
        }
    }
}
