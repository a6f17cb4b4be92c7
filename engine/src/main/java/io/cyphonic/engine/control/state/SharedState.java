package io.cyphonic.engine.control.state;

import io.cyphonic.engine.control.policy.RequestFreshness;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.state.StateStore;
import io.cyphonic.signaling.state.StateTable;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * All that the handlers of the node's signaling share: tables outside the heap, each bounded, each
 * entry with an expiry. A handler knows nothing but its message and these.
 *
 * <p>Expiries are milliseconds of the monotonic clock, so that a step of the wall clock expires
 * nothing early or late.
 */
public final class SharedState {
    private static final int MAX_PENDING = 4096;
    private static final int MAX_REVOKED = 16_384;
    private static final int MAX_RESPONSE = 512;
    private static final int RESPONSE_BYTES = 9;
    private static final int RESPONSE_LENGTH = RESPONSE_BYTES + 2 + MAX_RESPONSE;
    private static final int OWNER = 8;
    private static final int OWNER_LENGTH = OWNER + RecordFields.ID_LENGTH;
    private static final int STAMP = 8;
    private static final int STAMP_LENGTH = 16;
    private static final int FLAG_LENGTH = 8;
    private static final byte[] THE_CLOUD = {0};

    private final TunnelDirectory tunnels;
    private final PendingRecords<TransactionRecord> transactions;
    private final PendingRecords<HandshakeRecord> handshakes;
    private final PendingRecords<ProbeRecord> probes;
    private final PeerRecords<PathRecord> paths;
    private final PeerRecords<RelayRecord> relays;
    private final StateTable binds;
    private final StateTable relayPaths;
    private final StateTable attempts;
    private final StateTable expectedPaths;
    private final StateTable responses;
    private final StateTable stamps;
    private final StateTable revoked;
    private final StateTable cloud;
    private volatile KnownCloud knownCloud;

    /** The record of the cloud, read when the table had changed so often. */
    private record KnownCloud(long changes, byte[] record) {}

    /** Makes the tables in a store, which stays the caller's and is closed after all handlers. */
    public SharedState(StateStore store, int maxTunnels) {
        int pending = Math.clamp(4L * maxTunnels, 64, MAX_PENDING);
        this.tunnels = new TunnelDirectory(store, maxTunnels);
        this.transactions =
                new PendingRecords<>(
                        store,
                        "transactions",
                        TransactionRecord.LENGTH,
                        pending,
                        TransactionRecord::new,
                        TransactionRecord::bytes);
        this.handshakes =
                new PendingRecords<>(
                        store,
                        "handshakes",
                        HandshakeRecord.LENGTH,
                        pending,
                        HandshakeRecord::new,
                        HandshakeRecord::bytes);
        this.probes =
                new PendingRecords<>(
                        store,
                        "probes",
                        ProbeRecord.LENGTH,
                        8 * pending,
                        ProbeRecord::new,
                        ProbeRecord::bytes);
        this.paths =
                new PeerRecords<>(
                        store,
                        "paths",
                        PathRecord.LENGTH,
                        2 * maxTunnels,
                        PathRecord::new,
                        PathRecord::bytes);
        this.relays =
                new PeerRecords<>(
                        store,
                        "relays",
                        RelayRecord.LENGTH,
                        2 * maxTunnels,
                        RelayRecord::new,
                        RelayRecord::bytes);
        this.relayPaths =
                store.createTable(
                        "relay paths", RecordFields.ID_LENGTH, OWNER_LENGTH, 2 * maxTunnels);
        this.binds = store.createTable("relay binds", Long.BYTES, OWNER_LENGTH, 4 * pending);
        this.attempts =
                store.createTable("attempts", WantedPeer.LENGTH, AttemptRecord.LENGTH, pending);
        this.expectedPaths =
                store.createTable("expected paths", RecordFields.ID_LENGTH, OWNER_LENGTH, pending);
        this.responses =
                store.createTable("responses", RecordFields.ID_LENGTH, RESPONSE_LENGTH, pending);
        this.stamps =
                store.createTable(
                        "request stamps",
                        RecordFields.ID_LENGTH,
                        STAMP_LENGTH,
                        Math.max(pending, 2 * maxTunnels));
        this.revoked =
                store.createTable("revoked", RecordFields.ID_LENGTH, FLAG_LENGTH, MAX_REVOKED);
        this.cloud = store.createTable("cloud", THE_CLOUD.length, CloudRecord.LENGTH, 1);
    }

    /** Peers with a tunnel. */
    public TunnelDirectory tunnels() {
        return tunnels;
    }

    /** Requests to the NMS that wait for their answer. */
    public PendingRecords<TransactionRecord> transactions() {
        return transactions;
    }

    /** Handshakes that this node has begun. */
    public PendingRecords<HandshakeRecord> handshakes() {
        return handshakes;
    }

    /** Probes that wait for their answer. */
    public PendingRecords<ProbeRecord> probes() {
        return probes;
    }

