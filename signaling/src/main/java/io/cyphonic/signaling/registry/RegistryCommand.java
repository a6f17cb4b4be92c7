package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Id128;

/**
 * One entry of the registry's log. All that applying it depends on is in it, in the state before it
 * and in the time the log gave it: no clock and no randomness.
 */
public sealed interface RegistryCommand {
    /** Fixes zone and prefixes; only the first one of a log counts. */
    record Configure(OverlayNetwork network) implements RegistryCommand {}

    /** See {@link Registry#invite}. */
    record Invite(Id128 invitationId, String name, byte[] secretHash, long expiryMillis)
            implements RegistryCommand {}

    /**
     * See {@link Registry#redeem}.
     *
     * @param newNodeId what the node is called if this is what enrols it
     */
    record Redeem(
            Id128 invitationId, byte[] secretHash, byte[] keyHash, long nowMillis, Id128 newNodeId)
            implements RegistryCommand {}

    /** See {@link Registry#storeCertificate}. */
    record StoreCertificate(Id128 nodeId, byte[] certificate) implements RegistryCommand {}

    /** See {@link Registry#register}; the time in the registration is not part of the entry. */
    record Register(Id128 nodeId, NodeRecord.Registration registration)
            implements RegistryCommand {}

    /** See {@link Registry#unregister}. */
    record Unregister(Id128 nodeId, long loginId) implements RegistryCommand {}

    /** See {@link Registry#revoke}. */
    record Revoke(String fqdn) implements RegistryCommand {}
}
