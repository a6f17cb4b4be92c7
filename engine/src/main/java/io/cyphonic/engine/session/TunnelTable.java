package io.cyphonic.engine.session;

import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.state.StateStore;

import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * All tunnels by index and all sessions by receiver index. Changes are made under one lock, for a
 * moment each; data threads look up without it. What they look up in two steps (an address to an
 * index, the index to a tunnel) may be gone in between, but is never another tunnel: its place in
 * the table is used again, its index is not.
 *
 * <p>Life of a session in its tunnel:
 *
 * <pre>
 *   install(unconfirmed) --&gt; next --first authentic capsule--&gt; current --newer one--&gt; previous
 *   install(confirmed) ---------------------------------------^                        |
 *                                     60 s later, or a newer previous: retired, then wiped
 * </pre>
 *
 * Retired keys are wiped when no batch in flight can use them any more ({@link BatchMarks}).
 */
public final class TunnelTable implements AutoCloseable {
    /** No tunnel, no session. */
    public static final int NONE = -1;

    /** How long a superseded session still opens what is under way. */
    public static final long PREVIOUS_LIFETIME_NANOS = 60_000_000_000L;

    private final AtomicReferenceArray<Tunnel> tunnels;
    private final AtomicReferenceArray<Session> sessions;
    private final ReceiverIndexes indexes;
    private final SharedTunnelMap map;
    private final BatchMarks outbound;
    private final BatchMarks inbound;

    // Guarded by this.
    private final ArrayDeque<Retired> retired = new ArrayDeque<>();
    private final ArrayDeque<Superseded> superseded = new ArrayDeque<>();
    private int nextTunnel;
    private volatile int epoch;

    private record Retired(Session session, long outboundMark, long inboundMark) {}

    private record Superseded(Session session, long sinceNanos) {}

    /**
     * Makes empty tables.
     *
     * @param maxTunnels bound
     * @param outbound progress of the pipeline that seals
     * @param inbound progress of the pipeline that opens
     */
    public TunnelTable(
            StateStore store,
            int maxTunnels,
            SecureRandom random,
            BatchMarks outbound,
            BatchMarks inbound) {
        this.tunnels = new AtomicReferenceArray<>(maxTunnels);
        this.indexes = new ReceiverIndexes(maxTunnels, random);
        this.sessions = new AtomicReferenceArray<>(indexes.slots());
        this.map = new SharedTunnelMap(store, maxTunnels);
        this.outbound = outbound;
        this.inbound = inbound;
    }

    /** The shared map of virtual addresses. */
    public SharedTunnelMap map() {
        return map;
    }

    /** Changes whenever an address may lead elsewhere; what was looked up before is stale then. */
    public int epoch() {
        return epoch;
    }

    /** The tunnel of an index, or {@code null}; any thread, no lock. */
    public Tunnel tunnel(int index) {
        Tunnel tunnel = index >= 0 ? tunnels.get(placeOf(index)) : null;
        return tunnel != null && tunnel.index() == index ? tunnel : null;
    }

    private int placeOf(int index) {
        return index % tunnels.length();
    }

    /** The session of a receiver index, or {@code null}; any thread, no lock. */
    public Session session(int receiverIndex) {
        Session session = sessions.get(indexes.slotOf(receiverIndex));
        return session != null && session.receiverIndex() == receiverIndex ? session : null;
    }

    /**
     * Opens a tunnel.
     *
     * @return its index, or {@link #NONE} when the table is full
     */
    public synchronized int open(byte[] ipv4, byte[] ipv6, Endpoint endpoint) {
        int index = freeTunnel();
        if (index == NONE) {
            return NONE;
        }
        tunnels.set(placeOf(index), new Tunnel(index, ipv4, ipv6, endpoint));
        boolean written =
                (ipv4 == null || map.put(ipv4, index)) && (ipv6 == null || map.put(ipv6, index));
        epoch++;
        if (!written) {
            close(index);
            return NONE;
        }
        return index;
    }

    private int freeTunnel() {
        if (nextTunnel > Integer.MAX_VALUE - tunnels.length()) {
            nextTunnel = 0;
        }
        for (int i = 0; i < tunnels.length(); i++) {
            int index = nextTunnel + i;
            if (tunnels.get(placeOf(index)) == null) {
                nextTunnel = index + 1;
                return index;
            }
        }
        return NONE;
    }

    /** Closes a tunnel and retires its sessions; false if there is none. */
    public synchronized boolean close(int index) {
        Tunnel tunnel = tunnel(index);
        if (tunnel == null) {
            return false;
        }
        if (tunnel.ipv4() != null) {
            map.remove(tunnel.ipv4(), index);
        }
        if (tunnel.ipv6() != null) {
            map.remove(tunnel.ipv6(), index);
        }
        tunnels.set(placeOf(index), null);
        Session current = tunnel.current();
        tunnel.close();
        epoch++;
        retire(current);
        retire(tunnel.next());
        retire(tunnel.previous());
        tunnel.setNext(null);
        tunnel.setPrevious(null);
        indexes.releaseReservationsOf(index);
        wipeUnused();
        return true;
    }