    /** The ways to each peer. */
    public PeerRecords<PathRecord> paths() {
        return paths;
    }

    /** The relay for each peer. */
    public PeerRecords<RelayRecord> relays() {
        return relays;
    }

    /** Remembers for whose relay a message with this sequence was sent. */
    public void rememberBind(long sequence, Id128 nodeId, long expiry) {
        binds.put(Keys.of(sequence), owned(nodeId, expiry));
    }

    /** For whose relay a message with this sequence was sent, or {@code null}. */
    public Id128 findBind(long sequence) {
        byte[] record = new byte[OWNER_LENGTH];
        return binds.get(Keys.of(sequence), record) ? owner(record) : null;
    }

    /** For whose relay a message with this sequence was sent; only once. Or {@code null}. */
    public Id128 takeBind(long sequence) {
        byte[] record = new byte[OWNER_LENGTH];
        return binds.remove(Keys.of(sequence), record) ? owner(record) : null;
    }

    /** Remembers whose relayed path this is. */
    public void rememberRelayPath(Id128 pathId, Id128 nodeId, long expiry) {
        relayPaths.put(Keys.of(pathId), owned(nodeId, expiry));
    }

    /** Whose relayed path this is, or {@code null}. */
    public Id128 relayPath(Id128 pathId) {
        byte[] record = new byte[OWNER_LENGTH];
        return relayPaths.get(Keys.of(pathId), record) ? owner(record) : null;
    }

    /** The path is not relayed any more. */
    public void forgetRelayPath(Id128 pathId) {
        relayPaths.remove(Keys.of(pathId), null);
    }

    /** Forgets the ways to a peer whose tunnel is closed, and the key of its relay. */
    public void forgetWays(Id128 nodeId) {
        paths.remove(nodeId);
        RelayRecord relay = relays.find(nodeId);
        if (relay != null) {
            forgetRelayPath(relay.pathId());
            relays.remove(nodeId);
        }
    }

    /** How this node stands with the cloud; a copy. */
    public CloudRecord cloud() {
        return new CloudRecord(theCloud().clone());
    }

    /** Asked for many times a second and seldom changed: read only when it was. */
    private byte[] theCloud() {
        long changes = cloud.changes();
        KnownCloud known = knownCloud;
        if (known == null || known.changes != changes) {
            byte[] record = new byte[CloudRecord.LENGTH];
            if (!cloud.get(THE_CLOUD, record)) {
                throw new IllegalStateException("the record of the cloud is written first of all");
            }
            known = new KnownCloud(changes, record);
            knownCloud = known;
        }
        return known.record;
    }

    /** Writes how this node stands with the cloud. */
    public void cloud(CloudRecord record) {
        if (cloud.size() == 0 || !Arrays.equals(theCloud(), record.bytes())) {
            cloud.put(THE_CLOUD, record.bytes());
        }
    }

    /** What is known about a wanted peer, or {@code null}. */
    public AttemptRecord attempt(WantedPeer wanted, long nowMillis) {
        byte[] record = new byte[AttemptRecord.LENGTH];
        return attempts.get(wanted.key(), record) && !isExpired(record, nowMillis)
                ? new AttemptRecord(record)
                : null;
    }

    /** Begins an attempt for a wanted peer: true for exactly one of many concurrent callers. */
    public boolean beginAttempt(
            WantedPeer wanted, long transactionId, long expiry, long nowMillis) {
        byte[] attempt =
                new AttemptRecord(AttemptRecord.Outcome.ASKING, transactionId, expiry).bytes();
        byte[] present = new byte[AttemptRecord.LENGTH];
        boolean isOver = attempts.get(wanted.key(), present) && isExpired(present, nowMillis);
        // In its place, never removed first: that could remove what another caller has just begun.
        return isOver && attempts.replace(wanted.key(), present, attempt)
                || attempts.putIfAbsent(wanted.key(), attempt);
    }

    /** Remembers for a while that the cloud knows no such peer. */
    public void rememberUnknown(WantedPeer wanted, long expiry) {
        attempts.put(
                wanted.key(), new AttemptRecord(AttemptRecord.Outcome.UNKNOWN, 0, expiry).bytes());
    }

    /** Ends an attempt: the next one who wants the peer may ask again. */
    public void endAttempt(WantedPeer wanted) {
        attempts.remove(wanted.key(), null);
    }

    /**
     * The cloud has announced that this initiator will come on this path.
     *
     * @return false if there is no room to remember it
     */
    public boolean expectPath(Id128 pathId, Id128 initiatorId, long expiry) {
        return expectedPaths.put(Keys.of(pathId), owned(initiatorId, expiry));
    }

    /** Whether the cloud has announced that this initiator will come on this path. */
    public boolean isPathExpected(Id128 pathId, Id128 initiatorId, long nowMillis) {
        return initiatorId.equals(expectedInitiator(pathId, nowMillis));
    }

