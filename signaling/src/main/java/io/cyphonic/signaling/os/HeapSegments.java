package io.cyphonic.signaling.os;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * The segments through which one thread hands parts of heap arrays to the kernel. A new segment per
 * call would be free only as long as the compiler proves that it does not escape, which it does not
 * always: then every call allocates. So segments of long buffers, which come again and again, are
 * kept; short pieces, which start anywhere, go through one staging array.
 *
 * <p>Owned by one thread. Keeps at most {@value #SLOTS} arrays from being collected.
 */
final class HeapSegments {
    /** Up to this many bytes copying costs less than the call to the kernel varies. */
    static final int STAGING_LENGTH = 2_048;

    private static final int SLOTS = 2_048;

    /** Slots looked at for one key: neighbours take what collides. */
    private static final int PROBES = 8;

    private static final int OFFSET_SPREAD = 0x9E3779B1;

    private final MemorySegment staging = MemorySegment.ofArray(new byte[STAGING_LENGTH]);
    private final Kept[] slots = new Kept[SLOTS];
    private int nextVictim;

    /** In one array, and not one of segments: C2 mistrusts a store to such a one (ADR 0018). */
    private record Kept(MemorySegment array, int offset, MemorySegment segment) {}

    /**
     * A segment that begins with the given bytes, to be read by the kernel before the next call.
     *
     * @param array the whole array's; the same object every time, where it is to be kept
     * @throws IndexOutOfBoundsException if the array does not have these bytes
     */
    MemorySegment outgoing(MemorySegment array, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, array.byteSize());
        MemorySegment known = find(array, offset);
        if (known != null) {
            return known;
        }
        if (length <= STAGING_LENGTH) {
            MemorySegment.copy(array, offset, staging, 0, length);
            return staging;
        }
        return keep(array, offset);
    }

    /** The kept segment, or {@code null}. */
    private MemorySegment find(MemorySegment array, int offset) {
        int first = slotOf(array, offset);
        for (int probe = 0; probe < PROBES; probe++) {
            Kept kept = slots[first + probe & SLOTS - 1];
            if (kept == null) {
                return null;
            }
            if (kept.array == array && kept.offset == offset) {
                return kept.segment;
            }
        }
        return null;
    }

    private MemorySegment keep(MemorySegment array, int offset) {
        int slot = freeSlot(slotOf(array, offset));
        MemorySegment segment = array.asSlice(offset);
        slots[slot] = new Kept(array, offset, segment);
        return segment;
    }

    /** A free slot among the probed ones, or the next to be given up. */
    private int freeSlot(int first) {
        for (int probe = 0; probe < PROBES; probe++) {
            int slot = first + probe & SLOTS - 1;
            if (slots[slot] == null) {
                return slot;
            }
        }
        return first + (nextVictim++ & PROBES - 1) & SLOTS - 1;
    }

    private static int slotOf(MemorySegment array, int offset) {
        int hash = System.identityHashCode(array) + offset * OFFSET_SPREAD;
        return (hash ^ hash >>> 16) & SLOTS - 1;
    }
}
