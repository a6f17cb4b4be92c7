package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.POLLFD_EVENTS;
import static io.cyphonic.signaling.os.NativeLayouts.POLLFD_FD;
import static io.cyphonic.signaling.os.NativeLayouts.POLLFD_REVENTS;
import static io.cyphonic.signaling.os.NativeLayouts.POLLFD_SIZE;
import static io.cyphonic.signaling.os.NativeLayouts.POLLIN;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Descriptors that are asked together whether there is something to read (poll(2)). One that has an
 * error is ready too, so that the next read brings it to light. For the thread that asks; does not
 * allocate once made.
 */
final class PollSet {
    private static final int NOBODY = -1;

    private final int size;
    private final MemorySegment polls;

    /** Of so many descriptors, none of which is watched yet. */
    PollSet(int size) {
        this.size = size;
        polls = Arena.ofAuto().allocate(size * POLLFD_SIZE, Long.BYTES);
        for (int index = 0; index < size; index++) {
            watch(index, NOBODY);
            polls.set(JAVA_SHORT, index * POLLFD_SIZE + POLLFD_EVENTS, POLLIN);
        }
    }

    /** A set of these. */
    static PollSet of(int... descriptors) {
        PollSet set = new PollSet(descriptors.length);
        for (int index = 0; index < descriptors.length; index++) {
            set.watch(index, descriptors[index]);
        }
        return set;
    }

    /** Watches this descriptor at that place; -1 is skipped: never a number used by others. */
    void watch(int index, int descriptor) {
        polls.set(JAVA_INT, index * POLLFD_SIZE + POLLFD_FD, descriptor);
    }

    int descriptor(int index) {
        return polls.get(JAVA_INT, index * POLLFD_SIZE + POLLFD_FD);
    }

    /** Waits until one is ready; how many are, 0 after the time, or a negated errno. */
    int await(ErrnoCapture errno, int timeoutMillis) {
        return LibC.poll(errno, polls, size, timeoutMillis);
    }

    /** Asks without waiting, and without the reason for a failure; those ready, one bit each. */
    int look() {
        return LibC.tryPoll(polls, size) > 0 ? ready(0, size) : 0;
    }

    /** Whether this one was ready when last asked. */
    boolean isReady(int index) {
        return polls.get(JAVA_SHORT, index * POLLFD_SIZE + POLLFD_REVENTS) != 0;
    }

    /** Which of {@code count} from {@code first} on were ready when last asked, one bit each. */
    int ready(int first, int count) {
        int ready = 0;
        for (int i = 0; i < count; i++) {
            ready |= isReady(first + i) ? 1 << i : 0;
        }
        return ready;
    }
}
