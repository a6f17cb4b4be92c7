package io.cyphonic.signaling.node;

import io.cyphonic.signaling.handshake.RelayCode;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayRevocation;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.registry.Registry;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What the relays are to know of revocations: which nodes were revoked while grants of theirs may
 * still be good. Told again and again, for a relay keeps nothing when it is restarted, and never
 * answers.
 *
 * <p>The registry says in which order nodes were revoked, not when. So the newest of those found at
 * the start are told as if they had just been.
 *
 * <p>Owned by the thread that tells.
 */
final class RelayRevocations implements AutoCloseable {
    /** Most nodes that are told again: the newest. */
    static final int MAX_REPEATED = 1024;

    /** For so long a revocation is told: what a grant lasts, and more. */
    static final long TOLD_MILLIS = RelayGrants.LIFE.plusMinutes(2).toMillis();

    private record Seen(long afterEpoch, long atMillis) {}

    private final Registry registry;
    private final int maxRepeated;
    private final List<InetSocketAddress> addresses;
    private final RelayCode code;

    // Oldest first.
    private final Deque<Seen> seen = new ArrayDeque<>();
    private long seenEpoch;

    /**
     * For these relays.
     *
     * @param secret shared with them; not kept
     */
    RelayRevocations(Registry registry, List<RelayServer> relays, byte[] secret) {
        this(registry, relays, secret, MAX_REPEATED);
    }

    /** For tests: another bound. */
    RelayRevocations(Registry registry, List<RelayServer> relays, byte[] secret, int maxRepeated) {
        this.registry = registry;
        this.maxRepeated = maxRepeated;
        this.addresses =
                relays.stream()
                        .flatMap(relay -> Stream.of(relay.ipv4(), relay.ipv6()))
                        .filter(Objects::nonNull)
                        .toList();
        byte[] key = RelayKeys.revocationKey(secret);
        this.code = new RelayCode(key);
        Arrays.fill(key, (byte) 0);
    }

    /** Datagrams to every address of every relay; none if nothing is to be told. */
    List<Reply> notices(long nowMillis) {
        long epoch = registry.revocationEpoch();
        if (epoch > seenEpoch) {
            seen.addLast(new Seen(seenEpoch, nowMillis));
            seenEpoch = epoch;
        }
        long oldest = epoch - maxRepeated;
        while (!seen.isEmpty() && nowMillis - seen.getFirst().atMillis() > TOLD_MILLIS
                || seen.size() > maxRepeated) {
            seen.removeFirst();
        }
        if (seen.isEmpty() || addresses.isEmpty()) {
            return List.of();
        }
        List<Id128> revoked =
                registry.revokedAfter(Math.max(seen.getFirst().afterEpoch(), oldest), maxRepeated);
        List<Reply> notices = new ArrayList<>();
        for (int from = 0; from < revoked.size(); from += RelayRevocation.MAX_NODES) {
            int to = Math.min(from + RelayRevocation.MAX_NODES, revoked.size());
            byte[] datagram = code.signed(new RelayRevocation(revoked.subList(from, to)).encode());
            addresses.forEach(address -> notices.add(new Reply(datagram, address, null)));
        }
        return notices;
    }

    /** Overwrites the key. */
    @Override
    public void close() {
        code.close();
    }
}
