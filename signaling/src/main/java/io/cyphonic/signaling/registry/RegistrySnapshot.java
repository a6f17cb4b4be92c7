package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Id128;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * The state of the registry as a series of pieces: a header with the counts, then every node,
 * revocation and invitation, in an order that depends on the state alone. Equal states make equal
 * snapshots.
 */
public final class RegistrySnapshot {
    /** The version that is written. Version 1 knew no confirmed addresses. */
    public static final int VERSION = 2;

    private static final int HEADER = 1;
    private static final int NODE = 2;
    private static final int REVOCATION = 3;
    private static final int INVITATION = 4;

    private RegistrySnapshot() {}

    static void write(RegistryTables tables, int lastNodeNumber, Consumer<byte[]> pieces) {
        final List<StoredNode> nodes =
                tables.nodes().stream().sorted(byId(StoredNode::nodeId)).toList();
        final List<StoredInvitation> invitations =
                tables.invitations().stream().sorted(byId(StoredInvitation::invitationId)).toList();
        final long epoch = tables.revocationEpoch();
        final OverlayNetwork network = tables.network();
        final BinaryWriter header =
                new BinaryWriter()
                        .int8(HEADER)
                        .int8(VERSION)
                        .int32(lastNodeNumber)
                        .int32(nodes.size())
                        .int64(epoch)
                        .int32(invitations.size())
                        .int8(network == null ? 0 : 1);
        if (network != null) {
            RegistryCommandCodec.writeNetwork(header, network);
        }
        pieces.accept(header.toArray());
        for (final StoredNode node : nodes) {
            final StoredNode current = tables.nodeNamed(node.fqdn());
            final boolean named = current != null && current.nodeId().equals(node.nodeId());
            final BinaryWriter out = new BinaryWriter().int8(NODE).int8(named ? 1 : 0);
            node.writeTo(out);
            pieces.accept(out.toArray());
        }
        for (long next = 1; next <= epoch; next++) {
            pieces.accept(
                    new BinaryWriter().int8(REVOCATION).id(tables.revocation(next)).toArray());
        }
        for (final StoredInvitation invitation : invitations) {
            final BinaryWriter out = new BinaryWriter().int8(INVITATION);
            invitation.writeTo(out);
            pieces.accept(out.toArray());
        }
    }

    private static <T> Comparator<T> byId(java.util.function.Function<T, Id128> id) {
        return Comparator.comparingLong((T entry) -> id.apply(entry).high())
                .thenComparingLong(entry -> id.apply(entry).low());
    }

    /** Puts the pieces back. A piece that is damaged, missing or too many is an exception. */
    public static final class Loader implements Consumer<byte[]>, AutoCloseable {
        private final RegistryTables tables;
        private final Map<String, Id128> openInvitationsByName;
        private final IntConsumer lastNodeNumber;
        private boolean headerSeen;
        private boolean old;
        private long piecesLeft;

        Loader(
                RegistryTables tables,
                Map<String, Id128> openInvitationsByName,
                IntConsumer lastNodeNumber) {
            this.tables = tables;
            this.openInvitationsByName = openInvitationsByName;
            this.lastNodeNumber = lastNodeNumber;
        }

        @Override
        public void accept(byte[] piece) {
            final BinaryReader in = new BinaryReader(piece, 0, piece.length);
            final int kind = in.int8();
            if (headerSeen == (kind == HEADER)) {
                throw new IllegalStateException("snapshot: one header, first; found " + kind);
            }
            switch (kind) {
                case HEADER -> readHeader(in);
                case NODE -> readNode(in);
                case REVOCATION -> tables.addRevocation(in.id());
                case INVITATION -> readInvitation(in);
                default -> throw new IllegalStateException("snapshot: unknown piece " + kind);
            }
            if (kind != HEADER) {
                piecesLeft--;
            }
        }

        private void readHeader(BinaryReader in) {
            final int version = in.int8();
            if (version < 1 || version > VERSION) {
                throw new IllegalStateException(
                        "snapshot version must be at most " + VERSION + ", found " + version);
            }
            old = version == 1;
            headerSeen = true;
            lastNodeNumber.accept(in.int32());
            piecesLeft = in.int32() + in.int64() + in.int32();
            if (in.int8() == 1) {
                tables.setNetwork(RegistryCommandCodec.readNetwork(in));
            }
        }

        private void readNode(BinaryReader in) {
            final boolean named = in.int8() == 1;
            final StoredNode node = old ? StoredNode.readOldFrom(in) : StoredNode.readFrom(in);
            if (!tables.addNode(node)) {
                throw new IllegalStateException(
                        "snapshot: more nodes than the limit, which was larger once");
            }
            if (named) {
                tables.pointName(node);
            }
        }

        private void readInvitation(BinaryReader in) {
            final StoredInvitation invitation = StoredInvitation.readFrom(in);
            if (!tables.putInvitation(invitation)) {
                throw new IllegalStateException(
                        "snapshot: more invitations than the limit, which was larger once");
            }
            if (invitation.isOpen()) {
                openInvitationsByName.put(invitation.fqdn(), invitation.invitationId());
            }
        }

        /** Whether every piece the header announced has come. */
        public boolean isComplete() {
            return headerSeen && piecesLeft == 0;
        }

        @Override
        public void close() {
            if (!isComplete()) {
                throw new IllegalStateException("snapshot: " + piecesLeft + " pieces missing");
            }
        }
    }
}
