package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.Id128;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.List;

/**
 * A node as it stands in its table: what {@link NodeRecord} shows, and what the state machine needs
 * besides. Immutable; the {@code with} methods make changed copies.
 *
 * @param keyHash SHA-256 of the key it enrolled with
 * @param location where it is or was last
 */
record StoredNode(
        Id128 nodeId,
        String fqdn,
        Inet4Address virtualIpv4,
        Inet6Address virtualIpv6,
        byte[] keyHash,
        byte[] certificate,
        boolean revoked,
        Location location) {
    /** Longest certificate in bytes. */
    static final int MAX_CERTIFICATE_LENGTH = 2048;

    /** Bytes of a record in the table; the longest encoding takes about 2 800. */
    static final int RECORD_LENGTH = 2816;

    private static final int REVOKED_FLAG = 1;

    StoredNode withCertificate(byte[] newCertificate) {
        return new StoredNode(
                nodeId, fqdn, virtualIpv4, virtualIpv6, keyHash, newCertificate, revoked, location);
    }

    StoredNode withLocation(Location newLocation) {
        return new StoredNode(
                nodeId, fqdn, virtualIpv4, virtualIpv6, keyHash, certificate, revoked, newLocation);
    }

    StoredNode revokedForGood() {
        return new StoredNode(
                nodeId,
                fqdn,
                virtualIpv4,
                virtualIpv6,
                keyHash,
                certificate,
                true,
                location.forgotten());
    }

    NodeRecord toNodeRecord() {
        return new NodeRecord(
                nodeId,
                fqdn,
                virtualIpv4,
                virtualIpv6,
                certificate,
                revoked,
                location.toRegistration());
    }

    void writeTo(BinaryWriter out) {
        out.id(nodeId)
                .text(fqdn)
                .address(virtualIpv4)
                .address(virtualIpv6)
                .bytes(keyHash)
                .bytes(certificate)
                .int8(revoked ? REVOKED_FLAG : 0);
        location.writeTo(out);
    }

    static StoredNode readFrom(BinaryReader in) {
        return readFrom(in, false);
    }

    /** The node of a snapshot that did not tell confirmed addresses from others. */
    static StoredNode readOldFrom(BinaryReader in) {
        return readFrom(in, true);
    }

    private static StoredNode readFrom(BinaryReader in, boolean old) {
        return new StoredNode(
                in.id(),
                in.text(),
                (Inet4Address) in.address(),
                (Inet6Address) in.address(),
                in.bytes(),
                in.bytes(),
                in.int8() == REVOKED_FLAG,
                Location.readFrom(in, old));
    }

    /**
     * Where a node is. The counters stay when it logs off, and so do the logins before this one, so
     * that a recorded registration request cannot be played back later. Only so many are kept: of a
     * node that logged in more often within the life of one login (hours; a node logs in once per
     * life unless it is restarted or the cloud was away), somebody who recorded its first messages
     * could have an address of his taken for the node's, until the node's next keep-alive makes it
     * log in again.
     *
     * @param registered false before the first registration and after logging off
     * @param ipv4 where it was seen over IPv4
     * @param ipv6 the same over IPv6; requests over the two families may overtake each other
     * @param supersededLogins newest first, at most {@value #MAX_SUPERSEDED_LOGINS}
     */
    record Location(
            boolean registered,
            long loginId,
            Sighting ipv4,
            Sighting ipv6,
            List<Candidate> candidates,
            long registeredAtMillis,
            List<Long> supersededLogins) {
        static final int MAX_SUPERSEDED_LOGINS = 16;

        /** Of a node that never registered. Counters start at 0 or above. */
        static final Location NONE =
                new Location(false, 0, Sighting.NONE, Sighting.NONE, List.of(), 0, List.of());

        /** The location after a registration request; this one if the request is an old one. */
        Location with(NodeRecord.Registration request, long timestampMillis) {
            if (supersededLogins.contains(request.loginId())) {
                return this;
            }
            final boolean first = newestCounter() < 0;
            if (first || request.loginId() != loginId) {
                // Over the family that it comes by, what was confirmed stays until the node has
                // confirmed another: even the first request of a login may be a copy.
                return new Location(
                                true,
                                request.loginId(),
                                request.observedIpv4() == null ? Sighting.NONE : ipv4.ofNewLogin(),
                                request.observedIpv6() == null ? Sighting.NONE : ipv6.ofNewLogin(),
                                List.of(),
                                timestampMillis,
                                first ? List.of() : superseding(loginId))
                        .updated(request, timestampMillis);
            }
            return updated(request, timestampMillis);
        }

        private List<Long> superseding(long oldLogin) {
            final List<Long> logins = new ArrayList<>(supersededLogins);
            logins.addFirst(oldLogin);
            return List.copyOf(logins.subList(0, Math.min(logins.size(), MAX_SUPERSEDED_LOGINS)));
        }

        private long newestCounter() {
            return Math.max(ipv4.counter(), ipv6.counter());
        }

        private Location updated(NodeRecord.Registration request, long timestampMillis) {
            final long counter = request.counter();
            final boolean newest = counter > newestCounter();
            final boolean neither =
                    request.observedIpv4() == null && request.observedIpv6() == null;
            final Sighting nextIpv4 = neither ? ipv4.atLeast(counter) : ipv4.after(request.ipv4());
            final Sighting nextIpv6 = neither ? ipv6.atLeast(counter) : ipv6.after(request.ipv6());
            if (!newest && nextIpv4 == ipv4 && nextIpv6 == ipv6) {
                return this;
            }
            return new Location(
                    true,
                    loginId,
                    nextIpv4,
                    nextIpv6,
                    newest ? List.copyOf(request.candidates()) : candidates,
                    timestampMillis,
                    supersededLogins);
        }

        Location forgotten() {
            return new Location(
                    false,
                    loginId,
                    ipv4.forgotten(),
                    ipv6.forgotten(),
                    List.of(),
                    0,
                    supersededLogins);
        }

        NodeRecord.Registration toRegistration() {
            if (!registered) {
                return null;
            }
            return new NodeRecord.Registration(
                    loginId,
                    newestCounter(),
                    ipv4,
                    ipv6,
                    candidates,
                    registeredAtMillis,
                    supersededLogins);
        }

        void writeTo(BinaryWriter out) {
            out.int8(registered ? 1 : 0).int64(loginId);
            ipv4.writeTo(out);
            ipv6.writeTo(out);
            out.int64(registeredAtMillis).candidates(candidates).int8(supersededLogins.size());
            supersededLogins.forEach(out::int64);
        }

        static Location readFrom(BinaryReader in, boolean old) {
            final boolean registered = in.int8() == 1;
            final long loginId = in.int64();
            final Sighting ipv4;
            final Sighting ipv6;
            if (old) {
                final long ipv4Counter = in.int64();
                final long ipv6Counter = in.int64();
                ipv4 = new Sighting(ipv4Counter, null, in.socketAddress());
                ipv6 = new Sighting(ipv6Counter, null, in.socketAddress());
            } else {
                ipv4 = Sighting.readFrom(in);
                ipv6 = Sighting.readFrom(in);
            }
            final long registeredAtMillis = in.int64();
            final List<Candidate> candidates = in.candidates();
            final List<Long> logins = new ArrayList<>();
            for (int left = in.int8(); left > 0; left--) {
                logins.add(in.int64());
            }
            return new Location(
                    registered,
                    loginId,
                    ipv4,
                    ipv6,
                    candidates,
                    registeredAtMillis,
                    List.copyOf(logins));
        }
    }
}
