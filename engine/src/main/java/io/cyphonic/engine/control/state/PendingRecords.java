package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.state.StateStore;
import io.cyphonic.signaling.state.StateTable;

import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Records that wait for an answer, by a random 64-bit id: transactions, handshakes, probes. Whoever
 * takes a record out is the only one, so an answer that comes twice is used once; and a record is
 * changed only as long as nobody has taken it out.
 *
 * @param <R> the flyweight of the records
 */
public final class PendingRecords<R> {
    private final StateTable table;
    private final Function<byte[], R> reader;
    private final Function<R, byte[]> writer;

    PendingRecords(
            StateStore store,
            String name,
            int recordLength,
            int maxEntries,
            Function<byte[], R> reader,
            Function<R, byte[]> writer) {
        this.table = store.createTable(name, Long.BYTES, recordLength, maxEntries);
        this.reader = reader;
        this.writer = writer;
    }

    /** A copy of a record, or {@code null}. */
    public R find(long id) {
        byte[] record = new byte[table.recordLength()];
        return table.get(Keys.of(id), record) ? reader.apply(record) : null;
    }

    /** Writes a new record; false if there is no room or the id is in use. */
    public boolean add(long id, R record) {
        return table.putIfAbsent(Keys.of(id), writer.apply(record));
    }

    /** Replaces a record if it is still as it was; false if somebody changed it or took it out. */
    public boolean replace(long id, R present, R next) {
        return table.replace(Keys.of(id), writer.apply(present), writer.apply(next));
    }

    /** Takes a record out; {@code null} if it is not there, or no longer. */
    public R take(long id) {
        byte[] record = new byte[table.recordLength()];
        return table.remove(Keys.of(id), record) ? reader.apply(record) : null;
    }

    /** Records waiting. */
    public long size() {
        return table.size();
    }

    /** Removes what has expired. */
    void expire(long nowMillis) {
        table.expire(nowMillis, null);
    }

    /** Removes what has expired and gives it to somebody. */
    void expire(long nowMillis, Consumer<R> expired) {
        table.expire(nowMillis, (_, record) -> expired.accept(reader.apply(record)));
    }
}
