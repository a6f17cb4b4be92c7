package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.CMSG_ALIGNMENT;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_DATA;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_LENGTH;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_LEVEL;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_TYPE;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Receives from both sockets in turn: recvmsg(2) into native memory, because the length of the
 * joined datagrams comes in a control message (udp(7), UDP_GRO), then one copy to the heap. Owned
 * by the receiving thread; does not allocate.
 */
final class UdpReceiver {
    /** Receives from one socket before the other is looked at, even if the first has more. */
    static final int BURST = 8;

    private static final int MAX_EMPTY = 16;
    private static final int CAPACITY = 65_535;
    private static final int CONTROL_CAPACITY = 64;

    private final ErrnoCapture errno = new ErrnoCapture();
    private final RefusalCount refusals = new RefusalCount();
    private final MemorySegment buffer;
    private final NativeMessage message;
    private UdpSocket preferred;
    private UdpSocket other;
    private int burst;

    /** {@code second} may be {@code null}. */
    UdpReceiver(UdpSocket first, UdpSocket second) {
        Arena arena = Arena.ofAuto();
        buffer = arena.allocate(CAPACITY, Long.BYTES);
        message = new NativeMessage(arena, 1, CONTROL_CAPACITY);
        message.setPiece(0, buffer);
        preferred = first;
        other = second;
    }

    int receive(ReceivedDatagrams into) {
        if (burst >= BURST) {
            swap();
        }
        int result = receiveFrom(preferred, into);
        if (result == UdpTransport.WOULD_BLOCK && other != null) {
            result = receiveFrom(other, into);
            if (result != UdpTransport.WOULD_BLOCK) {
                // The socket that has something is asked first next time.
                swap();
            }
        }
        burst++;
        return result;
    }

    private void swap() {
        if (other != null) {
            UdpSocket next = other;
            other = preferred;
            preferred = next;
        }
        burst = 0;
    }

    private int receiveFrom(UdpSocket socket, ReceivedDatagrams into) {
        int length = 0;
        // Empty datagrams carry nothing for us. A flood of them must not hold the thread: after a
        // few the caller is told to come back, and poll(2) wakes it at once.
        for (int empty = 0; length == 0 && empty < MAX_EMPTY; empty++) {
            message.prepareReceive();
            length = receiveMessage(socket);
        }
        if (length <= 0) {
            return length == -Errno.EAGAIN || length == -Errno.EINTR
                    ? UdpTransport.WOULD_BLOCK
                    : length;
        }
        MemorySegment.copy(buffer, JAVA_BYTE, 0, into.buffer, 0, length);
        into.length = length;
        into.segmentLength = segmentLength(length);
        int sourceLength = Math.min(message.nameLength(), into.source.length);
        MemorySegment.copy(message.name(), JAVA_BYTE, 0, into.source, 0, sourceLength);
        into.sourceLength = sourceLength;
        return length;
    }

    private int receiveMessage(UdpSocket socket) {
        int descriptor = socket.descriptor();
        if (descriptor < 0) {
            return -Errno.EBADF;
        }
        int length = LibC.tryReceiveMessage(descriptor, message.header(), 0);
        if (length >= 0) {
            refusals.reset();
            return length;
        }
        if (!refusals.explain()) {
            return -Errno.EAGAIN;
        }
        return LibC.receiveMessage(errno, descriptor, message.header(), 0);
    }

    private int segmentLength(int length) {
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
}
