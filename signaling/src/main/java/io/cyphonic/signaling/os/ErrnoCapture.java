package io.cyphonic.signaling.os;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/**
 * Where the linker puts errno after a call. errno belongs to a thread, so each thread-owned object
 * has its own: two threads sharing one would read each other's errors.
 */
final class ErrnoCapture {
    private static final StructLayout LAYOUT = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = LAYOUT.byteOffset(PathElement.groupElement("errno"));

    /** The first argument of every downcall that captures. */
    final MemorySegment segment = Arena.ofAuto().allocate(LAYOUT);

    /** The error number of the last failed call, negated. */
    int negative() {
        return -segment.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
    }

    /** {@code result} of a call, or the negated error number if the call failed with -1. */
    int resultOf(int result) {
        return result >= 0 ? result : negative();
    }
}
