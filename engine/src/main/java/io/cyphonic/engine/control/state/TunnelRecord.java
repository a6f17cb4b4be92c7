package io.cyphonic.engine.control.state;

import static io.cyphonic.engine.control.state.RecordFields.NAME_LENGTH;

import io.cyphonic.engine.control.policy.TunnelPolicy.Phase;
import io.cyphonic.signaling.protocol.Id128;

import java.net.Inet4Address;
import java.net.Inet6Address;

/**
 * What the node knows about a peer with a tunnel, or on its way to one. Key: the peer's node id.
 * Written only under the peer's lock; read by anybody.
 *
 * <pre>
 *    0  expiry, never          8  version      9  phase       10  initiator of the present session
 *   12  tunnel index          16  receiver index (present)    20  receiver index (unconfirmed)
 *   24  peer's node id        40  path id
 *   56  virtual IPv4          60  virtual IPv6
 *   76  peer's tunnel key (X25519)
 *  108  certificate valid until    116  running handshake, or 0
 *  124  phase since   132  present session since   140  unconfirmed session since
 *  148  next attempt  156  failed attempts          160  round-trip time, nanoseconds, or -1
 *  168  peer's inner MTU      170  last attempt              178  FQDN
 * </pre>
 *
 * <p>Times are nanoseconds of the monotonic clock, but for the certificate's (milliseconds since
 * the epoch).
 */
public final class TunnelRecord {
    /** Bytes of the record. */
    public static final int LENGTH = 178 + NAME_LENGTH;

    /** No receiver index, no tunnel index. */
    public static final int NONE = -1;

    private static final byte PRESENT_VERSION = 1;
    private static final int EXPIRY = 0;
    private static final int VERSION = 8;
    private static final int PHASE = 9;
    private static final int INITIATOR = 10;
    private static final int TUNNEL_INDEX = 12;
    private static final int RECEIVER_INDEX = 16;
    private static final int NEXT_RECEIVER_INDEX = 20;
    private static final int NODE_ID = 24;
    private static final int PATH_ID = 40;
    private static final int VIRTUAL_IPV4 = 56;
    private static final int VIRTUAL_IPV6 = 60;
    private static final int TUNNEL_KEY = 76;
    private static final int CERTIFICATE_NOT_AFTER = 108;
    private static final int HANDSHAKE = 116;
    private static final int PHASE_SINCE = 124;
    private static final int SESSION_SINCE = 132;
    private static final int NEXT_SESSION_SINCE = 140;
    private static final int NEXT_ATTEMPT = 148;
    private static final int FAILURES = 156;
    private static final int RTT = 160;
    private static final int INNER_MTU = 168;
    private static final int LAST_ATTEMPT = 170;
    private static final int FQDN = 178;

    private static final Phase[] PHASES = Phase.values();

    private final byte[] bytes;