    /** Who will come on this path by what the cloud has announced, or {@code null}. */
    public Id128 expectedInitiator(Id128 pathId, long nowMillis) {
        byte[] record = new byte[OWNER_LENGTH];
        return expectedPaths.get(Keys.of(pathId), record) && !isExpired(record, nowMillis)
                ? owner(record)
                : null;
    }

    /** Marks a request as being answered: true for exactly one of many equal datagrams. */
    public boolean claimResponse(Id128 requestDigest, long expiry) {
        byte[] record = new byte[RESPONSE_LENGTH];
        RecordFields.putLong(record, 0, expiry);
        return responses.putIfAbsent(Keys.of(requestDigest), record);
    }

    /** Keeps the answer of a claimed request, for the duplicates of the request. */
    public void storeResponse(Id128 requestDigest, byte[] response, long expiry) {
        byte[] record = new byte[RESPONSE_LENGTH];
        RecordFields.putLong(record, 0, expiry);
        RecordFields.putBytes(record, RESPONSE_BYTES, response, MAX_RESPONSE);
        responses.put(Keys.of(requestDigest), record);
    }

    /** The request will not be answered; its duplicates are judged anew. */
    public void releaseResponse(Id128 requestDigest) {
        responses.remove(Keys.of(requestDigest), null);
    }

    /** The answer to a request seen before: {@code null} if none, empty if being made. */
    public byte[] response(Id128 requestDigest) {
        byte[] record = new byte[RESPONSE_LENGTH];
        return responses.get(Keys.of(requestDigest), record)
                ? RecordFields.getBytes(record, RESPONSE_BYTES)
                : null;
    }

    /**
     * Accepts the stamp of a request if it is fresh, and remembers it: of concurrent requests with
     * one stamp, one is accepted.
     */
    public boolean acceptStamp(Id128 initiator, long stampMillis, long wallMillis, long nowMillis) {
        byte[] key = Keys.of(initiator);
        byte[] next = new byte[STAMP_LENGTH];
        RecordFields.putLong(next, 0, nowMillis + RequestFreshness.REMEMBER_MILLIS);
        RecordFields.putLong(next, STAMP, stampMillis);
        byte[] present = new byte[STAMP_LENGTH];
        while (true) {
            boolean known = stamps.get(key, present);
            long greatest = known ? RecordFields.getLong(present, STAMP) : Long.MIN_VALUE;
            if (!RequestFreshness.isFresh(stampMillis, greatest, wallMillis)) {
                return false;
            }
            if (known) {
                if (stamps.replace(key, present, next)) {
                    return true;
                }
            } else if (stamps.putIfAbsent(key, next)) {
                return true;
            } else if (!stamps.get(key, present)) {
                return false;
            }
        }
    }

    /**
     * Remembers for good that a node was revoked.
     *
     * @return false if there is no room to remember it
     */
    public boolean revoke(Id128 nodeId) {
        byte[] record = new byte[FLAG_LENGTH];
        RecordFields.putLong(record, 0, Long.MAX_VALUE);
        return revoked.put(Keys.of(nodeId), record);
    }

    /** Whether a node was revoked. */
    public boolean isRevoked(Id128 nodeId) {
        return revoked.get(Keys.of(nodeId), new byte[FLAG_LENGTH]);
    }

    /** Entries that should all be gone once nothing is under way any more. */
    public long pendingEntries() {
        return transactions.size()
                + handshakes.size()
                + probes.size()
                + attempts.size()
                + expectedPaths.size()
                + responses.size();
    }

    /**
     * Removes what has expired from every table.
     *
     * @param handshake is given every handshake that nobody ended: its receiver index is still
     *     reserved, and its secret is its to wipe
     */
    public void expire(long nowMillis, Consumer<HandshakeRecord> handshake) {
        transactions.expire(nowMillis);
        handshakes.expire(nowMillis, handshake);
        tunnels.expire(nowMillis);
        probes.expire(nowMillis);
        paths.expire(nowMillis);
        relays.expire(nowMillis);
        for (StateTable table :
                new StateTable[] {attempts, expectedPaths, responses, stamps, binds, relayPaths}) {
            table.expire(nowMillis, null);
        }
    }

    /** The present moment in the unit of expiries. */
    public static long millis(long nowNanos) {
        return TimeUnit.NANOSECONDS.toMillis(nowNanos);
    }

    /** A record that says which node something belongs to. */
    private static byte[] owned(Id128 nodeId, long expiry) {
        byte[] record = new byte[OWNER_LENGTH];
        RecordFields.putLong(record, 0, expiry);
        RecordFields.putId(record, OWNER, nodeId);
        return record;
    }

    private static Id128 owner(byte[] record) {
        return RecordFields.getId(record, OWNER);
    }

    private static boolean isExpired(byte[] record, long nowMillis) {
        return RecordFields.getLong(record, 0) <= nowMillis;
    }
}
