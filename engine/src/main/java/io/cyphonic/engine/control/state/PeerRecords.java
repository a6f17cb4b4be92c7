package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.state.StateStore;
import io.cyphonic.signaling.state.StateTable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/**
 * One record for each peer, by node id; written under the peer's lock only. What is removed is
 * overwritten.
 *
 * @param <R> the flyweight of the records
 */
public final class PeerRecords<R> {
    private final StateTable table;
    private final TableView<R> view;
    private final Function<byte[], R> reader;
    private final Function<R, byte[]> writer;

    PeerRecords(
            StateStore store,
            String name,
            int recordLength,
            int maxEntries,
            Function<byte[], R> reader,
            Function<R, byte[]> writer) {
        this.table = store.createTable(name, RecordFields.ID_LENGTH, recordLength, maxEntries);
        this.view = new TableView<>(table, reader);
        this.reader = reader;
        this.writer = writer;
    }

    /** A copy of a peer's record, or {@code null}. */
    public R find(Id128 nodeId) {
        byte[] record = new byte[table.recordLength()];
        return table.get(Keys.of(nodeId), record) ? reader.apply(record) : null;
    }

    /** Writes a peer's record; false if there is no room. */
    public boolean put(Id128 nodeId, R record) {
        return table.put(Keys.of(nodeId), writer.apply(record));
    }

    /** Forgets a peer. */
    public void remove(Id128 nodeId) {
        table.remove(Keys.of(nodeId), null);
    }

    /** Copies of all. */
    public List<R> all() {
        List<R> all = new ArrayList<>();
        table.forEach((_, record) -> all.add(reader.apply(record)));
        return all;
    }

    /**
     * All, for looking only: the same objects as before if nothing has changed. They stay on the
     * heap, so not for records with secrets.
     */
    public Collection<R> view() {
        return view.records().values();
    }

    /** Counts the changes, see {@link StateTable#changes}. */
    public long changes() {
        return table.changes();
    }

    /** Records present. */
    public long size() {
        return table.size();
    }

    void expire(long nowMillis) {
        table.expire(nowMillis, null);
    }
}
