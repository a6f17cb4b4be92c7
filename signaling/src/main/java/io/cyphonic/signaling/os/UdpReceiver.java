package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.CMSG_ALIGNMENT;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_DATA;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_LENGTH;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_LEVEL;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_TYPE;
import static io.cyphonic.signaling.os.NativeLayouts.MMSGHDR_LENGTH;
import static io.cyphonic.signaling.os.NativeLayouts.MMSGHDR_SIZE;
import static io.cyphonic.signaling.os.NativeLayouts.MSGHDR_SIZE;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Receives from the sockets of two families: recvmmsg(2) into memory outside the heap, because the
 * length of joined datagrams comes in a control message (udp(7), UDP_GRO), whose structures hold
 * addresses. That memory is exchanged for the caller's ({@link ReceivedDatagrams}). It asks the
 * sockets it was told to have something. If one gets something while the other is being received
 * from, what waited there already comes first: so a peer that changes families stays in order, if
 * the family it changes to was silent. Owned by the receiving thread; does not allocate.
 */
final class UdpReceiver {
    /** Messages per call, 64 KiB each where the kernel joins datagrams, of what comes in masses. */
    static final int BULK_BATCH = 8;

    /** Messages per call of what comes seldom. */
    static final int URGENT_BATCH = 2;

    static final int SOCKETS = 2;

    /** Bits of both sockets. */
    static final int BOTH = (1 << SOCKETS) - 1;

    private static final int MAX_CALLS = 2;

    private static final int CAPACITY = 65_536;
    private static final int CONTROL_CAPACITY = 64;

    private final ErrnoCapture errno = new ErrnoCapture();
    private final RefusalCount refusals = new RefusalCount();
    private final UdpSocket[] sockets;
    private final MemorySegment messages;
    private final Place[] places;

    /** The sockets that have something as far as is known, one bit each. */
    private int ready;

    /** The one that was asked last. */
    private int asked;

    /** The other has something, and its time has not come yet. */
    private boolean otherWaits;

    /** What waited in the one that was asked last when the other got something. */
    private final Backlog owed = new Backlog();

    // What the last call brought, from {@code next} to {@code count}.
    private int next;
    private int count;

    /** One of the two sockets may be {@code null}. {@code batch} messages per call. */
    UdpReceiver(UdpSocket first, UdpSocket second, int batch) {
        sockets = new UdpSocket[] {first, second};
        Arena arena = Arena.ofAuto();
        messages = arena.allocate(batch * MMSGHDR_SIZE, Long.BYTES);
        places = new Place[batch];
        for (int i = 0; i < places.length; i++) {
            MemorySegment header = messages.asSlice(i * MMSGHDR_SIZE, MSGHDR_SIZE);
            places[i] = new Place(new NativeMessage(header, arena, 1, CONTROL_CAPACITY));
        }
    }

    /** These sockets, one bit each, have something; others have not. */
    void foundReady(int found) {
        boolean others = (found >>> other() & 1) != 0;
        if (others && !otherWaits && found == BOTH) {
            owed.take(sockets[asked].descriptor());
        }
        otherWaits = others;
        ready = found;
    }

    /** It is not known any more whether a socket has something; one that waits goes on waiting. */
    void forgetReady() {
        ready = 0;
    }

    private int other() {
        return 1 - asked;
    }

    private boolean isReady(int socket) {
        return (ready >>> socket & 1) != 0;
    }

    /** Whether a socket may have something that has not come from the kernel yet. */
    boolean mayHaveMore() {
        return ready != 0;
    }

    /** Whether it holds something that nobody has taken yet, or a socket may have more. */
    boolean mayHaveSomething() {
        return next < count || mayHaveMore();
    }

    /** As {@link UdpTransport#receive}; would block when what was found has been taken. */
    int receive(ReceivedDatagrams into) {
        for (int calls = 0; ; calls++) {
            while (next < count) {
                // Empty datagrams carry nothing for us.
                if (take(next++, into) > 0) {
                    return into.length;
                }
            }
            // A flood of empty datagrams must not hold the thread.
            if (ready == 0 || calls == MAX_CALLS) {
                return UdpTransport.WOULD_BLOCK;
            }
            int result = fill();
            if (result < 0) {
                return result;
            }
        }
    }

