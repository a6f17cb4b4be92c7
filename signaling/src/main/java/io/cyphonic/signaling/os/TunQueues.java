package io.cyphonic.signaling.os;

import io.cyphonic.signaling.net.TunDevice;

import java.lang.foreign.MemorySegment;

/**
 * The descriptors of a TUN device, one for each of its queues, which have their {@linkplain Turns
 * turns}.
 *
 * <p>One thread reads; {@link #close} needs it to have stopped. Does not allocate.
 */
final class TunQueues {
    /** By queue number; -1 once closed. */
    private final int[] descriptors;

    private final Turns turns;
    private final ErrnoCapture errno = new ErrnoCapture();
    private final RefusalCount refusals = new RefusalCount();

    TunQueues(int... descriptors) {
        this.descriptors = descriptors.clone();
        this.turns = new Turns(descriptors.length);
    }

    int count() {
        return descriptors.length;
    }

    /** The descriptor of a queue; -1 after close. */
    int descriptor(int queue) {
        return descriptors[queue];
    }

    /** As {@link TunDevice#read}: would block if every queue would. */
    int read(MemorySegment memory, long offset, int capacity) {
        for (int tried = 0; tried < descriptors.length; tried++) {
            int result = LibC.tryRead(descriptors[turns.next()], memory, offset, capacity);
            if (result >= 0) {
                turns.gave(result);
                refusals.reset();
                return result;
            }
            turns.pass();
        }
        turns.restart();
        if (!refusals.explain()) {
            return TunDevice.WOULD_BLOCK;
        }
        int result = LibC.read(errno, descriptors[turns.next()], memory, offset, capacity);
        return result == -Errno.EAGAIN ? TunDevice.WOULD_BLOCK : result;
    }

    void close() {
        closeAll(errno, descriptors);
    }

    /** Closes those that are not -1, and makes them -1 before that. */
    static void closeAll(ErrnoCapture errno, int[] descriptors) {
        for (int i = 0; i < descriptors.length; i++) {
            int closing = descriptors[i];
            if (closing >= 0) {
                descriptors[i] = -1;
                LibC.close(errno, closing);
            }
        }
    }
}
