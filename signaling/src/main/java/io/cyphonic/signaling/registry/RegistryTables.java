package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.state.StateStore;
import io.cyphonic.signaling.state.StateTable;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The registry's tables in the shared state. One thread writes, any thread reads. A node is written
 * before the names and addresses that point to it, so a reader never follows one to nothing.
 */
final class RegistryTables {
    private static final int ID_LENGTH = 16;
    private static final int POINTER_LENGTH = Long.BYTES + ID_LENGTH;

    private final StateTable nodes;
    private final StateTable nodesByName;
    private final StateTable nodesByAddress;
    private final StateTable invitations;
    private final StateTable revocations;
    private volatile OverlayNetwork network;
    private volatile long revocationEpoch;

    RegistryTables(StateStore store, RegistryLimits limits) {
        final int max = limits.maxNodes();
        nodes = store.createTable("registry-nodes", ID_LENGTH, StoredNode.RECORD_LENGTH, max);
        nodesByName = store.createTable("registry-names", ID_LENGTH, POINTER_LENGTH, max);
        nodesByAddress =
                store.createTable("registry-addresses", ID_LENGTH, POINTER_LENGTH, 2 * max);
        revocations = store.createTable("registry-revocations", Long.BYTES, POINTER_LENGTH, max);
        invitations =
                store.createTable(
                        "registry-invitations",
                        ID_LENGTH,
                        StoredInvitation.RECORD_LENGTH,
                        limits.maxInvitations());
    }

    /** Empties every table, before a snapshot is loaded. */
    void clear() {
        for (final StateTable table :
                List.of(nodesByName, nodesByAddress, nodes, revocations, invitations)) {
            table.forEach((key, _) -> table.remove(key, null));
        }
        revocationEpoch = 0;
        network = null;
    }

    /** {@code null} until the registry was configured. */
    OverlayNetwork network() {
        return network;
    }

    void setNetwork(OverlayNetwork newNetwork) {
        network = newNetwork;
    }

    long nodeCount() {
        return nodes.size();
    }

    StoredNode node(Id128 nodeId) {
        final byte[] record = new byte[StoredNode.RECORD_LENGTH];
        return nodes.get(key(nodeId), record) ? StoredNode.readFrom(body(record)) : null;
    }

    StoredNode nodeNamed(String fqdn) {
        final StoredNode node = pointedTo(nodesByName, key(fqdn));
        return node != null && node.fqdn().equals(fqdn) ? node : null;
    }

    StoredNode nodeAt(InetAddress address) {
        return pointedTo(nodesByAddress, key(address));
    }

    private StoredNode pointedTo(StateTable table, byte[] key) {
        final byte[] pointer = new byte[POINTER_LENGTH];
        return table.get(key, pointer) ? node(body(pointer).id()) : null;
    }

    List<StoredNode> nodes() {
        return all(nodes, StoredNode::readFrom);
    }

    /** Adds a node and what points to it; false, and nothing happened, when the table is full. */
    boolean addNode(StoredNode node) {
        final byte[] key = key(node.nodeId());
        if (!nodes.putIfAbsent(key, record(StoredNode.RECORD_LENGTH, node::writeTo))) {
            return false;
        }
        final byte[] pointer = record(POINTER_LENGTH, out -> out.id(node.nodeId()));
        mustPut(nodesByAddress, key(node.virtualIpv4()), pointer);
        mustPut(nodesByAddress, key(node.virtualIpv6()), pointer);
        return true;
    }

    /** Lets the name point to this node, away from an older one. */
    void pointName(StoredNode node) {
        mustPut(
                nodesByName,
                key(node.fqdn()),
                record(POINTER_LENGTH, out -> out.id(node.nodeId())));
    }

    void updateNode(StoredNode node) {
        mustPut(nodes, key(node.nodeId()), record(StoredNode.RECORD_LENGTH, node::writeTo));
    }

    StoredInvitation invitation(Id128 invitationId) {
        final byte[] record = new byte[StoredInvitation.RECORD_LENGTH];
        return invitations.get(key(invitationId), record)
                ? StoredInvitation.readFrom(body(record))
                : null;
    }

    List<StoredInvitation> invitations() {
        return all(invitations, StoredInvitation::readFrom);
    }

    boolean putInvitation(StoredInvitation invitation) {
        return invitations.put(
                key(invitation.invitationId()),
                record(
                        invitation.expiryMillis(),
                        StoredInvitation.RECORD_LENGTH,
                        invitation::writeTo));
    }

    void removeInvitation(Id128 invitationId) {
        invitations.remove(key(invitationId), null);
    }

    void expireInvitations(long nowMillis, Consumer<StoredInvitation> removed) {
        invitations.expire(
                nowMillis, (_, record) -> removed.accept(StoredInvitation.readFrom(body(record))));
    }

    long revocationEpoch() {
        return revocationEpoch;
    }

    void addRevocation(Id128 nodeId) {
        final long epoch = revocationEpoch + 1;
        mustPut(revocations, key(epoch), record(POINTER_LENGTH, out -> out.id(nodeId)));
        revocationEpoch = epoch;
    }

    /** The node revoked by this epoch. */
    Id128 revocation(long epoch) {
        final byte[] pointer = new byte[POINTER_LENGTH];
        if (!revocations.get(key(epoch), pointer)) {
            throw new IllegalStateException("no revocation of epoch " + epoch);
        }
        return body(pointer).id();
    }

    private static <T> List<T> all(StateTable table, Function<BinaryReader, T> reader) {
        final List<T> entries = new ArrayList<>();
        table.forEach((_, record) -> entries.add(reader.apply(body(record))));
        return entries;
    }

    /** The bound of the node table holds for the others too, so they cannot be full. */
    private static void mustPut(StateTable table, byte[] key, byte[] record) {
        if (!table.put(key, record)) {
            throw new IllegalStateException("registry table full before the table of nodes");
        }
    }

    private static byte[] record(int length, Consumer<BinaryWriter> body) {
        return record(Long.MAX_VALUE, length, body);
    }

    private static byte[] record(long expiryMillis, int length, Consumer<BinaryWriter> body) {
        final BinaryWriter out = new BinaryWriter().int64(expiryMillis);
        body.accept(out);
        final byte[] bytes = out.toArray();
        if (bytes.length > length) {
            throw new IllegalStateException(
                    "record of " + bytes.length + " bytes, room for " + length);
        }
        return Arrays.copyOf(bytes, length);
    }

    private static BinaryReader body(byte[] record) {
        return new BinaryReader(record, Long.BYTES, record.length - Long.BYTES);
    }

    private static byte[] key(Id128 id) {
        return ByteBuffer.allocate(ID_LENGTH).putLong(id.high()).putLong(id.low()).array();
    }

    private static byte[] key(long epoch) {
        return ByteBuffer.allocate(Long.BYTES).putLong(epoch).array();
    }

    private static byte[] key(InetAddress address) {
        final byte[] bytes = address.getAddress();
        if (bytes.length == ID_LENGTH) {
            return bytes;
        }
        // IPv4-mapped (RFC 4291, section 2.5.5.2).
        return ByteBuffer.allocate(ID_LENGTH).putLong(0).putInt(0xFFFF).put(bytes).array();
    }

    /** Half a SHA-256: names are up to 253 characters, keys have one length. */
    private static byte[] key(String fqdn) {
        try {
            final byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(fqdn.getBytes(StandardCharsets.UTF_8));
            return Arrays.copyOf(hash, ID_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
