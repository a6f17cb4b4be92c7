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
    private final PollSet polls;

    /** The queues that have something as far as is known, one bit each. */
    private int ready;

    /** The queue that had nothing last. */
    private int refused;

    private final ErrnoCapture errno = new ErrnoCapture();
    private final RefusalCount refusals = new RefusalCount();

    TunQueues(int... descriptors) {
        this.descriptors = descriptors.clone();
        turns = new Turns(descriptors.length);
        polls = PollSet.of(descriptors);
    }

    int count() {
        return descriptors.length;
    }

    /** The descriptor of a queue; -1 after close. */
    int descriptor(int queue) {
        return descriptors[queue];
    }

    /** Somebody has looked: these queues have something, one bit each. For the reading thread. */
    void foundReady(int queues) {
        ready = queues;
        turns.restart();
    }

    /**
     * As {@link TunDevice#read}. Where there are several queues, one poll(2) at the end of a turn
     * finds those that have something, as a read that finds nothing costs as much for each. Would
     * block when those that were found have no more; the next call looks at all.
     */
    int read(MemorySegment memory, long offset, int capacity) {
        if (descriptors.length == 1) {
            ready = 1;
        } else if (ready == 0 || turns.isOver()) {
            look();
        }
        while (ready != 0) {
            int queue = turns.next();
            if ((ready >>> queue & 1) == 0) {
                turns.pass();
                continue;
            }
            int result = LibC.tryRead(descriptors[queue], memory, offset, capacity);
            if (result >= 0) {
                turns.gave(result);
                refusals.reset();
                return result;
            }
            ready &= ~(1 << queue);
            refused = queue;
        }
        if (!refusals.explain()) {
            return TunDevice.WOULD_BLOCK;
        }
        int result = LibC.read(errno, descriptors[refused], memory, offset, capacity);
        return result == -Errno.EAGAIN ? TunDevice.WOULD_BLOCK : result;
    }

    private void look() {
        if (ready == 0) {
            turns.restart();
        }
        ready = polls.look();
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
