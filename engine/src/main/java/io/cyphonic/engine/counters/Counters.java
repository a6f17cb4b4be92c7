package io.cyphonic.engine.counters;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The engine's counters. Every thread of the data path has a {@link Lane} of its own and is its
 * only writer, so that counting is a plain addition; reading adds the lanes up. A sum is exact once
 * the writers rest, and never goes back.
 */
public final class Counters {
    private static final Counter[] COUNTERS = Counter.values();
    private static final DropReason[] REASONS = DropReason.values();
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

    private final List<Lane> lanes = new CopyOnWriteArrayList<>();
    private final AtomicLongArray sharedDrops = new AtomicLongArray(REASONS.length);

    /** All zero, no lanes. */
    public Counters() {}

    /** Makes the lane of one more writer. */
    public Lane newLane() {
        Lane lane = new Lane();
        lanes.add(lane);
        return lane;
    }

    /** Counts a drop from any thread; for rare ones, off the data path. */
    public void drop(DropReason reason) {
        sharedDrops.incrementAndGet(reason.ordinal());
    }

    /** The sum of a counter. */
    public long get(Counter counter) {
        return sum(counter.ordinal());
    }

    /** How many were dropped for this reason. */
    public long drops(DropReason reason) {
        return sum(COUNTERS.length + reason.ordinal()) + sharedDrops.get(reason.ordinal());
    }

    private long sum(int cell) {
        long sum = 0;
        for (Lane lane : lanes) {
            sum += lane.get(cell);
        }
        return sum;
    }

    /** Every counter with its sum at present. */
    public Map<Counter, Long> snapshot() {
        Map<Counter, Long> sums = new EnumMap<>(Counter.class);
        for (Counter counter : COUNTERS) {
            sums.put(counter, get(counter));
        }
        return sums;
    }

    /** Every drop reason with its count at present. */
    public Map<DropReason, Long> dropSnapshot() {
        Map<DropReason, Long> sums = new EnumMap<>(DropReason.class);
        for (DropReason reason : REASONS) {
            sums.put(reason, drops(reason));
        }
        return sums;
    }

    /**
     * The counters of one writer. Where a role moves from thread to thread (the adaptive mode), the
     * hand-over of the role orders their writes too.
     */
    public static final class Lane {
        /** Cache lines of other threads' data keep away from these cells. */
        private static final int PADDING = 16;

        private final long[] cells = new long[PADDING + COUNTERS.length + REASONS.length + PADDING];

        private Lane() {}

        /** Adds to a counter. */
        public void add(Counter counter, long count) {
            addTo(PADDING + counter.ordinal(), count);
        }

        /** Counts drops. */
        public void drop(DropReason reason, long count) {
            addTo(PADDING + COUNTERS.length + reason.ordinal(), count);
        }

        private void addTo(int cell, long count) {
            CELL.setOpaque(cells, cell, cells[cell] + count);
        }

        private long get(int cell) {
            return (long) CELL.getOpaque(cells, PADDING + cell);
        }
    }
}
