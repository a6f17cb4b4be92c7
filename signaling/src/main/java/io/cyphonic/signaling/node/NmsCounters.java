package io.cyphonic.signaling.node;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The counters of one NMS. Any thread may count and read. */
public final class NmsCounters {
    private final LongAdder[] values = new LongAdder[NmsCounter.values().length];

    /** All at zero. */
    public NmsCounters() {
        for (int i = 0; i < values.length; i++) {
            values[i] = new LongAdder();
        }
    }

    /** Adds one. */
    public void count(NmsCounter counter) {
        values[counter.ordinal()].increment();
    }

    /** The present value. */
    public long get(NmsCounter counter) {
        return values[counter.ordinal()].sum();
    }

    /** All values of about one moment. */
    public Map<NmsCounter, Long> snapshot() {
        Map<NmsCounter, Long> snapshot = new EnumMap<>(NmsCounter.class);
        for (NmsCounter counter : NmsCounter.values()) {
            snapshot.put(counter, get(counter));
        }
        return snapshot;
    }
}
