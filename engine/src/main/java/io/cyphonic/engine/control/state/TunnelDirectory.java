package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.state.StateStore;
import io.cyphonic.signaling.state.StateTable;

import java.util.ArrayList;
import java.util.List;

/**
 * Every peer with a tunnel, by node id; and the node id by name, by virtual address and by tunnel
 * index. The record is the truth; an index entry may lag behind it and is checked against it.
 */
public final class TunnelDirectory {
    private static final int INDEX_KEYS_PER_TUNNEL = 4;
    private static final int INDEX_NODE_ID = 8;
    private static final int INDEX_RECORD_LENGTH = INDEX_NODE_ID + RecordFields.ID_LENGTH;

    private final StateTable tunnels;
    private final StateTable index;

    TunnelDirectory(StateStore store, int maxTunnels) {
        this.tunnels =
                store.createTable(
                        "tunnels", RecordFields.ID_LENGTH, TunnelRecord.LENGTH, maxTunnels);
        this.index =
                store.createTable(
                        "tunnel index",
                        WantedPeer.LENGTH,
                        INDEX_RECORD_LENGTH,
                        INDEX_KEYS_PER_TUNNEL * maxTunnels);
    }

    /** The tunnel to a peer, or {@code null}. */
    public TunnelRecord find(Id128 nodeId) {
        byte[] record = new byte[TunnelRecord.LENGTH];
        return tunnels.get(Keys.of(nodeId), record) ? new TunnelRecord(record) : null;
    }

    /** The tunnel to a wanted peer, or {@code null}. */
    public TunnelRecord find(WantedPeer wanted) {
        byte[] entry = new byte[INDEX_RECORD_LENGTH];
        return index.get(wanted.key(), entry)
                ? find(RecordFields.getId(entry, INDEX_NODE_ID))
                : null;
    }

    /** Writes a new tunnel and its index; false if there is no room. */
    public boolean add(TunnelRecord tunnel) {
        if (!tunnels.put(Keys.of(tunnel.nodeId()), tunnel.bytes())) {
            return false;
        }
        byte[] entry = new byte[INDEX_RECORD_LENGTH];
        RecordFields.putLong(entry, 0, Long.MAX_VALUE);
        RecordFields.putId(entry, INDEX_NODE_ID, tunnel.nodeId());
        for (WantedPeer key : indexKeys(tunnel)) {
            index.put(key.key(), entry);
        }
        return true;
    }

    /** Writes a tunnel that is there already. */
    public void update(TunnelRecord tunnel) {
        tunnels.put(Keys.of(tunnel.nodeId()), tunnel.bytes());
    }

    /** Forgets a tunnel. */
    public void remove(TunnelRecord tunnel) {
        for (WantedPeer key : indexKeys(tunnel)) {
            index.remove(key.key(), null);
        }
        tunnels.remove(Keys.of(tunnel.nodeId()), null);
    }

    /** Copies of all. */
    public List<TunnelRecord> all() {
        if (tunnels.size() == 0) {
            return List.of();
        }
        List<TunnelRecord> all = new ArrayList<>();
        tunnels.forEach((_, record) -> all.add(new TunnelRecord(record)));
        return all;
    }

    /** Peers with a tunnel. */
    public long size() {
        return tunnels.size();
    }

    private static List<WantedPeer> indexKeys(TunnelRecord tunnel) {
        PeerIdentity peer = tunnel.identity();
        return List.of(
                WantedPeer.byName(peer.fqdn()),
                WantedPeer.byAddress(peer.virtualIpv4()),
                WantedPeer.byAddress(peer.virtualIpv6()),
                WantedPeer.byTunnel(tunnel.tunnelIndex()));
    }
}