    TunnelRecord(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A record of a peer whose tunnel begins now. */
    public TunnelRecord(Id128 nodeId, int tunnelIndex, long nowNanos) {
        this(new byte[LENGTH]);
        RecordFields.putLong(bytes, EXPIRY, Long.MAX_VALUE);
        bytes[VERSION] = PRESENT_VERSION;
        RecordFields.putId(bytes, NODE_ID, nodeId);
        RecordFields.putInt(bytes, TUNNEL_INDEX, tunnelIndex);
        RecordFields.putInt(bytes, RECEIVER_INDEX, NONE);
        RecordFields.putInt(bytes, NEXT_RECEIVER_INDEX, NONE);
        RecordFields.putLong(bytes, NEXT_ATTEMPT, nowNanos);
        RecordFields.putLong(bytes, LAST_ATTEMPT, nowNanos);
        RecordFields.putLong(bytes, RTT, -1);
        enter(Phase.CONNECTING, nowNanos);
    }

    byte[] bytes() {
        return bytes;
    }

    /** How far the tunnel has come. */
    public Phase phase() {
        return PHASES[bytes[PHASE]];
    }

    /** When the phase began. */
    public long phaseSinceNanos() {
        return RecordFields.getLong(bytes, PHASE_SINCE);
    }

    /** Enters a phase. */
    public void enter(Phase phase, long nowNanos) {
        bytes[PHASE] = (byte) phase.ordinal();
        RecordFields.putLong(bytes, PHASE_SINCE, nowNanos);
    }

    /** The peer. */
    public Id128 nodeId() {
        return RecordFields.getId(bytes, NODE_ID);
    }

    /** Index of the tunnel in the data plane. */
    public int tunnelIndex() {
        return RecordFields.getInt(bytes, TUNNEL_INDEX);
    }

    /** The path the present keys were negotiated for; also good for the next ones. */
    public Id128 pathId() {
        return RecordFields.getId(bytes, PATH_ID);
    }

    /** See {@link #pathId}. */
    public void pathId(Id128 pathId) {
        RecordFields.putId(bytes, PATH_ID, pathId);
    }

    /** What the peer's certificate says: kept, so that a rekey needs no cloud. */
    public void identity(PeerIdentity peer) {
        RecordFields.putAddress(bytes, VIRTUAL_IPV4, 4, peer.virtualIpv4());
        RecordFields.putAddress(bytes, VIRTUAL_IPV6, 16, peer.virtualIpv6());
        System.arraycopy(peer.tunnelKey(), 0, bytes, TUNNEL_KEY, peer.tunnelKey().length);
        RecordFields.putLong(bytes, CERTIFICATE_NOT_AFTER, peer.notAfterMillis());
        RecordFields.putName(bytes, FQDN, peer.fqdn());
    }

    /** What the peer's certificate said. */
    public PeerIdentity identity() {
        byte[] tunnelKey = new byte[PeerIdentity.TUNNEL_KEY_LENGTH];
        System.arraycopy(bytes, TUNNEL_KEY, tunnelKey, 0, tunnelKey.length);
        return new PeerIdentity(
                nodeId(),
                RecordFields.getName(bytes, FQDN),
                (Inet4Address) RecordFields.getAddress(bytes, VIRTUAL_IPV4, 4),
                (Inet6Address) RecordFields.getAddress(bytes, VIRTUAL_IPV6, 16),
                tunnelKey,
                RecordFields.getLong(bytes, CERTIFICATE_NOT_AFTER));
    }

    /** The peer's name. */
    public String fqdn() {
        return RecordFields.getName(bytes, FQDN);
    }

    /** Transaction of the handshake that this node has under way, or 0. */
    public long handshake() {
        return RecordFields.getLong(bytes, HANDSHAKE);
    }

    /** See {@link #handshake}. */
    public void handshake(long transactionId) {
        RecordFields.putLong(bytes, HANDSHAKE, transactionId);
    }

    /** Whether this node initiated the present session. */
    public boolean initiator() {
        return bytes[INITIATOR] != 0;
    }

    /** Our index of the present session, or {@link #NONE}. */
    public int receiverIndex() {
        return RecordFields.getInt(bytes, RECEIVER_INDEX);
    }

    /** When the present session began. */
    public long sessionSinceNanos() {
        return RecordFields.getLong(bytes, SESSION_SINCE);
    }

    /** Our index of a session that the peer has not confirmed yet, or {@link #NONE}. */
    public int nextReceiverIndex() {
        return RecordFields.getInt(bytes, NEXT_RECEIVER_INDEX);
    }

    /** When the unconfirmed session was installed. */
    public long nextSessionSinceNanos() {
        return RecordFields.getLong(bytes, NEXT_SESSION_SINCE);
    }

    /** A session that this node initiated is in use from now on. */
    public void initiated(int receiverIndex, long nowNanos) {
        present(receiverIndex, true, nowNanos);
        RecordFields.putInt(bytes, NEXT_RECEIVER_INDEX, NONE);
    }

    /** A session that the peer initiated waits for its first capsule. */
    public void answered(int receiverIndex, long nowNanos) {
        RecordFields.putInt(bytes, NEXT_RECEIVER_INDEX, receiverIndex);
        RecordFields.putLong(bytes, NEXT_SESSION_SINCE, nowNanos);
    }

    /** The first capsule of the unconfirmed session has come. */
    public void confirmed(long nowNanos) {
        present(nextReceiverIndex(), false, nowNanos);
        RecordFields.putInt(bytes, NEXT_RECEIVER_INDEX, NONE);
    }

    private void present(int receiverIndex, boolean initiator, long nowNanos) {
        RecordFields.putInt(bytes, RECEIVER_INDEX, receiverIndex);
        RecordFields.putLong(bytes, SESSION_SINCE, nowNanos);
        bytes[INITIATOR] = (byte) (initiator ? 1 : 0);
        RecordFields.putInt(bytes, FAILURES, 0);
    }

    /** Attempts that came to nothing since the last one that did not. */
    public int failures() {
        return RecordFields.getInt(bytes, FAILURES);
    }

    /** When the next attempt may be made. */
    public long nextAttemptNanos() {
        return RecordFields.getLong(bytes, NEXT_ATTEMPT);
    }

    /** When the last attempt began, or failed; at first when the record was made. */
    public long lastAttemptNanos() {
        return RecordFields.getLong(bytes, LAST_ATTEMPT);
    }

    /** An attempt begins, or has failed: the next one not before a later time. */
    public void attempted(int failures, long nowNanos, long nextAttemptNanos) {
        RecordFields.putInt(bytes, FAILURES, failures);
        RecordFields.putLong(bytes, LAST_ATTEMPT, nowNanos);
        RecordFields.putLong(bytes, NEXT_ATTEMPT, nextAttemptNanos);
    }

    /** Something has changed: what failed before may work now. */
    public void hopeAgain(long nowNanos) {
        RecordFields.putInt(bytes, FAILURES, 0);
        RecordFields.putLong(bytes, NEXT_ATTEMPT, nowNanos);
    }

    /** Round-trip time of the last probe in nanoseconds, or -1. */
    public long rttNanos() {
        return RecordFields.getLong(bytes, RTT);
    }

    /** See {@link #rttNanos}. */
    public void rttNanos(long rttNanos) {
        RecordFields.putLong(bytes, RTT, rttNanos);
    }

    /** MTU of the peer's TUN device, 0 while unknown. */
    public int innerMtu() {
        return RecordFields.getShort(bytes, INNER_MTU);
    }

    /** See {@link #innerMtu}. */
    public void innerMtu(int innerMtu) {
        RecordFields.putShort(bytes, INNER_MTU, innerMtu);
    }

    static Id128 nodeId(byte[] record) {
        return RecordFields.getId(record, NODE_ID);
    }
}
