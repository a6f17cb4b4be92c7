package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;
import java.util.Arrays;

/**
 * The ways to one peer, and how the tunnel fares on them. Key: the peer's node id. Written only
 * under the peer's lock; read by anybody. The rules are in {@code control.path.PathMachine}.
 *
 * <pre>
 *    0  expiry           8  version          9  moved    10  number of ways   11  updates told
 *   12  changes of path     16  peer's node id              32  packets out when last looked
 *   40  unanswered since    48  in doubt since              56  until when the active may answer
 *   64  next round of doubt 72  outage since                80  last outage, nanoseconds
 *   88  worst outage        96  outages                    104  sequence of the peer's last update
 *  112  active way         131  active since               139  peer asked for again
 *  147  checks because the peer was heard elsewhere        148  another answered in this doubt
 *  156  another confirmed it     157  nothing but detours   160  ways:
 *         0  endpoint   19  kind   20  state   21  probes unanswered   22  proofs needed
 *        23  proofs     24  round-trip time, nanoseconds, or -1        32  last proof
 *        40  next probe 48  last probe         56  least round-trip time, or -1
 *        64  last answer that came by a detour        72  until when detours do not count
 *        80  how often that was so
 * </pre>
 *
 * <p>Times are nanoseconds of the monotonic clock; 0 is never.
 */
public final class PathRecord {
    /** Most ways to one peer. */
    public static final int MAX_WAYS = 14;

    private static final int WAYS = 160;
    private static final int WAY_LENGTH = 81;

    /** Bytes of the record. */
    public static final int LENGTH = WAYS + MAX_WAYS * WAY_LENGTH;

    private static final byte PRESENT_VERSION = 3;
    private static final int EXPIRY = 0;
    private static final int VERSION = 8;
    private static final int MOVED = 9;
    private static final int COUNT = 10;
    private static final int TOLD = 11;
    private static final int CHANGES = 12;
    private static final int NODE_ID = 16;
    private static final int PACKETS_OUT = 32;
    private static final int UNANSWERED_SINCE = 40;
    private static final int DOUBT_SINCE = 48;
    private static final int GRACE_UNTIL = 56;
    private static final int NEXT_ROUND = 64;
    private static final int OUTAGE_SINCE = 72;
    private static final int LAST_OUTAGE = 80;
    private static final int WORST_OUTAGE = 88;
    private static final int OUTAGES = 96;
    private static final int PEER_SEQUENCE = 104;
    private static final int ACTIVE = 112;
    private static final int ACTIVE_SINCE = 131;
    private static final int ASKED = 139;
    private static final int ELSEWHERE = 147;
    private static final int OTHER_ANSWERED = 148;
    private static final int OTHER_CONFIRMED = 156;
    private static final int ONLY_DETOURS = 157;

    private static final int KIND = 19;
    private static final int STATE = 20;
    private static final int TRIES = 21;
    private static final int NEEDED = 22;
    private static final int PROOFS = 23;
    private static final int RTT = 24;
    private static final int PROOF = 32;
    private static final int NEXT_PROBE = 40;
    private static final int LAST_PROBE = 48;
    private static final int LEAST_RTT = 56;
    private static final int DETOUR = 64;
    private static final int HELD_UNTIL = 72;
    private static final int HELD = 80;

    private static final Kind[] KINDS = Kind.values();
    private static final WayState[] STATES = WayState.values();

    private final byte[] bytes;

    /** What sort of way it is: the better come first. */
    public enum Kind {
        /** To an address of the peer's own interfaces. */
        LOCAL,
        /** To an address at which others have seen the peer. */
        DIRECT,
        /**
         * To where the peer was heard from, which neither it nor the cloud has named: a NAT of the
         * peer's, or somebody in between who passes everything on.
         */
        HEARD,
        /** Through a relay, over UDP. */
        RELAY,
        /** Through a relay, over TLS. */
        TCP;

        /** Whether it passes no relay. */
        public boolean isDirect() {
            return compareTo(RELAY) < 0;
        }
    }

    /** What is known about a way. */
    public enum WayState {
        /** Nothing yet. */
        UNTRIED,
        /** Probes are under way. */
        PROBING,
        /** A probe was answered, and none was lost since. */
        VALID,
        /** Probes were not answered; now and then there is another. */
        DEAD
    }

