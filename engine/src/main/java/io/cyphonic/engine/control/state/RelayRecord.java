package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayGrant;
import io.cyphonic.signaling.protocol.RelayServer;

import java.net.InetSocketAddress;
import java.util.Arrays;

/**
 * The relay for one peer: the grant of the cloud, and how far this node has come with it. Key: the
 * peer's node id. Written only under the peer's lock; the table overwrites it when it is removed.
 *
 * <pre>
 *    0  expiry           8  version      9  side        10  target tried      11  tries
 *   12  peer bound      13  over TLS    14  bound       16  peer's node id    32  path id
 *   48  relay id        50  relay's IPv4 endpoint       69  relay's IPv6 endpoint
 *   88  relay's TLS port                90  grant's end, milliseconds since 1970
 *   98  limit          102  channel key               118  channel
 *  122  last Bind sent 130  next action              138  alone since
 *  146  endpoint bound at                            165  address the relay saw
 *  184  asked for a newer grant
 * </pre>
 */
public final class RelayRecord {
    /** Bytes of the record. */
    public static final int LENGTH = 192;

    private static final byte PRESENT_VERSION = 1;
    private static final int EXPIRY = 0;
    private static final int VERSION = 8;
    private static final int SIDE = 9;
    private static final int TARGET = 10;
    private static final int TRIES = 11;
    private static final int PEER_BOUND = 12;
    private static final int TLS = 13;
    private static final int BOUND = 14;
    private static final int NODE_ID = 16;
    private static final int PATH_ID = 32;
    private static final int RELAY_ID = 48;
    private static final int IPV4 = 50;
    private static final int IPV6 = 69;
    private static final int TLS_PORT = 88;
    private static final int GRANT_EXPIRY = 90;
    private static final int LIMIT = 98;
    private static final int KEY = 102;
    private static final int CHANNEL = 118;
    private static final int LAST_BIND = 122;
    private static final int NEXT_ACTION = 130;
    private static final int ALONE_SINCE = 138;
    private static final int ENDPOINT = 146;
    private static final int OBSERVED = 165;
    private static final int ASKED = 184;

    private final byte[] bytes;

