package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.CMSG_DATA;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_LENGTH;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_LEVEL;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_TYPE;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.UdpTransport;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends single datagrams on one socket from any thread, while another thread sends batches on it.
 * The batch sender's {@code UDP_SEGMENT} option must not cut such a datagram, so each carries a
 * control message {@code UDP_SEGMENT} = 0, which the kernel prefers to the option.
 */
final class SignalingSender {
    /** Longest datagram; signaling stays below 1232, path MTU probes may be as long as jumbo. */
    static final int CAPACITY = 9216;

    private static final int SEGMENT_CONTROL_LENGTH = (int) CMSG_DATA + Short.BYTES;
    private static final int CONTROL_CAPACITY = (int) CMSG_DATA + Long.BYTES;

    private final UdpSocket socket;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private final ErrnoCapture errno = new ErrnoCapture();
    private final MemorySegment buffer;
    private final NativeMessage message;

    SignalingSender(UdpSocket socket) {
        this.socket = socket;
        Arena arena = Arena.ofAuto();
        buffer = arena.allocate(CAPACITY, Long.BYTES);
        message = new NativeMessage(arena, 1, CONTROL_CAPACITY);
        message.setPiece(0, buffer);
        MemorySegment control = message.control();
        control.set(JAVA_LONG, CMSG_LENGTH, SEGMENT_CONTROL_LENGTH);
        control.set(JAVA_INT, CMSG_LEVEL, NativeLayouts.IPPROTO_UDP);
        control.set(JAVA_INT, CMSG_TYPE, NativeLayouts.UDP_SEGMENT);
        control.set(JAVA_SHORT, CMSG_DATA, (short) 0);
        // A kernel without UDP_SEGMENT would refuse the control message, and does not need it.
        message.setControlLength(socket.segmentation ? CONTROL_CAPACITY : 0);
    }

    /** See {@link UdpTransport#sendSignaling}. */
    int send(byte[] datagram, int length, Endpoint to) {
        if (length > CAPACITY) {
            return -Errno.EMSGSIZE;
        }
        byte[] sockaddr = to.sockaddr();
        lock.lock();
        try {
            MemorySegment.copy(datagram, 0, buffer, JAVA_BYTE, 0, length);
            MemorySegment.copy(sockaddr, 0, message.name(), JAVA_BYTE, 0, sockaddr.length);
            message.setPieceLength(0, length);
            message.setNameLength(sockaddr.length);
            int result = LibC.sendMessage(errno, socket.descriptor(), message.header(), 0);
            return result == -Errno.EAGAIN || result == -Errno.ENOBUFS
                    ? UdpTransport.WOULD_BLOCK
                    : result;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a send under way, then closes the socket. */
    void close() {
        lock.lock();
        try {
            socket.close();
        } finally {
            lock.unlock();
        }
    }
}
