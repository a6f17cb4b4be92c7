package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.IPPROTO_UDP;
import static io.cyphonic.signaling.os.NativeLayouts.UDP_SEGMENT;

import io.cyphonic.signaling.net.DatagramRuns;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.UdpTransport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sends batches on one socket: sendto(2) straight from where they are, cut by the kernel into
 * datagrams of the length set as socket option {@code UDP_SEGMENT} (udp(7)). The option is changed
 * only when the datagram length changes; a send no longer than it is one datagram. So is the hop
 * limit, in which urgent datagrams and others differ ({@link UrgentDatagrams}).
 *
 * <p>Owned by the sending thread; the two state questions may be asked by any. Does not allocate.
 */
final class UdpSender {
    private static final Logger LOG = LoggerFactory.getLogger(UdpSender.class);

    /** The hop limit of a socket that has none of its own (ip(7), ipv6(7)). */
    private static final int ROUTE_DECIDES = -1;

    private static final int UDP_OVER_IPV4 = 28;
    private static final int UDP_OVER_IPV6 = 48;

    // Fixed after construction.
    private final UdpSocket socket;
    private final ErrnoCapture errno = new ErrnoCapture();
    private final MemorySegment optionValue = Arena.ofAuto().allocate(ValueLayout.JAVA_INT);

    /** Less by one than is usual on this host. */
    private final int urgentHops;

    // Owned by the sending thread.
    private final HeapSegments segments = new HeapSegments();
    private final MemorySegment sockaddr =
            Arena.ofAuto().allocate(Endpoint.SOCKADDR_IPV6_LENGTH, Long.BYTES);
    private byte[] addressed = {};
    private final UdpBatch batch;
    private int segmentOption;
    private int hopLimit = ROUTE_DECIDES;

    // Written by the sending thread, read by any.
    private volatile boolean segmentation;
    private volatile long oversizedBatches;

    UdpSender(UdpSocket socket) {
        this.socket = socket;
        this.segmentation = socket.segmentation;
        int usual = socket.hopLimit(errno);
        this.urgentHops = usual > 1 ? usual - 1 : ROUTE_DECIDES;
        this.batch = new UdpBatch(socket, urgentHops);
    }

    boolean segmentation() {
        return segmentation;
    }

    /**
     * Batches with datagrams longer than the interface carries, or than the kernel segments for it.
     */
    long oversizedBatches() {
        return oversizedBatches;
    }

    /** See {@link UdpTransport#send}. */
    int send(MemorySegment memory, int offset, int length, int segmentLength, Endpoint to) {
        boolean single = length <= segmentLength;
        boolean urgent = UrgentDatagrams.matches(memory, offset, Math.min(length, segmentLength));
        useHopLimit(urgent ? urgentHops : ROUTE_DECIDES);
        if (!segmentation) {
            return single
                    ? sendSingle(memory, offset, length, to)
                    : sendOneByOne(memory, offset, length, segmentLength, to);
        }
        if (single
                ? segmentOption != 0 && segmentOption < length
                : segmentOption != segmentLength) {
            int result = setSegmentOption(single ? length : segmentLength);
            if (result < 0) {
                return refused(result, memory, offset, length, segmentLength, to);
            }
        }
        int result = sendSingle(memory, offset, length, to);
        // A single datagram without the option cannot have been refused because of it.
        return result < 0 && segmentOption != 0 && mayBeSegmentation(result)
                ? refused(result, memory, offset, length, segmentLength, to)
                : result;
    }

    /** See {@link UdpTransport#sendRuns}. */
    int sendRuns(MemorySegment memory, DatagramRuns runs, int first) {
        useHopLimit(ROUTE_DECIDES);
        return batch.send(segmentation, memory, runs, first);
    }

    private static boolean mayBeSegmentation(int result) {
        return result == -Errno.EIO
                || result == -Errno.EINVAL
                || result == -Errno.EMSGSIZE
                || result == -Errno.EOPNOTSUPP
                || result == -Errno.ENOPROTOOPT;
    }

