package io.cyphonic.signaling.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Memory for tests, off the heap, freed when nobody refers to it any more. */
final class OffHeap {
    private OffHeap() {}

    static MemorySegment copy(byte[] bytes) {
        return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, bytes);
    }

    static MemorySegment zeros(int length) {
        return Arena.ofAuto().allocate(length);
    }

    static byte[] bytes(MemorySegment memory, int length) {
        return memory.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }
}
