package io.cyphonic.engine.os;

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

    private static final int SLOTS = 512;
    private static final int OFFSET_SPREAD = 0x9E3779B1;

    private final byte[] staging = new byte[STAGING_LENGTH];
    private final MemorySegment stagingSegment = MemorySegment.ofArray(staging);
    private final byte[][] arrays = new byte[SLOTS][];
    private final int[] offsets = new int[SLOTS];
    private final MemorySegment[] segments = new MemorySegment[SLOTS];

    /**
     * A segment that begins with the given bytes, to be read by the kernel before the next call.
     *
     * @throws IndexOutOfBoundsException if the array does not have these bytes
     */
    MemorySegment outgoing(byte[] array, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, array.length);
        int slot = slotOf(array, offset);
        if (arrays[slot] == array && offsets[slot] == offset) {
            return segments[slot];
        }
        if (length <= STAGING_LENGTH) {
            System.arraycopy(array, offset, staging, 0, length);
            return stagingSegment;
        }
        return keep(slot, array, offset);
    }

    /**
     * A segment that begins at the given place of the array itself, to be filled by the kernel.
     *
     * @throws IndexOutOfBoundsException if the array does not have that room
     */
    MemorySegment incoming(byte[] array, int offset, int capacity) {
        Objects.checkFromIndexSize(offset, capacity, array.length);
        int slot = slotOf(array, offset);
        return arrays[slot] == array && offsets[slot] == offset
                ? segments[slot]
                : keep(slot, array, offset);
    }

    private MemorySegment keep(int slot, byte[] array, int offset) {
        MemorySegment segment = MemorySegment.ofArray(array).asSlice(offset);
        arrays[slot] = array;
        offsets[slot] = offset;
        segments[slot] = segment;
        return segment;
    }

    private static int slotOf(byte[] array, int offset) {
        int hash = System.identityHashCode(array) + offset * OFFSET_SPREAD;
        return (hash ^ hash >>> 16) & SLOTS - 1;
    }
}
