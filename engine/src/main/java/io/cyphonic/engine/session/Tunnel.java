package io.cyphonic.engine.session;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The lasting pairing with a peer: its virtual addresses, where it is, the session to seal with,
 * and what went through. Made and closed by the {@link TunnelTable}.
 */
public final class Tunnel {
    /** Longest inner packet of any path: a datagram's 65507 less what relay and capsule add. */
    public static final int MAX_INNER_LENGTH = 65_507 - 20 - CapsuleHeader.OVERHEAD;

    private static final VarHandle PACKETS_IN = handle("packetsIn");
    private static final VarHandle BYTES_IN = handle("bytesIn");
    private static final VarHandle PACKETS_OUT = handle("packetsOut");
    private static final VarHandle BYTES_OUT = handle("bytesOut");
    private static final VarHandle LAST_RECEIVED = handle("lastReceivedNanos");
    private static final VarHandle LAST_DELIVERED = handle("lastDeliveredNanos");
    private static final VarHandle LAST_SENT = handle("lastSentNanos");

    // Fixed after construction.
    private final int index;
    private final byte[] ipv4;
    private final byte[] ipv6;

    // Published by the control plane, read by every data thread.
    private volatile Endpoint endpoint;
    private volatile RelayChannel relay;
    private volatile Session current;
    private volatile boolean closed;
    private volatile int innerMtu = MAX_INNER_LENGTH;

    // Guarded by the TunnelTable.
    private Session previous;
    private Session next;

    // Written by whoever holds the deliverer's role; read by anyone (opaque).
    private long packetsIn;
    private long bytesIn;
    private long lastReceivedNanos;
    private long lastDeliveredNanos;
    private long roamingReportedNanos;
    private boolean roamingReported;

    // Written by whoever holds the sender's role; read by anyone (opaque).
    private long packetsOut;
    private long bytesOut;
    private long lastSentNanos;
    private long tooLongReportedNanos;
    private boolean tooLongReported;

    Tunnel(int index, byte[] ipv4, byte[] ipv6, Endpoint endpoint) {
        this.index = index;
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.endpoint = endpoint;
    }

    private static VarHandle handle(String field) {
        try {
            return MethodHandles.lookup().findVarHandle(Tunnel.class, field, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Its number in the table, never again that of another one. */
    public int index() {
        return index;
    }

    /** The peer's virtual IPv4 address, 4 bytes, or {@code null}; must not be changed. */
    public byte[] ipv4() {
        return ipv4;
    }

    /** The peer's virtual IPv6 address, 16 bytes, or {@code null}; must not be changed. */
    public byte[] ipv6() {
        return ipv6;
    }

    /** Where to send, or {@code null} while unknown. */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** Sends there from now on. */
    public synchronized void moveTo(Endpoint newEndpoint) {
        RelayChannel channel = relay;
        endpoint =
                channel != null && channel.endpoint().equals(newEndpoint)
                        ? channel.endpoint()
                        : newEndpoint;
    }

    /**
     * What is sent to the endpoint of this channel goes through the relay from now on; if the
     * tunnel sends to its relay at present, it goes on with the new one.
     */
    public synchronized void setRelay(RelayChannel channel) {
        RelayChannel before = relay;
        Endpoint present = endpoint;
        boolean onRelay = before != null && present == before.endpoint();
        relay = channel;
        if (channel != null && (onRelay || channel.endpoint().equals(present))) {
            endpoint = channel.endpoint();
        }
    }

    /** The channel through the relay, or {@code null}. */
    public RelayChannel relay() {
        return relay;
    }

    /**
     * The channel, if what is sent to this endpoint is to go through it; else {@code null}. For the
     * tunnel's own endpoint one comparison of references decides.
     */
    public RelayChannel relayTo(Endpoint to) {
        RelayChannel channel = relay;
        return channel != null && (channel.endpoint() == to || channel.endpoint().equals(to))
                ? channel
                : null;
    }

    /** Longest inner packet that the path carries in one capsule, in bytes. */
    public int innerMtu() {
        return innerMtu;
    }

    /** See {@link #innerMtu}; at most {@link #MAX_INNER_LENGTH}. */
    public void innerMtu(int bytes) {
        innerMtu = Math.min(bytes, MAX_INNER_LENGTH);
    }

    /** The session to seal with, or {@code null}. */
    public Session current() {
        return current;
    }

    /** Whether the tunnel was closed; what is staged for it is dropped. */
    public boolean isClosed() {
        return closed;
    }

    /** Notes inner packets that were sent; for the sender's role only. */
    public void countSent(long packets, long bytes, long nowNanos) {
        PACKETS_OUT.setOpaque(this, packetsOut + packets);
        BYTES_OUT.setOpaque(this, bytesOut + bytes);
        LAST_SENT.setOpaque(this, nowNanos);
    }

    /** Notes an authentic, fresh capsule; for the deliverer's role only. */
    public void countHeard(long nowNanos) {
        LAST_RECEIVED.setOpaque(this, nowNanos);
    }

    /** Notes inner packets that reached the host; for the deliverer's role only. */
    public void countDelivered(long packets, long bytes, long nowNanos) {
        PACKETS_IN.setOpaque(this, packetsIn + packets);
        BYTES_IN.setOpaque(this, bytesIn + bytes);
        LAST_DELIVERED.setOpaque(this, nowNanos);
    }

    /**
     * Whether a change of the peer's address may be reported now; for the deliverer's role only.
     *
     * @param intervalNanos least time between two reports
     */
    public boolean mayReportRoaming(long nowNanos, long intervalNanos) {
        if (roamingReported && nowNanos - roamingReportedNanos < intervalNanos) {
            return false;
        }
        roamingReported = true;
        roamingReportedNanos = nowNanos;
        return true;
    }

    /**
     * Whether a datagram that the kernel found too long may be reported now; for the sender's role
     * only.
     *
     * @param intervalNanos least time between two reports
     */
    public boolean mayReportTooLong(long nowNanos, long intervalNanos) {
        if (tooLongReported && nowNanos - tooLongReportedNanos < intervalNanos) {
            return false;
        }
        tooLongReported = true;
        tooLongReportedNanos = nowNanos;
        return true;
    }

    /** Inner packets handed to the host. */
    public long packetsIn() {
        return (long) PACKETS_IN.getOpaque(this);
    }

    /** Their bytes. */
    public long bytesIn() {
        return (long) BYTES_IN.getOpaque(this);
    }

    /** Inner packets sent. */
    public long packetsOut() {
        return (long) PACKETS_OUT.getOpaque(this);
    }

    /** Their bytes. */
    public long bytesOut() {
        return (long) BYTES_OUT.getOpaque(this);
    }

    /** When the last authentic capsule came; 0 never. */
    public long lastReceivedNanos() {
        return (long) LAST_RECEIVED.getOpaque(this);
    }

    /** When the last inner packet reached the host; 0 never. */
    public long lastDeliveredNanos() {
        return (long) LAST_DELIVERED.getOpaque(this);
    }

    /** When the last capsule was sent; 0 never. */
    public long lastSentNanos() {
        return (long) LAST_SENT.getOpaque(this);
    }

    // For the TunnelTable, under its lock.

    void setCurrent(Session session) {
        current = session;
    }

    Session previous() {
        return previous;
    }

    void setPrevious(Session session) {
        previous = session;
    }

    Session next() {
        return next;
    }

    void setNext(Session session) {
        next = session;
    }

    void close() {
        closed = true;
        current = null;
    }
}
