package io.cyphonic.signaling.os;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * The segments through which one thread hands heap arrays to the kernel. A new segment per call
 * would be free only as long as the compiler proves that it does not escape, which it does not
 * always: then every call allocates. So segments of long buffers, which come again and again from
 * the slots of a ring, are kept; short pieces, which start anywhere, go through one staging array.
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

    private final byte[] staging = new byte[STAGING_LENGTH];
    private final MemorySegment stagingSegment = MemorySegment.ofArray(staging);
    private final Kept[] slots = new Kept[SLOTS];
    private int nextVictim;

    /** In one array, and not one of segments: C2 mistrusts a store to such a one (ADR 0018). */
    private record Kept(byte[] array, int offset, MemorySegment segment) {}

    /**
     * A segment that begins with the given bytes, to be read by the kernel before the next call.
     *
     * @throws IndexOutOfBoundsException if the array does not have these bytes
     */
    MemorySegment outgoing(byte[] array, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, array.length);
        MemorySegment known = find(array, offset);
        if (known != null) {
            return known;
        }
        if (length <= STAGING_LENGTH) {
            System.arraycopy(array, offset, staging, 0, length);
            return stagingSegment;
        }
        return keep(array, offset);
    }

    /**
     * A segment that begins at the given place of the array itself, to be filled by the kernel.
     *
     * @throws IndexOutOfBoundsException if the array does not have that room
     */
    MemorySegment incoming(byte[] array, int offset, int capacity) {
        Objects.checkFromIndexSize(offset, capacity, array.length);
        MemorySegment known = find(array, offset);
        return known != null ? known : keep(array, offset);
    }

    /** The kept segment, or {@code null}. */
    private MemorySegment find(byte[] array, int offset) {
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

    private MemorySegment keep(byte[] array, int offset) {
        int slot = freeSlot(slotOf(array, offset));
        MemorySegment segment = MemorySegment.ofArray(array).asSlice(offset);
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

    private static int slotOf(byte[] array, int offset) {
        int hash = System.identityHashCode(array) + offset * OFFSET_SPREAD;
        return (hash ^ hash >>> 16) & SLOTS - 1;
    }
}