    /** Reserves a receiver index for an open tunnel; {@link #NONE} if that cannot be. */
    public synchronized int reserve(int tunnelIndex) {
        return tunnel(tunnelIndex) == null ? NONE : indexes.reserve(tunnelIndex);
    }

    /** Gives back a reserved index; harmless for any other. */
    public synchronized void release(int receiverIndex) {
        indexes.releaseReserved(receiverIndex);
    }

    /**
     * Installs a session.
     *
     * @return false if the tunnel is gone or the index not reserved for it; the keys are wiped then
     */
    public boolean install(
            int tunnelIndex,
            int receiverIndex,
            int peerReceiverIndex,
            SessionKeys keys,
            boolean confirmed,
            long nowNanos) {
        return install(tunnelIndex, receiverIndex, peerReceiverIndex, keys, confirmed, nowNanos, 0);
    }

    /** As above, with the first counter to seal with, so that a test can come near the limit. */
    synchronized boolean install(
            int tunnelIndex,
            int receiverIndex,
            int peerReceiverIndex,
            SessionKeys keys,
            boolean confirmed,
            long nowNanos,
            long firstCounter) {
        Tunnel tunnel = tunnel(tunnelIndex);
        if (tunnel == null || !indexes.take(receiverIndex, tunnelIndex)) {
            keys.close();
            return false;
        }
        Session session =
                new Session(tunnel, receiverIndex, peerReceiverIndex, keys, nowNanos, firstCounter);
        sessions.set(indexes.slotOf(receiverIndex), session);
        if (confirmed) {
            makeCurrent(tunnel, session, nowNanos);
        } else {
            retire(tunnel.next());
            tunnel.setNext(session);
        }
        wipeUnused();
        return true;
    }

    /**
     * The peer has used this session: if it was waiting for that, it becomes the current one. Not
     * if a newer one has become current meanwhile: the peer has that too, and if each end went on
     * with what it heard last, each would forget what the other seals with. It goes on opening.
     */
    public synchronized void confirm(Session session, long nowNanos) {
        Tunnel tunnel = session.tunnel();
        if (tunnel.next() == session && !isOlder(session, tunnel.current())) {
            tunnel.setNext(null);
            makeCurrent(tunnel, session, nowNanos);
            wipeUnused();
        }
    }

    private static boolean isOlder(Session session, Session current) {
        return current != null && session.installedNanos() - current.installedNanos() < 0;
    }

    private void makeCurrent(Tunnel tunnel, Session session, long nowNanos) {
        Session before = tunnel.current();
        retire(tunnel.previous());
        tunnel.setPrevious(before);
        tunnel.setCurrent(session);
        if (before != null) {
            superseded.add(new Superseded(before, nowNanos));
        }
    }

    /** Retires what was superseded long enough ago and wipes what nobody uses any more. */
    public synchronized void housekeep(long nowNanos) {
        while (!superseded.isEmpty()
                && nowNanos - superseded.peek().sinceNanos >= PREVIOUS_LIFETIME_NANOS) {
            Session session = superseded.remove().session;
            Tunnel tunnel = session.tunnel();
            if (tunnel.previous() == session) {
                tunnel.setPrevious(null);
                retire(session);
            }
        }
        wipeUnused();
    }

    private void retire(Session session) {
        if (session == null) {
            return;
        }
        sessions.set(indexes.slotOf(session.receiverIndex()), null);
        indexes.free(session.receiverIndex());
        retired.add(new Retired(session, outbound.begun(), inbound.begun()));
    }

    private void wipeUnused() {
        for (Iterator<Retired> i = retired.iterator(); i.hasNext(); ) {
            Retired candidate = i.next();
            if (outbound.finished() >= candidate.outboundMark
                    && inbound.finished() >= candidate.inboundMark) {
                candidate.session.wipe();
                i.remove();
            }
        }
        superseded.removeIf(s -> s.session.isWiped());
    }

    /** Sessions that have left the tables but may still be in use; for tests and status. */
    public synchronized int retiredSessions() {
        return retired.size();
    }

    /** Closes every tunnel and wipes every key; the pipelines must have ended. */
    @Override
    public synchronized void close() {
        for (int place = 0; place < tunnels.length(); place++) {
            Tunnel tunnel = tunnels.get(place);
            if (tunnel != null) {
                close(tunnel.index());
            }
        }
        retired.forEach(r -> r.session.wipe());
        retired.clear();
        superseded.clear();
    }
}
