package io.cyphonic.signaling.gateway;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The counters of one gateway. Any thread may count and read. */
public final class GatewayCounters {
    private final LongAdder[] values = new LongAdder[GatewayCounter.values().length];

    GatewayCounters() {
        for (int i = 0; i < values.length; i++) {
            values[i] = new LongAdder();
        }
    }

    void count(GatewayCounter counter) {
        values[counter.ordinal()].increment();
    }

    /** The present value. */
    public long get(GatewayCounter counter) {
        return values[counter.ordinal()].sum();
    }

    /** All values of about one moment. */
    public Map<GatewayCounter, Long> snapshot() {
        Map<GatewayCounter, Long> snapshot = new EnumMap<>(GatewayCounter.class);
        for (GatewayCounter counter : GatewayCounter.values()) {
            snapshot.put(counter, get(counter));
        }
        return snapshot;
    }
}
