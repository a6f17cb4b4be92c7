package io.cyphonic.engine.dns;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What the resolver did so far. Thread-safe. */
public final class DnsCounters {
    /** One kind of event each; every query moves exactly one of them. */
    public enum Event {
        /** Answered from the zone. */
        ANSWERED,
        /** Answered that the name does not exist. */
        UNKNOWN_NAME,
        /** The name exists but its tunnel did not come up in time. */
        UNREACHABLE,
        /** Answered by an upstream server. */
        FORWARDED,
        /** No upstream server answered, or there is none. */
        NOT_FORWARDED,
        /** Not a query, or not a DNS message at all. */
        MALFORMED,
        /** A query of a kind that is not served: other classes, opcodes, transfers. */
        NOT_SUPPORTED,
        /** Came from another host; the resolver serves its own. */
        NOT_ALLOWED,
        /** More queries at once than may be handled. */
        OVERLOAD
    }

    private final Map<Event, LongAdder> counts = new EnumMap<>(Event.class);

    DnsCounters() {
        for (Event event : Event.values()) {
            counts.put(event, new LongAdder());
        }
    }

    void count(Event event) {
        counts.get(event).increment();
    }

    /** Every event with its count. */
    public Map<Event, Long> snapshot() {
        Map<Event, Long> copy = new EnumMap<>(Event.class);
        counts.forEach((event, adder) -> copy.put(event, adder.sum()));
        return copy;
    }
}
