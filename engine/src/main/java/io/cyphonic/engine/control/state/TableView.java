package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.state.StateTable;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Copies of all records of a table whose keys are node ids, made anew when the table has changed:
 * most looks at an idle node find what the last one found. Not for records with secrets, for the
 * copies stay. Thread-safe.
 *
 * @param <R> the flyweight of the records
 */
final class TableView<R> {
    private final StateTable table;
    private final Function<byte[], R> reader;
    private volatile Copies<R> last = new Copies<>(-1, Map.of());

    private record Copies<R>(long changes, Map<Id128, R> records) {}

    TableView(StateTable table, Function<byte[], R> reader) {
        this.table = table;
        this.reader = reader;
    }

    /** The records; whoever wants to change one takes a copy of its own. */
    Map<Id128, R> records() {
        // First the count, then the copies: whatever is written in between makes them anew.
        long changes = table.changes();
        Copies<R> present = last;
        if (present.changes == changes) {
            return present.records;
        }
        Map<Id128, R> records = new LinkedHashMap<>();
        table.forEach(
                (key, record) -> records.put(RecordFields.getId(key, 0), reader.apply(record)));
        last = new Copies<>(changes, Collections.unmodifiableMap(records));
        return records;
    }
}
