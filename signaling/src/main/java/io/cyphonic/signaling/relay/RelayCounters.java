package io.cyphonic.signaling.relay;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/** The counters of one relay. {@link #add} is for the relay's thread; any may read. */
public final class RelayCounters {
    private final AtomicLongArray values = new AtomicLongArray(RelayCounter.values().length);

    /** All at zero. */
    public RelayCounters() {}

    /** Adds, for the one writer. */
    void add(RelayCounter counter, long count) {
        int index = counter.ordinal();
        values.setOpaque(index, values.getPlain(index) + count);
    }

    /** Adds one, from any thread; for counters that the relay's thread does not touch. */
    void addShared(RelayCounter counter) {
        values.incrementAndGet(counter.ordinal());
    }

    /** The present value. */
    public long get(RelayCounter counter) {
        return values.getOpaque(counter.ordinal());
    }

    /** All values of about one moment. */
    public Map<RelayCounter, Long> snapshot() {
        Map<RelayCounter, Long> snapshot = new EnumMap<>(RelayCounter.class);
        for (RelayCounter counter : RelayCounter.values()) {
            snapshot.put(counter, get(counter));
        }
        return snapshot;
    }
}