    RelayRecord(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A grant that has just come. */
    public RelayRecord(Id128 nodeId, Id128 pathId, RelayGrant grant, long nowNanos, long expiry) {
        this(new byte[LENGTH]);
        bytes[VERSION] = PRESENT_VERSION;
        bytes[SIDE] = (byte) grant.side();
        expiry(expiry);
        RecordFields.putId(bytes, NODE_ID, nodeId);
        RecordFields.putId(bytes, PATH_ID, pathId);
        RecordFields.putShort(bytes, RELAY_ID, grant.relay().id());
        RecordFields.putSocket(bytes, IPV4, grant.relay().ipv4());
        RecordFields.putSocket(bytes, IPV6, grant.relay().ipv6());
        RecordFields.putShort(bytes, TLS_PORT, grant.relay().tlsPort());
        RecordFields.putLong(bytes, GRANT_EXPIRY, grant.expiryMillis());
        RecordFields.putInt(bytes, LIMIT, grant.limit());
        System.arraycopy(grant.channelKey(), 0, bytes, KEY, RelayGrant.KEY_LENGTH);
        nextAction(nowNanos);
    }

    byte[] bytes() {
        return bytes;
    }

    /** Until when the record is kept, milliseconds; pushed on while there is a tunnel. */
    public void expiry(long expiry) {
        RecordFields.putLong(bytes, EXPIRY, expiry);
    }

    /** The peer. */
    public Id128 nodeId() {
        return RecordFields.getId(bytes, NODE_ID);
    }

    /** The path. */
    public Id128 pathId() {
        return RecordFields.getId(bytes, PATH_ID);
    }

    /** Which end of the path this node is. */
    public int side() {
        return bytes[SIDE];
    }

    /** The relay. */
    public RelayServer relay() {
        return new RelayServer(
                RecordFields.getShort(bytes, RELAY_ID),
                RecordFields.getSocket(bytes, IPV4),
                RecordFields.getSocket(bytes, IPV6),
                RecordFields.getShort(bytes, TLS_PORT));
    }

    /** When the grant ends, milliseconds since 1970. */
    public long grantExpiryMillis() {
        return RecordFields.getLong(bytes, GRANT_EXPIRY);
    }

    /** What the relay forwards at most. */
    public int limit() {
        return RecordFields.getInt(bytes, LIMIT);
    }

    /** The key of the channel; the caller overwrites the copy. */
    public byte[] key() {
        return Arrays.copyOfRange(bytes, KEY, KEY + RelayGrant.KEY_LENGTH);
    }

    /** Which of the relay's addresses is tried, counted on without end. */
    public int target() {
        return bytes[TARGET];
    }

    /** See {@link #target}; begins anew with it. */
    public void target(int target) {
        bytes[TARGET] = (byte) (target & 0x3F);
        bytes[TRIES] = 0;
    }

    /** Messages sent to the target that were not answered. */
    public int tries() {
        return bytes[TRIES];
    }

    /** A message is sent. */
    public void tried(long nowNanos, long nextActionNanos) {
        bytes[TRIES] = (byte) Math.min(bytes[TRIES] + 1, Byte.MAX_VALUE);
        lastBind(nowNanos);
        nextAction(nextActionNanos);
    }

    /** When the last message was sent. */
    public long lastBind() {
        return RecordFields.getLong(bytes, LAST_BIND);
    }

    /** See {@link #lastBind}. */
    public void lastBind(long nanos) {
        RecordFields.putLong(bytes, LAST_BIND, nanos);
    }

    /** When to send the next message. */
    public long nextAction() {
        return RecordFields.getLong(bytes, NEXT_ACTION);
    }

    /** See {@link #nextAction}. */
    public void nextAction(long nanos) {
        RecordFields.putLong(bytes, NEXT_ACTION, nanos);
    }

    /** Whether the relay has given a channel, and not taken it back. */
    public boolean bound() {
        return bytes[BOUND] != 0;
    }

    /** The channel is lost. */
    public void unbound() {
        bytes[BOUND] = 0;
    }

    /** The relay has given, or confirmed, a channel. */
    public void bound(
            int channel,
            boolean peerBound,
            boolean tls,
            InetSocketAddress endpoint,
            InetSocketAddress observed) {
        bytes[BOUND] = 1;
        bytes[TRIES] = 0;
        bytes[PEER_BOUND] = (byte) (peerBound ? 1 : 0);
        bytes[TLS] = (byte) (tls ? 1 : 0);
        RecordFields.putInt(bytes, CHANNEL, channel);
        RecordFields.putSocket(bytes, ENDPOINT, endpoint);
        RecordFields.putSocket(bytes, OBSERVED, observed);
    }

    /** The channel. */
    public int channel() {
        return RecordFields.getInt(bytes, CHANNEL);
    }

    /** Whether the peer has a channel too. */
    public boolean peerBound() {
        return bytes[PEER_BOUND] != 0;
    }

    /** Whether the relay is reached over TLS. */
    public boolean tls() {
        return bytes[TLS] != 0;
    }

    /** Where the channel is: the relay's address, or that of the bridge; {@code null} at first. */
    public InetSocketAddress endpoint() {
        return RecordFields.getSocket(bytes, ENDPOINT);
    }

    /** Where the relay sees this node, or {@code null}. */
    public InetSocketAddress observed() {
        return RecordFields.getSocket(bytes, OBSERVED);
    }

    /** Since when this node waits for the peer to come to the relay too; only if it does. */
    public long aloneSince() {
        return RecordFields.getLong(bytes, ALONE_SINCE);
    }

    /** See {@link #aloneSince}. */
    public void aloneSince(long nanos) {
        RecordFields.putLong(bytes, ALONE_SINCE, nanos);
    }

    /** When a newer grant was asked for, or 0. */
    public long asked() {
        return RecordFields.getLong(bytes, ASKED);
    }

    /** See {@link #asked}. */
    public void asked(long nanos) {
        RecordFields.putLong(bytes, ASKED, nanos);
    }
}
