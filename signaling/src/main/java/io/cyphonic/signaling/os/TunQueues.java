package io.cyphonic.signaling.os;

import io.cyphonic.signaling.net.TunDevice;

import java.lang.foreign.MemorySegment;

/**
 * The descriptors of a TUN device, one for each of its queues. Reads take turns: a queue gives as
 * much as makes a batch, then the next one that has something. So bulk in one queue delays the
 * packets of another by a batch at most, and neighbours of one flow stay neighbours.
 *
 * <p>One thread reads; {@link #close} needs it to have stopped. Does not allocate.
 */
final class TunQueues {
    /** A turn is over when a queue has given this many bytes. */
    static final int TURN_BYTES = 32 * 1024;

    /** What a read counts at least: a turn of empty packets is over too, after 128 of them. */
    private static final int MIN_READ_BYTES = 256;

    /** By queue number; -1 once closed. */
    private final int[] descriptors;

    private int current;
    private int given;
    private final ErrnoCapture errno = new ErrnoCapture();
    private final RefusalCount refusals = new RefusalCount();

    TunQueues(int... descriptors) {
        this.descriptors = descriptors.clone();
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
        if (given >= TURN_BYTES) {
            pass();
        }
        for (int tried = 0; tried < descriptors.length; tried++) {
            int result = LibC.tryRead(descriptors[current], memory, offset, capacity);
            if (result >= 0) {
                given += Math.max(result, MIN_READ_BYTES);
                refusals.reset();
                return result;
            }
            pass();
        }
        if (!refusals.explain()) {
            return TunDevice.WOULD_BLOCK;
        }
        int result = LibC.read(errno, descriptors[current], memory, offset, capacity);
        return result == -Errno.EAGAIN ? TunDevice.WOULD_BLOCK : result;
    }

    private void pass() {
        given = 0;
        current = current + 1 == descriptors.length ? 0 : current + 1;
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