    /** Receives as many messages as there are; only after those before were taken. */
    private int fill() {
        choose();
        int descriptor = sockets[asked].descriptor();
        next = 0;
        count = 0;
        int received = LibC.tryReceiveMessages(descriptor, messages, places.length);
        if (received < places.length) {
            // That was all, or a refusal.
            ready &= ~(1 << asked);
            owed.clear();
        }
        if (received > 0) {
            refusals.reset();
            count = received;
            countDown();
            return received;
        }
        return reason(descriptor);
    }

    /** What has just been received need not be waited for. */
    private void countDown() {
        for (int i = 0; i < count && !owed.isOver(); i++) {
            owed.less(length(i));
        }
    }

    private int length(int index) {
        return messages.get(JAVA_INT, index * MMSGHDR_SIZE + MMSGHDR_LENGTH);
    }

    /** The other's time comes when it has something and what waited before that was received. */
    private void choose() {
        if (!isReady(other()) || isReady(asked) && !owed.isOver()) {
            return;
        }
        otherWaits = isReady(asked);
        asked = other();
        if (otherWaits) {
            owed.take(sockets[asked].descriptor());
        }
    }

    /** Why nothing came, looked into now and then. */
    private int reason(int descriptor) {
        if (!refusals.explain()) {
            return UdpTransport.WOULD_BLOCK;
        }
        int length = LibC.receiveMessage(errno, descriptor, places[0].message.header(), 0);
        if (length >= 0) {
            // Something came between the two calls.
            messages.set(JAVA_INT, MMSGHDR_LENGTH, length);
            count = 1;
            return 1;
        }
        return length == -Errno.EAGAIN || length == -Errno.EINTR
                ? UdpTransport.WOULD_BLOCK
                : length;
    }

    private int take(int index, ReceivedDatagrams into) {
        Place place = places[index];
        NativeMessage message = place.message;
        int length = length(index);
        if (into.memory != null) {
            place.exchange(into);
        } else {
            length = Math.min(length, into.buffer.length);
            MemorySegment.copy(place.memory, JAVA_BYTE, 0, into.buffer, 0, length);
        }
        into.length = length;
        into.segmentLength = segmentLength(message, length);
        int sourceLength = Math.min(message.nameLength(), into.source.length);
        MemorySegment.copy(message.name(), JAVA_BYTE, 0, into.source, 0, sourceLength);
        into.sourceLength = sourceLength;
        message.prepareReceive();
        return length;
    }

    private static int segmentLength(NativeMessage message, int length) {
        MemorySegment control = message.control();
        long end = message.controlLength();
        long at = 0;
        while (at + CMSG_DATA + Integer.BYTES <= end) {
            long itemLength = control.get(JAVA_LONG, at + CMSG_LENGTH);
            if (control.get(JAVA_INT, at + CMSG_LEVEL) == NativeLayouts.IPPROTO_UDP
                    && control.get(JAVA_INT, at + CMSG_TYPE) == NativeLayouts.UDP_GRO) {
                int segment = control.get(JAVA_INT, at + CMSG_DATA);
                return segment > 0 && segment < length ? segment : length;
            }
            if (itemLength < CMSG_DATA) {
                break;
            }
            at += itemLength + CMSG_ALIGNMENT - 1 & -CMSG_ALIGNMENT;
        }
        return length;
    }

    /** One message of a call, and the memory its datagrams come to. */
    private static final class Place {
        final NativeMessage message;
        MemorySegment memory;

        Place(NativeMessage message) {
            this.message = message;
            hold(ReceivedDatagrams.newMemory());
            message.prepareReceive();
        }

        void exchange(ReceivedDatagrams with) {
            MemorySegment given = with.memory;
            if (given.byteSize() < CAPACITY || !given.isNative()) {
                throw new IllegalArgumentException(
                        "memory of " + given.byteSize() + " bytes cannot be exchanged");
            }
            with.memory = memory;
            hold(given);
        }

        private void hold(MemorySegment given) {
            memory = given;
            message.setPieceAddress(0, given.address(), CAPACITY);
        }
    }
}
