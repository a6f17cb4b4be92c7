package io.cyphonic.engine.control.state;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * How this node stands with the cloud: the one record of its table, written under the lock of the
 * cloud link.
 *
 * <pre>
 *    0  expiry, never   8  version   9  login running   10  ever registered   11  number of links
 *   12  failed attempts since the last registration      16  next login, nanoseconds
 *   24  revocation epoch known      32  hash of the candidates registered
 *   36  next look at the own addresses, nanoseconds
 *   44  links, one per address family of the NMS:
 *        0  link state     1  pending transaction, or 0    9  next action, nanoseconds
 *       17  endpoint      36  observed address            55  round-trip time, nanoseconds, or -1
 *       63  address this node confirms       82  proof for it     90  a confirmation is under way
 * </pre>
 */
public final class CloudRecord {
    /** Links at most: one over IPv4, one over IPv6, one over a bridge. */
    public static final int MAX_LINKS = 3;

    /** When no login is to come. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final int LINKS = 44;
    private static final int LINK_LENGTH = 91;

    /** Bytes of the record. */
    public static final int LENGTH = LINKS + MAX_LINKS * LINK_LENGTH;

    private static final byte PRESENT_VERSION = 1;
    private static final int EXPIRY = 0;
    private static final int VERSION = 8;
    private static final int LOGIN_RUNNING = 9;
    private static final int EVER_REGISTERED = 10;
    private static final int LINK_COUNT = 11;
    private static final int FAILURES = 12;
    private static final int NEXT_LOGIN = 16;
    private static final int REVOCATION_EPOCH = 24;
    private static final int CANDIDATES_HASH = 32;
    private static final int NEXT_LOOK = 36;
    private static final int LINK_STATE = 0;
    private static final int PENDING = 1;
    private static final int NEXT_ACTION = 9;
    private static final int ENDPOINT = 17;
    private static final int OBSERVED = 36;
    private static final int RTT = 55;
    private static final int CONFIRMED = 63;
    private static final int PROOF = 82;
    private static final int CONFIRMING = 90;

    private static final LinkState[] LINK_STATES = LinkState.values();

    private final byte[] bytes;

    /** How far a way to the NMS has come. */
    public enum LinkState {
        /** No registration over it. */
        UNREGISTERED,
        /** The NMS has confirmed a registration over it. */
        REGISTERED,
        /** The registration is to be made again; the old one may still stand. */
        OUTDATED
    }