    /**
     * The kernel refused a send with segmentation: sends the batch one by one. Segmentation stays
     * on if its length is just too long for this path, which says nothing about other peers. (Older
     * kernels compare the option with the path even for datagrams shorter than it.)
     */
    private int refused(
            int result,
            MemorySegment memory,
            int offset,
            int length,
            int segmentLength,
            Endpoint to) {
        int refusedLength = Math.max(segmentOption, Math.min(length, segmentLength));
        setSegmentOption(0);
        int sent = sendOneByOne(memory, offset, length, segmentLength, to);
        if (sent < 0) {
            // Refused without segmentation too (too long, no route): that was not the cause.
            if (sent == UdpTransport.TOO_LONG) {
                countOversized();
            }
            return sent;
        }
        if (result == -Errno.EMSGSIZE || isLongerThanPath(refusedLength, to)) {
            countOversized();
        } else if (sent > 0) {
            segmentation = false;
            LOG.warn(
                    "UDP segmentation switched off for IPv{}: the kernel refused it ({});"
                            + " sending goes on one datagram at a time",
                    socket.isIpv4() ? 4 : 6,
                    Errno.name(result));
        }
        return sent;
    }

    @SuppressWarnings("NonAtomicOperationOnVolatileField") // one writer
    private void countOversized() {
        oversizedBatches++;
    }

    /** Asks the routing table through a connected socket; rare, so it may allocate. */
    private boolean isLongerThanPath(int datagramLength, Endpoint to) {
        int type = NativeLayouts.SOCK_DGRAM | NativeLayouts.O_CLOEXEC;
        int fd = LibC.socket(errno, socket.family, type, 0);
        if (fd < 0) {
            return false;
        }
        try {
            if (LibC.connect(errno, fd, to.sockaddr()) < 0) {
                return false;
            }
            int option = socket.isIpv4() ? NativeLayouts.IP_MTU : NativeLayouts.IPV6_MTU;
            int mtu = LibC.getSockOpt(errno, fd, UdpSocket.level(socket.family), option);
            int overhead = socket.isIpv4() ? UDP_OVER_IPV4 : UDP_OVER_IPV6;
            return mtu > 0 && datagramLength + overhead > mtu;
        } finally {
            LibC.close(errno, fd);
        }
    }

    private int sendOneByOne(
            MemorySegment memory, int offset, int length, int segmentLength, Endpoint to) {
        int sent = 0;
        while (sent < length) {
            int next = Math.min(segmentLength, length - sent);
            int result = sendSingle(memory, offset + sent, next, to);
            if (result <= 0) {
                return sent > 0 ? sent : result;
            }
            sent += next;
        }
        return sent;
    }

    /** One call to the kernel. */
    private int sendSingle(MemorySegment memory, int offset, int length, Endpoint to) {
        byte[] target = to.sockaddr();
        if (target != addressed) {
            MemorySegment.copy(target, 0, sockaddr, ValueLayout.JAVA_BYTE, 0, target.length);
            addressed = target;
        }
        int result =
                memory.isNative()
                        ? sendFromOffHeap(memory, offset, length)
                        : sendFromHeap(memory, offset, length);
        // Both mean that there is no room now: in the socket buffer, or in the device queue.
        return result == -Errno.EAGAIN || result == -Errno.ENOBUFS
                ? UdpTransport.WOULD_BLOCK
                : result;
    }

    private int sendFromOffHeap(MemorySegment memory, int offset, int length) {
        return LibC.sendTo(
                errno, socket.descriptor(), memory, offset, length, sockaddr, addressed.length);
    }

    private int sendFromHeap(MemorySegment memory, int offset, int length) {
        MemorySegment part = segments.outgoing(memory, offset, length);
        return LibC.sendToFromHeap(
                errno, socket.descriptor(), part, length, sockaddr, addressed.length);
    }

    private void useHopLimit(int hops) {
        if (hops != hopLimit) {
            // Should the kernel refuse, it may join what it should not: an urgent packet is late.
            hopLimit = hops;
            optionValue.set(ValueLayout.JAVA_INT, 0, hops);
            socket.setHopLimit(errno, optionValue);
        }
    }

    private int setSegmentOption(int length) {
        optionValue.set(ValueLayout.JAVA_INT, 0, length);
        int result =
                LibC.setSockOpt(errno, socket.descriptor(), IPPROTO_UDP, UDP_SEGMENT, optionValue);
        if (result >= 0) {
            segmentOption = length;
        }
        return result;
    }
}
