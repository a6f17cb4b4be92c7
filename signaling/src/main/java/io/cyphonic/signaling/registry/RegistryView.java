package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Id128;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The reading half of a {@link Registry}, from the tables of this process. Never waits for the log;
 * shows what was applied last. Any thread.
 */
public final class RegistryView {
    private final RegistryTables tables;

    RegistryView(RegistryTables tables) {
        this.tables = tables;
    }

    /** Zone and prefixes, once the log has said which. */
    public Optional<OverlayNetwork> network() {
        return Optional.ofNullable(tables.network());
    }

    /** See {@link Registry#findById}. */
    public Optional<NodeRecord> findById(Id128 nodeId) {
        return Optional.ofNullable(tables.node(nodeId)).map(StoredNode::toNodeRecord);
    }

    /** See {@link Registry#findByFqdn}. */
    public Optional<NodeRecord> findByFqdn(String fqdn) {
        return Optional.ofNullable(tables.nodeNamed(fqdn.toLowerCase(Locale.ROOT)))
                .map(StoredNode::toNodeRecord);
    }

    /** See {@link Registry#findByVirtualAddress}. */
    public Optional<NodeRecord> findByVirtualAddress(InetAddress address) {
        return Optional.ofNullable(tables.nodeAt(address)).map(StoredNode::toNodeRecord);
    }

    /** See {@link Registry#nodes}. */
    public List<NodeRecord> nodes() {
        return tables.nodes().stream()
                .map(StoredNode::toNodeRecord)
                .sorted(
                        Comparator.comparing(NodeRecord::fqdn)
                                .thenComparing(node -> node.nodeId().toString()))
                .toList();
    }

    /** See {@link Registry#openInvitations}. */
    public List<Registry.OpenInvitation> openInvitations(long nowMillis) {
        return tables.invitations().stream()
                .filter(i -> i.isOpen() && i.expiryMillis() > nowMillis)
                .map(i -> new Registry.OpenInvitation(i.invitationId(), i.fqdn(), i.expiryMillis()))
                .sorted(Comparator.comparing(Registry.OpenInvitation::fqdn))
                .toList();
    }

    /** See {@link Registry#revocationEpoch}. */
    public long revocationEpoch() {
        return tables.revocationEpoch();
    }

    /** See {@link Registry#revokedAfter}. */
    public List<Id128> revokedAfter(long epoch, int limit) {
        final List<Id128> revoked = new ArrayList<>();
        final long newest = tables.revocationEpoch();
        for (long next = Math.max(epoch, 0) + 1; next <= newest && revoked.size() < limit; next++) {
            revoked.add(tables.revocation(next));
        }
        return revoked;
    }
}
