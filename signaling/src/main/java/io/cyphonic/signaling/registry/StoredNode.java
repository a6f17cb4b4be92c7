package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
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

    /** Bytes of a record in the table; the longest encoding takes about 2 760. */
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
        return new StoredNode(
                in.id(),
                in.text(),
                (Inet4Address) in.address(),
                (Inet6Address) in.address(),
                in.bytes(),
                in.bytes(),
                in.int8() == REVOKED_FLAG,
                Location.readFrom(in));
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
     * @param ipv4Counter highest counter of a request of this login over IPv4
     * @param ipv6Counter the same over IPv6; requests over the two families may overtake each other
     * @param supersededLogins newest first, at most {@value #MAX_SUPERSEDED_LOGINS}
     */
    record Location(
            boolean registered,
            long loginId,
            long ipv4Counter,
            long ipv6Counter,
            InetSocketAddress observedIpv4,
            InetSocketAddress observedIpv6,
            List<Candidate> candidates,
            long registeredAtMillis,
            List<Long> supersededLogins) {
        static final int MAX_SUPERSEDED_LOGINS = 16;

        /** Of a node that never registered. Counters start at 0 or above. */
        static final Location NONE =
                new Location(false, 0, -1, -1, null, null, List.of(), 0, List.of());

        /** The location after a registration request; this one if the request is an old one. */
        Location with(NodeRecord.Registration request, long timestampMillis) {
            if (supersededLogins.contains(request.loginId())) {
                return this;
            }
            final boolean first = ipv4Counter < 0 && ipv6Counter < 0;
            if (first || request.loginId() != loginId) {
                return new Location(
                                true,
                                request.loginId(),
                                -1,
                                -1,
                                null,
                                null,
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

        private Location updated(NodeRecord.Registration request, long timestampMillis) {
            final long counter = request.counter();
            final boolean overIpv4 = request.observedIpv4() != null;
            final boolean overIpv6 = request.observedIpv6() != null;
            final boolean newIpv4 = overIpv4 && counter > ipv4Counter;
            final boolean newIpv6 = overIpv6 && counter > ipv6Counter;
            final boolean newest = counter > Math.max(ipv4Counter, ipv6Counter);
            if (!newIpv4 && !newIpv6 && !newest) {
                return this;
            }
            final boolean neither = !overIpv4 && !overIpv6;
            return new Location(
                    true,
                    loginId,
                    newIpv4 || neither ? counter : ipv4Counter,
                    newIpv6 || neither ? counter : ipv6Counter,
                    newIpv4 ? request.observedIpv4() : observedIpv4,
                    newIpv6 ? request.observedIpv6() : observedIpv6,
                    newest ? List.copyOf(request.candidates()) : candidates,
                    timestampMillis,
                    supersededLogins);
        }

        Location forgotten() {
            return new Location(
                    false,
                    loginId,
                    ipv4Counter,
                    ipv6Counter,
                    null,
                    null,
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
                    Math.max(ipv4Counter, ipv6Counter),
                    observedIpv4,
                    observedIpv6,
                    candidates,
                    registeredAtMillis);
        }

        void writeTo(BinaryWriter out) {
            out.int8(registered ? 1 : 0)
                    .int64(loginId)
                    .int64(ipv4Counter)
                    .int64(ipv6Counter)
                    .socketAddress(observedIpv4)
                    .socketAddress(observedIpv6)
                    .int64(registeredAtMillis)
                    .int8(candidates.size());
            for (final Candidate candidate : candidates) {
                out.int8(candidate.kind().value()).socketAddress(candidate.address());
            }
            out.int8(supersededLogins.size());
            supersededLogins.forEach(out::int64);
        }

        static Location readFrom(BinaryReader in) {
            final boolean registered = in.int8() == 1;
            final long loginId = in.int64();
            final long ipv4Counter = in.int64();
            final long ipv6Counter = in.int64();
            final InetSocketAddress observedIpv4 = in.socketAddress();
            final InetSocketAddress observedIpv6 = in.socketAddress();
            final long registeredAtMillis = in.int64();
            final List<Candidate> candidates = new ArrayList<>();
            for (int left = in.int8(); left > 0; left--) {
                final CandidateKind kind = CandidateKind.get((short) in.int8());
                candidates.add(new Candidate(in.socketAddress(), kind));
            }
            final List<Long> logins = new ArrayList<>();
            for (int left = in.int8(); left > 0; left--) {
                logins.add(in.int64());
            }
            return new Location(
                    registered,
                    loginId,
                    ipv4Counter,
                    ipv6Counter,
                    observedIpv4,
                    observedIpv6,
                    List.copyOf(candidates),
                    registeredAtMillis,
                    List.copyOf(logins));
        }
    }
}