    PathRecord(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The record of a peer to which no way is known. */
    public PathRecord(Id128 nodeId, long expiry) {
        this(new byte[LENGTH]);
        expiry(expiry);
        bytes[VERSION] = PRESENT_VERSION;
        RecordFields.putId(bytes, NODE_ID, nodeId);
    }

    byte[] bytes() {
        return bytes;
    }

    /** A record of its own that says the same. */
    public PathRecord copy() {
        return new PathRecord(bytes.clone());
    }

    /** Whether both say the same. */
    public boolean isSameAs(PathRecord other) {
        return Arrays.equals(bytes, other.bytes);
    }

    /** When the record may be forgotten, milliseconds; never while there is a tunnel. */
    public void expiry(long expiry) {
        RecordFields.putLong(bytes, EXPIRY, expiry);
    }

    /** The peer. */
    public Id128 nodeId() {
        return RecordFields.getId(bytes, NODE_ID);
    }

    /** Whether one of the two ends has moved since the paths were last proven. */
    public boolean moved() {
        return bytes[MOVED] != 0;
    }

    /** See {@link #moved}. */
    public void moved(boolean moved) {
        bytes[MOVED] = (byte) (moved ? 1 : 0);
    }

    /** How often the peer was told of our present addresses; -1: it need not be told. */
    public int told() {
        return bytes[TOLD];
    }

    /** See {@link #told}. */
    public void told(int times) {
        bytes[TOLD] = (byte) times;
    }

    /** How often the tunnel went from one way to another. */
    public int changes() {
        return RecordFields.getInt(bytes, CHANGES);
    }

    /** Packets that the tunnel had sent when it was last looked at. */
    public long packetsOut() {
        return RecordFields.getLong(bytes, PACKETS_OUT);
    }

    /** See {@link #packetsOut}. */
    public void packetsOut(long packets) {
        RecordFields.putLong(bytes, PACKETS_OUT, packets);
    }

    /** Since when packets go out and nothing comes back, or 0. */
    public long unansweredSince() {
        return RecordFields.getLong(bytes, UNANSWERED_SINCE);
    }

    /** See {@link #unansweredSince}. */
    public void unansweredSince(long nanos) {
        RecordFields.putLong(bytes, UNANSWERED_SINCE, nanos);
    }

    /** Since when it is in doubt whether the active way works, or 0. */
    public long doubtSince() {
        return RecordFields.getLong(bytes, DOUBT_SINCE);
    }

    /** Until when a doubted active way may still prove itself before another is taken. */
    public long graceUntil() {
        return RecordFields.getLong(bytes, GRACE_UNTIL);
    }

    /** When the next round of probes is due while in doubt. */
    public long nextRound() {
        return RecordFields.getLong(bytes, NEXT_ROUND);
    }

    /** See {@link #nextRound}. */
    public void nextRound(long nanos) {
        RecordFields.putLong(bytes, NEXT_ROUND, nanos);
    }

    /** The active way is in doubt, or (0) no longer. */
    public void doubt(long sinceNanos, long graceUntilNanos) {
        if (sinceNanos != doubtSince()) {
            otherAnswered(0);
            otherConfirmed(false);
        }
        RecordFields.putLong(bytes, DOUBT_SINCE, sinceNanos);
        RecordFields.putLong(bytes, GRACE_UNTIL, graceUntilNanos);
    }

    /** When a way that is not active was the first to answer in this doubt, or 0. */
    public long otherAnswered() {
        return RecordFields.getLong(bytes, OTHER_ANSWERED);
    }

    /** See {@link #otherAnswered}. */
    public void otherAnswered(long nanos) {
        RecordFields.putLong(bytes, OTHER_ANSWERED, nanos);
    }

    /** Whether, after that, one of them has answered a probe that was sent after it. */
    public boolean otherConfirmed() {
        return bytes[OTHER_CONFIRMED] != 0;
    }

    /** See {@link #otherConfirmed}. */
    public void otherConfirmed(boolean confirmed) {
        bytes[OTHER_CONFIRMED] = (byte) (confirmed ? 1 : 0);
    }

    /** Whether, since a doubt in which that was so, nothing but detours has answered. */
    public boolean onlyDetours() {
        return bytes[ONLY_DETOURS] != 0;
    }

    /** See {@link #onlyDetours}. */
    public void onlyDetours(boolean only) {
        bytes[ONLY_DETOURS] = (byte) (only ? 1 : 0);
    }

    /** Since when nothing came through although something should have, or 0. */
    public long outageSince() {
        return RecordFields.getLong(bytes, OUTAGE_SINCE);
    }

    /** See {@link #outageSince}. */
    public void outageSince(long nanos) {
        RecordFields.putLong(bytes, OUTAGE_SINCE, nanos);
    }

    /** An outage is over. */
    public void outageOver(long lengthNanos) {
        outageSince(0);
        RecordFields.putLong(bytes, LAST_OUTAGE, lengthNanos);
        RecordFields.putLong(bytes, WORST_OUTAGE, Math.max(worstOutage(), lengthNanos));
        RecordFields.putLong(bytes, OUTAGES, outages() + 1);
    }

    /** Length of the last outage in nanoseconds; 0 if there was none. */
    public long lastOutage() {
        return RecordFields.getLong(bytes, LAST_OUTAGE);
    }

    /** Length of the worst outage in nanoseconds. */
    public long worstOutage() {
        return RecordFields.getLong(bytes, WORST_OUTAGE);
    }

    /** Outages so far. */
    public long outages() {
        return RecordFields.getLong(bytes, OUTAGES);
    }

    /** Sequence of the last update of the peer's addresses that was used. */
    public long peerSequence() {
        return RecordFields.getLong(bytes, PEER_SEQUENCE);
    }

    /** See {@link #peerSequence}. */
    public void peerSequence(long sequence) {
        RecordFields.putLong(bytes, PEER_SEQUENCE, sequence);
    }

    /** Where the tunnel sends, or {@code null} while it has not begun. */
    public InetSocketAddress active() {
        return RecordFields.getSocket(bytes, ACTIVE);
    }

    /** Since when. */
    public long activeSince() {
        return RecordFields.getLong(bytes, ACTIVE_SINCE);
    }

    /** The tunnel sends there from now on. */
    public void activate(InetSocketAddress endpoint, long nowNanos) {
        InetSocketAddress before = active();
        if (before != null && !before.equals(endpoint)) {
            RecordFields.putInt(bytes, CHANGES, changes() + 1);
        }
        RecordFields.putSocket(bytes, ACTIVE, endpoint);
        RecordFields.putLong(bytes, ACTIVE_SINCE, nowNanos);
    }

    /** When the cloud was last asked for another way, or 0. */
    public long asked() {
        return RecordFields.getLong(bytes, ASKED);
    }

    /** See {@link #asked}. */
    public void asked(long nanos) {
        RecordFields.putLong(bytes, ASKED, nanos);
    }

    /** How often in a row the active way was asked because the peer was heard elsewhere. */
    public int elsewhere() {
        return bytes[ELSEWHERE];
    }

    /** See {@link #elsewhere}. */
    public void elsewhere(int times) {
        bytes[ELSEWHERE] = (byte) times;
    }

    /** Number of ways known. */
    public int count() {
        return bytes[COUNT];
    }

    /** The way to an endpoint, or -1. */
    public int find(InetSocketAddress endpoint) {
        for (int way = 0; way < count(); way++) {
            if (endpoint(way).equals(endpoint)) {
                return way;
            }
        }
        return -1;
    }

    /** Adds a way, untried; there must be room. */
    public int add(InetSocketAddress endpoint, Kind kind) {
        int way = bytes[COUNT]++;
        java.util.Arrays.fill(bytes, at(way, 0), at(way + 1, 0), (byte) 0);
        RecordFields.putSocket(bytes, at(way, 0), endpoint);
        kind(way, kind);
        needed(way, 1);
        rtt(way, -1);
        leastRtt(way, -1);
        return way;
    }

    /** Forgets a way; the last one takes its place. */
    public void remove(int way) {
        int last = --bytes[COUNT];
        System.arraycopy(bytes, at(last, 0), bytes, at(way, 0), WAY_LENGTH);
    }

    /** Where a way leads. */
    public InetSocketAddress endpoint(int way) {
        return RecordFields.getSocket(bytes, at(way, 0));
    }

    /** What sort of way it is. */
    public Kind kind(int way) {
        return KINDS[bytes[at(way, KIND)]];
    }

    /** See {@link #kind}. */
    public void kind(int way, Kind kind) {
        bytes[at(way, KIND)] = (byte) kind.ordinal();
    }

    /** What is known about it. */
    public WayState state(int way) {
        return STATES[bytes[at(way, STATE)]];
    }

    /** See {@link #state}. */
    public void state(int way, WayState state) {
        bytes[at(way, STATE)] = (byte) state.ordinal();
    }

    /** Probes sent since the last proof, at most 127. */
    public int tries(int way) {
        return bytes[at(way, TRIES)];
    }

    /** See {@link #tries}. */
    public void tries(int way, int tries) {
        bytes[at(way, TRIES)] = (byte) Math.min(tries, Byte.MAX_VALUE);
    }

    /** Proofs in a row that it takes to be used: more after it has failed. */
    public int needed(int way) {
        return bytes[at(way, NEEDED)];
    }

    /** See {@link #needed}. */
    public void needed(int way, int proofs) {
        bytes[at(way, NEEDED)] = (byte) proofs;
    }

    /** Proofs in a row so far, at most 127. */
    public int proofs(int way) {
        return bytes[at(way, PROOFS)];
    }

    /** See {@link #proofs}. */
    public void proofs(int way, int proofs) {
        bytes[at(way, PROOFS)] = (byte) Math.min(proofs, Byte.MAX_VALUE);
    }

    /** Round-trip time, with what queues and busy processors add to it; or -1. */
    public long rtt(int way) {
        return RecordFields.getLong(bytes, at(way, RTT));
    }

    /** See {@link #rtt}. */
    public void rtt(int way, long nanos) {
        RecordFields.putLong(bytes, at(way, RTT), nanos);
    }

    /** The least round-trip time since an end has moved: what the way itself takes; or -1. */
    public long leastRtt(int way) {
        return RecordFields.getLong(bytes, at(way, LEAST_RTT));
    }

    /** See {@link #leastRtt}. */
    public void leastRtt(int way, long nanos) {
        RecordFields.putLong(bytes, at(way, LEAST_RTT), nanos);
    }

    /** When a probe was last answered, in a way that counts, or 0. */
    public long proof(int way) {
        return RecordFields.getLong(bytes, at(way, PROOF));
    }

    /** See {@link #proof}. */
    public void proof(int way, long nanos) {
        RecordFields.putLong(bytes, at(way, PROOF), nanos);
    }

    /** When it is to be probed next. */
    public long nextProbe(int way) {
        return RecordFields.getLong(bytes, at(way, NEXT_PROBE));
    }

    /** See {@link #nextProbe}. */
    public void nextProbe(int way, long nanos) {
        RecordFields.putLong(bytes, at(way, NEXT_PROBE), nanos);
    }

    /** When it was last probed, or 0. */
    public long lastProbe(int way) {
        return RecordFields.getLong(bytes, at(way, LAST_PROBE));
    }

    /** See {@link #lastProbe}. */
    public void lastProbe(int way, long nanos) {
        RecordFields.putLong(bytes, at(way, LAST_PROBE), nanos);
    }

    /** When an answer to a probe of it last came back another way, or 0. */
    public long detour(int way) {
        return RecordFields.getLong(bytes, at(way, DETOUR));
    }

    /** See {@link #detour}. */
    public void detour(int way, long nanos) {
        RecordFields.putLong(bytes, at(way, DETOUR), nanos);
    }

    /** Until when such answers do not count; means something only if it was {@link #held}. */
    public long heldUntil(int way) {
        return RecordFields.getLong(bytes, at(way, HELD_UNTIL));
    }

    /** See {@link #heldUntil}. */
    public void heldUntil(int way, long nanos) {
        RecordFields.putLong(bytes, at(way, HELD_UNTIL), nanos);
    }

    /** How often in a row it was left because it did not answer while another did. */
    public int held(int way) {
        return bytes[at(way, HELD)];
    }

    /** See {@link #held}. */
    public void held(int way, int times) {
        bytes[at(way, HELD)] = (byte) times;
    }

    private static int at(int way, int offset) {
        return WAYS + way * WAY_LENGTH + offset;
    }
}