    CloudRecord(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The record of a node that has just started. */
    public CloudRecord(long nowNanos) {
        this(new byte[LENGTH]);
        RecordFields.putLong(bytes, EXPIRY, Long.MAX_VALUE);
        bytes[VERSION] = PRESENT_VERSION;
        RecordFields.putLong(bytes, NEXT_LOGIN, nowNanos);
    }

    byte[] bytes() {
        return bytes;
    }

    /** Whether a login is under way. */
    public boolean loginRunning() {
        return bytes[LOGIN_RUNNING] != 0;
    }

    /** See {@link #loginRunning}. */
    public void loginRunning(boolean running) {
        bytes[LOGIN_RUNNING] = (byte) (running ? 1 : 0);
    }

    /** Whether the node was ever registered since it started. */
    public boolean everRegistered() {
        return bytes[EVER_REGISTERED] != 0;
    }

    /** Whether the node is registered over at least one address family. */
    public boolean isRegistered() {
        for (int link = 0; link < linkCount(); link++) {
            if (linkState(link) != LinkState.UNREGISTERED) {
                return true;
            }
        }
        return false;
    }

    /** Logins and registrations that failed since the last registration. */
    public int failures() {
        return RecordFields.getInt(bytes, FAILURES);
    }

    /** When to log in next, unless the node is registered. */
    public long nextLoginNanos() {
        return RecordFields.getLong(bytes, NEXT_LOGIN);
    }

    /** The node has to log in again, not before this time. */
    public void loginAgain(int failures, long nextLoginNanos) {
        RecordFields.putInt(bytes, FAILURES, failures);
        RecordFields.putLong(bytes, NEXT_LOGIN, nextLoginNanos);
    }

    /** All revocations up to this epoch are known here. */
    public long revocationEpoch() {
        return RecordFields.getLong(bytes, REVOCATION_EPOCH);
    }

    /** See {@link #revocationEpoch}. */
    public void revocationEpoch(long epoch) {
        RecordFields.putLong(bytes, REVOCATION_EPOCH, epoch);
    }

    /** Ways to the NMS. */
    public int linkCount() {
        return bytes[LINK_COUNT];
    }

    /** Forgets the present ways. */
    public void clearLinks() {
        bytes[LINK_COUNT] = 0;
    }

    /** Adds a way to the NMS, not registered yet. */
    public void addLink(InetSocketAddress endpoint, long nowNanos) {
        int link = bytes[LINK_COUNT]++;
        linkState(link, LinkState.UNREGISTERED);
        pending(link, 0);
        nextAction(link, nowNanos);
        answered(link, null, -1);
        confirm(link, null, 0);
        confirming(link, false);
        RecordFields.putSocket(bytes, at(link, ENDPOINT), endpoint);
    }

    /** Adds the first endpoint of each address family. */
    public void addLinks(List<InetSocketAddress> endpoints, long nowNanos) {
        for (Class<?> family : List.of(Inet4Address.class, Inet6Address.class)) {
            endpoints.stream()
                    .filter(endpoint -> family.isInstance(endpoint.getAddress()))
                    .findFirst()
                    .ifPresent(endpoint -> addLink(endpoint, nowNanos));
        }
    }

    /** Forgets a way; the last one takes its place. */
    public void removeLink(int link) {
        int last = --bytes[LINK_COUNT];
        System.arraycopy(bytes, at(last, 0), bytes, at(link, 0), LINK_LENGTH);
    }

    /** The way over a bridge, which is a loopback address; -1 if there is none. */
    public int bridgedLink() {
        for (int link = 0; link < linkCount(); link++) {
            if (isBridged(link)) {
                return link;
            }
        }
        return -1;
    }

    /** Whether a way leads over a bridge. */
    public boolean isBridged(int link) {
        return endpoint(link).getAddress().isLoopbackAddress();
    }

    /** The NMS over this link. */
    public InetSocketAddress endpoint(int link) {
        return RecordFields.getSocket(bytes, at(link, ENDPOINT));
    }

    /** How far this link has come. */
    public LinkState linkState(int link) {
        return LINK_STATES[bytes[at(link, LINK_STATE)]];
    }

    /** See {@link #linkState}. */
    public void linkState(int link, LinkState linkState) {
        bytes[at(link, LINK_STATE)] = (byte) linkState.ordinal();
        if (linkState == LinkState.REGISTERED) {
            bytes[EVER_REGISTERED] = 1;
            RecordFields.putInt(bytes, FAILURES, 0);
        }
    }

    /** Whether a request over any link waits for its answer. */
    public boolean isRequestPending() {
        for (int link = 0; link < linkCount(); link++) {
            if (pending(link) != 0) {
                return true;
            }
        }
        return false;
    }

    /** The NMS has answered over this link. */
    public void answered(int link, InetSocketAddress observed, long rttNanos) {
        RecordFields.putSocket(bytes, at(link, OBSERVED), observed);
        RecordFields.putLong(bytes, at(link, RTT), rttNanos);
    }

    /** The source address the NMS last saw over this link, or {@code null}. */
    public InetSocketAddress observed(int link) {
        return RecordFields.getSocket(bytes, at(link, OBSERVED));
    }

    /** Round-trip time of the last answer in nanoseconds, or -1. */
    public long rttNanos(int link) {
        return RecordFields.getLong(bytes, at(link, RTT));
    }

    /** The NMS has told this node where it sees it: the next registration confirms it. */
    public void confirm(int link, InetSocketAddress observed, long proof) {
        RecordFields.putSocket(bytes, at(link, CONFIRMED), observed);
        RecordFields.putLong(bytes, at(link, PROOF), proof);
    }

    /** The address that registrations over this link confirm, or {@code null}. */
    public InetSocketAddress confirmed(int link) {
        return RecordFields.getSocket(bytes, at(link, CONFIRMED));
    }

    /** What the NMS gave for {@link #confirmed}. */
    public long proof(int link) {
        return RecordFields.getLong(bytes, at(link, PROOF));
    }

    /** Whether the last registration over this link was sent only to confirm an address. */
    public boolean confirming(int link) {
        return bytes[at(link, CONFIRMING)] != 0;
    }

    /** See {@link #confirming(int)}. */
    public void confirming(int link, boolean nowConfirming) {
        bytes[at(link, CONFIRMING)] = (byte) (nowConfirming ? 1 : 0);
    }

    /** The link that leads to this endpoint of the NMS, or -1. */
    public int linkAt(InetSocketAddress nms) {
        for (int link = 0; link < linkCount(); link++) {
            if (endpoint(link).equals(nms)) {
                return link;
            }
        }
        return -1;
    }

    /** Hash of the candidates that were registered last. */
    public int candidatesHash() {
        return RecordFields.getInt(bytes, CANDIDATES_HASH);
    }

    /** See {@link #candidatesHash}; and when to compare them again. */
    public void candidates(int hash, long nextLookNanos) {
        RecordFields.putInt(bytes, CANDIDATES_HASH, hash);
        RecordFields.putLong(bytes, NEXT_LOOK, nextLookNanos);
    }

    /** When to compare the own addresses with those registered. */
    public long nextLookNanos() {
        return RecordFields.getLong(bytes, NEXT_LOOK);
    }

    /** The request over this link that waits for its answer, or 0. */
    public long pending(int link) {
        return RecordFields.getLong(bytes, at(link, PENDING));
    }

    /** See {@link #pending}. */
    public void pending(int link, long transactionId) {
        RecordFields.putLong(bytes, at(link, PENDING), transactionId);
    }

    /** The link whose request has this transaction id, or -1. */
    public int linkOf(long transactionId) {
        for (int link = 0; link < linkCount(); link++) {
            if (transactionId != 0 && pending(link) == transactionId) {
                return link;
            }
        }
        return -1;
    }

    /** When something is due over this link. */
    public long nextActionNanos(int link) {
        return RecordFields.getLong(bytes, at(link, NEXT_ACTION));
    }

    /** See {@link #nextActionNanos}. */
    public void nextAction(int link, long nanos) {
        RecordFields.putLong(bytes, at(link, NEXT_ACTION), nanos);
    }

    private static int at(int link, int offset) {
        return LINKS + link * LINK_LENGTH + offset;
    }
}
