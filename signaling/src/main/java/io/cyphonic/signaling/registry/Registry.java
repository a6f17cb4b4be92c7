package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * The registry of the cloud: accounts, certificates, registrations, revocations.
 *
 * <p>Reads come from this member's view in shared memory and never wait. Writes go through the
 * replicated log and return when the entry is durable and applied; they wait at most a few seconds
 * and then answer {@link Status#UNAVAILABLE}, in which case the write may or may not have happened
 * and may be repeated: every write is idempotent. Safe for any number of (virtual) threads.
 */
public interface Registry {
    /** The node with this id. */
    Optional<NodeRecord> findById(Id128 nodeId);

    /** The node with this name; case does not matter. */
    Optional<NodeRecord> findByFqdn(String fqdn);

    /** The node with this virtual address, of either family. */
    Optional<NodeRecord> findByVirtualAddress(InetAddress address);

    /** Every node, by name. */
    List<NodeRecord> nodes();

    /** Invitations neither used nor expired at this time, by name. */
    List<OpenInvitation> openInvitations(long nowMillis);

    /** Counts revocations; 0 before the first. */
    long revocationEpoch();

    /** Nodes revoked after an epoch, oldest first, at most {@code limit}. */
    List<Id128> revokedAfter(long epoch, int limit);

    /**
     * Records an invitation. A name that already belongs to a node that is not revoked is {@link
     * Status#FORBIDDEN}; an older open invitation for the name is replaced.
     *
     * @param name label under the zone, or full name in it; lower case letters, digits and hyphens
     * @param secretHash SHA-256 of the secret; the secret itself is never stored
     * @return OK, FORBIDDEN, MALFORMED or UNAVAILABLE
     */
    Status invite(Id128 invitationId, String name, byte[] secretHash, long expiryMillis);

    /**
     * Redeems an invitation for a key. The first key wins; the same key may come again and gets the
     * same answer, so an enrolment cut short can be repeated.
     *
     * @param keyHash SHA-256 of the node's public key
     */
    Redeemed redeem(Id128 invitationId, byte[] secretHash, byte[] keyHash, long nowMillis);

    /** Records the newest certificate of a node: OK, FORBIDDEN (revoked), PEER_UNKNOWN. */
    Status storeCertificate(Id128 nodeId, byte[] certificate);

    /** Records where a node is: OK, FORBIDDEN (revoked), PEER_UNKNOWN, UNAVAILABLE. */
    Status register(Id128 nodeId, NodeRecord.Registration registration);

    /** Forgets where a node is, if its registration is still of this login. */
    Status unregister(Id128 nodeId, long loginId);

    /**
     * Revokes a node for good, and withdraws an open invitation for the name.
     *
     * @return OK (also when it was revoked already), PEER_UNKNOWN, UNAVAILABLE
     */
    Status revoke(String fqdn);

    /**
     * Answer to {@link #redeem}.
     *
     * @param status OK, or INVITATION_UNKNOWN (also for a wrong secret), INVITATION_USED,
     *     INVITATION_EXPIRED, UNAVAILABLE; the other components are {@code null} unless OK
     */
    record Redeemed(
            Status status,
            Id128 nodeId,
            String fqdn,
            Inet4Address virtualIpv4,
            Inet6Address virtualIpv6) {}

    /** An invitation that can still be used. */
    record OpenInvitation(Id128 invitationId, String fqdn, long expiryMillis) {}
}
