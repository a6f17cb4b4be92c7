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
 * Receives from both sockets in turn: recvmmsg(2) into memory outside the heap, because the length
 * of joined datagrams comes in a control message (udp(7), UDP_GRO), whose structures hold
 * addresses. That memory is exchanged for the caller's ({@link ReceivedDatagrams}). Owned by the
 * receiving thread; does not allocate.
 */
final class UdpReceiver {
    private static final int MAX_CALLS = 2;

    private static final int CAPACITY = 65_536;
    private static final int CONTROL_CAPACITY = 64;

    private final ErrnoCapture errno = new ErrnoCapture();
    private final Habits habits;
    private final RefusalCount refusals;
    private final MemorySegment messages;
    private final Place[] places;
    private UdpSocket preferred;
    private UdpSocket other;
    private int callsOfThisTurn;

    // What the last call brought, from {@code next} to {@code count}.
    private int next;
    private int count;

    /** The last call brought less than it could: there was no more. */
    private boolean drained;

    /**
     * How it asks.
     *
     * @param batch messages per call, 64 KiB each where the kernel joins datagrams; after so many
     *     from one socket it is the other's turn, even if the first has more
     * @param turns one call in so many is the other socket's, whether the first has something or
     *     not. Mostly all peers are reached over one family, and asking the other each time would
     *     make a quarter of all system calls of a transfer
     * @param explained one refusal in so many in a row is looked into
     */
    record Habits(int batch, int turns, int explained) {
        /** For what comes mostly in masses. */
        static final Habits BULK = new Habits(8, 4, 16);

        /** For what comes seldom. Where the family changes it waits for up to four looks. */
        static final Habits URGENT = new Habits(2, 4, 1024);
    }

    /** One of the two sockets may be {@code null}. */
    UdpReceiver(UdpSocket first, UdpSocket second, Habits habits) {
        this.habits = habits;
        refusals = new RefusalCount(habits.explained());
        Arena arena = Arena.ofAuto();
        messages = arena.allocate(habits.batch() * MMSGHDR_SIZE, Long.BYTES);
        places = new Place[habits.batch()];
        for (int i = 0; i < places.length; i++) {
            MemorySegment header = messages.asSlice(i * MMSGHDR_SIZE, MSGHDR_SIZE);
            places[i] = new Place(new NativeMessage(header, arena, 1, CONTROL_CAPACITY));
        }
        preferred = first != null ? first : second;
        other = first != null ? second : null;
    }

    /** Whether something has come from the kernel that nobody has taken yet. */
    boolean holdsSomething() {
        return next < count;
    }

    /**
     * Whether the next receive would block, as the last call to the kernel brought all there was.
     */
    boolean isDrained() {
        return drained && !holdsSomething();
    }

    int receive(ReceivedDatagrams into) {
        for (int calls = 0; ; calls++) {
            while (next < count) {
                // Empty datagrams carry nothing for us.
                if (take(next++, into) > 0) {
                    return into.length;
                }
            }
            if (drained || calls == MAX_CALLS) {
                // Drained is known without asking: who wants to wait asks poll(2), which sees what
                // came since. And a flood of empty datagrams must not hold the thread.
                drained = false;
                return UdpTransport.WOULD_BLOCK;
            }
            int result = fillFromEither();
            if (result <= 0) {
                return result;
            }
        }
    }

    /** The socket that had something is asked again next time, until the other has its turn. */
    private int fillFromEither() {
        if (other == null || count < places.length && ++callsOfThisTurn < habits.turns()) {
            return fill(preferred);
        }
        callsOfThisTurn = 0;
        int result = fill(other);
        if (result == UdpTransport.WOULD_BLOCK) {
            return fill(preferred);
        }
        UdpSocket former = other;
        other = preferred;
        preferred = former;
        return result;
    }

    /** Receives as many messages as there are; only after those before were taken. */
    private int fill(UdpSocket socket) {
        int descriptor = socket.descriptor();
        if (descriptor < 0) {
            return -Errno.EBADF;
        }
        next = 0;
        count = 0;
        int received = LibC.tryReceiveMessages(descriptor, messages, places.length);
        if (received > 0) {
            refusals.reset();
            count = received;
            drained = received < places.length;
            return received;
        }
        return reason(descriptor);
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
        int length = messages.get(JAVA_INT, index * MMSGHDR_SIZE + MMSGHDR_LENGTH);
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
