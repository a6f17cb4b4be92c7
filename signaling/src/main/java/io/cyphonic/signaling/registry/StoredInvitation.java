package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Id128;

/**
 * An invitation as it stands in its table.
 *
 * @param nodeId the node it enrolled; {@link Id128#NONE} while it is open
 * @param keyHash of the key it was redeemed for; empty while it is open
 */
record StoredInvitation(
        Id128 invitationId,
        String fqdn,
        byte[] secretHash,
        long expiryMillis,
        Id128 nodeId,
        byte[] keyHash) {
    /** Bytes of a record in the table; the longest encoding takes about 370. */
    static final int RECORD_LENGTH = 384;

    boolean isOpen() {
        return nodeId.equals(Id128.NONE);
    }

    StoredInvitation usedBy(Id128 newNodeId, byte[] newKeyHash) {
        return new StoredInvitation(
                invitationId, fqdn, secretHash, expiryMillis, newNodeId, newKeyHash);
    }

    void writeTo(BinaryWriter out) {
        out.id(invitationId)
                .text(fqdn)
                .bytes(secretHash)
                .int64(expiryMillis)
                .id(nodeId)
                .bytes(keyHash);
    }

    static StoredInvitation readFrom(BinaryReader in) {
        return new StoredInvitation(
                in.id(), in.text(), in.bytes(), in.int64(), in.id(), in.bytes());
    }
}
