package io.cyphonic.signaling.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What waited in a socket at some moment, and how much of it has not been received since: {@code
 * SO_MEMINFO}, of which the first number is the memory that what waits takes up
 * (linux/sock_diag.h). An estimate on the safe side: for UDP the kernel may say up to a quarter of
 * the receive buffer too much, and what a datagram takes up is more than is known here. Owned by
 * one thread; does not allocate.
 */
final class Backlog {
    /** What a datagram takes up besides its bytes: the kernel's own structures for it. */
    private static final int DATAGRAM_BYTES = 768;

    private final MemorySegment value = Arena.ofAuto().allocate(JAVA_INT);
    private final MemorySegment length = Arena.ofAuto().allocate(JAVA_INT);

    private long left;

    /** From now on: what waits in this socket. Nothing if that cannot be found out. */
    void take(int descriptor) {
        int result =
                LibC.tryGetSockOpt(
                        descriptor,
                        NativeLayouts.SOL_SOCKET,
                        NativeLayouts.SO_MEMINFO,
                        value,
                        length);
        left = result < 0 ? 0 : value.get(JAVA_INT, 0);
    }

    /** A datagram, or several joined, of so many bytes came out of it. */
    void less(int bytes) {
        left -= bytes + DATAGRAM_BYTES;
    }

    /** Nothing is left. */
    void clear() {
        left = 0;
    }

    /** Whether all of it has been received. */
    boolean isOver() {
        return left <= 0;
    }
}
