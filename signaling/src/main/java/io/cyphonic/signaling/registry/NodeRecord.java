package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.Id128;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * What the cloud knows about a node. An immutable view of one moment.
 *
 * @param nodeId assigned at enrolment, never reused
 * @param fqdn unique in the zone, lower case
 * @param virtualIpv4 unchanging, never {@code null}
 * @param virtualIpv6 unchanging, never {@code null}
 * @param certificate the newest one, X.509 DER; empty until it was issued
 * @param revoked true for good once revoked
 * @param registration where it is, or {@code null} while it is not registered
 */
public record NodeRecord(
        Id128 nodeId,
        String fqdn,
        Inet4Address virtualIpv4,
        Inet6Address virtualIpv6,
        byte[] certificate,
        boolean revoked,
        Registration registration) {

    /**
     * A node's network location.
     *
     * @param loginId of the login whose key sealed the request
     * @param counter envelope counter of the request; a lower one never replaces a higher one of
     *     the same login, so a replayed request changes nothing
     * @param ipv4 where it was seen over IPv4
     * @param ipv6 where it was seen over IPv6
     * @param candidates addresses the node named itself, at most {@value #MAX_CANDIDATES}
     * @param registeredAtMillis time of the log entry
     * @param supersededLogins earlier logins, newest first
     */
    public record Registration(
            long loginId,
            long counter,
            Sighting ipv4,
            Sighting ipv6,
            List<Candidate> candidates,
            long registeredAtMillis,
            List<Long> supersededLogins) {
        /** Most candidates a node may name. */
        public static final int MAX_CANDIDATES = 8;

        /** A request that came from these addresses and confirms none. */
        public Registration(
                long loginId,
                long counter,
                InetSocketAddress ipv4Source,
                InetSocketAddress ipv6Source,
                List<Candidate> candidates,
                long registeredAtMillis) {
            this(
                    loginId,
                    counter,
                    new Sighting(counter, null, ipv4Source),
                    new Sighting(counter, null, ipv6Source),
                    candidates,
                    registeredAtMillis,
                    List.of());
        }

        /** The best that is known of where the node is over IPv4, or {@code null}. */
        public InetSocketAddress observedIpv4() {
            return ipv4.best();
        }

        /** The best that is known of where the node is over IPv6, or {@code null}. */
        public InetSocketAddress observedIpv6() {
            return ipv6.best();
        }
    }
}
