package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.state.StateStore;
import io.cyphonic.signaling.state.StateTable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Every peer with a tunnel, by node id; and the node id by name, by virtual address and by tunnel
 * index. The record is the truth; an index entry may lag behind it and is checked against it.
 */
public final class TunnelDirectory {
    /** Four for each, and room for those of forgotten tunnels until the next sweep. */
    private static final int INDEX_KEYS_PER_TUNNEL = 8;

    private static final int INDEX_NODE_ID = 8;
    private static final int INDEX_RECORD_LENGTH = INDEX_NODE_ID + RecordFields.ID_LENGTH;

    private final StateTable tunnels;
    private final StateTable index;
    private final TableView<TunnelRecord> view;

    TunnelDirectory(StateStore store, int maxTunnels) {
        this.tunnels =
                store.createTable(
                        "tunnels", RecordFields.ID_LENGTH, TunnelRecord.LENGTH, maxTunnels);
        this.view = new TableView<>(tunnels, TunnelRecord::new);
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
        byte[] entry = entry(Long.MAX_VALUE, tunnel.nodeId());
        for (WantedPeer key : indexKeys(tunnel)) {
            index.put(key.key(), entry);
        }
        return true;
    }

    private static byte[] entry(long expiry, Id128 nodeId) {
        byte[] entry = new byte[INDEX_RECORD_LENGTH];
        RecordFields.putLong(entry, 0, expiry);
        RecordFields.putId(entry, INDEX_NODE_ID, nodeId);
        return entry;
    }

    /** Writes a tunnel that is there already. */
    public void update(TunnelRecord tunnel) {
        tunnels.put(Keys.of(tunnel.nodeId()), tunnel.bytes());
    }

    /**
     * Forgets a tunnel. Its name may belong to another node by now, one that was invited after this
     * one was revoked: only entries that still name this node go, with the next sweep.
     */
    public void remove(TunnelRecord tunnel) {
        byte[] own = entry(Long.MAX_VALUE, tunnel.nodeId());
        byte[] nobody = entry(0, Id128.NONE);
        for (WantedPeer key : indexKeys(tunnel)) {
            index.replace(key.key(), own, nobody);
        }
        tunnels.remove(Keys.of(tunnel.nodeId()), null);
    }

    /** Sweeps the index. */
    void expire(long nowMillis) {
        index.expire(nowMillis, null);
    }

    /** Copies of all. */
    public List<TunnelRecord> all() {
        List<TunnelRecord> all = new ArrayList<>();
        tunnels.forEach((_, record) -> all.add(new TunnelRecord(record)));
        return all;
    }

    /** All by node id, for looking only: the same objects as before if nothing has changed. */
    public Map<Id128, TunnelRecord> view() {
        return view.records();
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
