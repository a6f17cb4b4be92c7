package io.cyphonic.signaling.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * How much has come to a socket and was not received: {@code SO_MEMINFO}, of which the first number
 * is the memory that what waits takes up (linux/sock_diag.h). For UDP the kernel may say up to a
 * quarter of the receive buffer too much. Owned by one thread; does not allocate.
 */
final class Backlog {
    /** What a datagram takes up at least: the kernel's own structures for it. */
    private static final int DATAGRAM_BYTES = 768;

    private final ErrnoCapture errno = new ErrnoCapture();
    private final MemorySegment value = Arena.ofAuto().allocate(JAVA_INT);
    private final MemorySegment length = Arena.ofAuto().allocate(JAVA_INT);

    private long left;

    /** From now on: what waits in this socket. Nothing if that cannot be found out. */
    void take(int descriptor) {
        int result =
                LibC.getSockOpt(
                        errno,
                        descriptor,
                        NativeLayouts.SOL_SOCKET,
                        NativeLayouts.SO_MEMINFO,
                        value,
                        length);
        left = result < 0 ? 0 : value.get(JAVA_INT, 0);
    }

    /** A datagram, or several joined, of so many bytes came out of it. */
    void less(int bytes) {
        left -= Math.max(bytes, DATAGRAM_BYTES);
    }

    /** Nothing is left, or what is left is not of interest any more. */
    void clear() {
        left = 0;
    }

    /** Whether all of it has been received. */
    boolean isOver() {
        return left <= 0;
    }
}
