package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.CMSG_DATA;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_LENGTH;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_LEVEL;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_TYPE;
import static io.cyphonic.signaling.os.NativeLayouts.MMSGHDR_SIZE;
import static io.cyphonic.signaling.os.NativeLayouts.MSGHDR_SIZE;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.cyphonic.signaling.net.DatagramRuns;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Sends runs of different lengths or to different receivers in one sendmmsg(2), each with its own
 * {@code UDP_SEGMENT} control message (udp(7)), and urgent ones with their hop limit in another
 * (ip(7), ipv6(7)). What lies on the heap is copied to native memory first, since a structure of
 * the kernel can point nowhere else; this pays from the third run on.
 *
 * <p>Owned by the sending thread. Does not allocate once made; its memory is made at first use.
 */
final class UdpBatch {
    private static final int MAX_RUNS = 64;
    private static final int CAPACITY = 128 * 1024;
    private static final int SEGMENT_LENGTH = 18;
    private static final int HOPS_LENGTH = 20;

    /** What either control message fills. */
    private static final int CONTROL_SPACE = 24;

    private final UdpSocket socket;
    private final int urgentHops;
    private MemorySegment messages;
    private MemorySegment bytes;
    private NativeMessage[] each;

    /** For this socket; what is urgent has no limit of its own if it is below 1. */
    UdpBatch(UdpSocket socket, int urgentHops) {
        this.socket = socket;
        this.urgentHops = urgentHops;
    }

    /** See {@link io.cyphonic.signaling.net.UdpTransport#sendRuns}. */
    int send(boolean segmentation, MemorySegment memory, DatagramRuns runs, int first) {
        int count = fill(segmentation, memory, runs, first);
        if (count == 0) {
            return 0;
        }
        int sent = Math.max(0, LibC.trySendMessages(socket.descriptor(), messages, count));
        Reference.reachabilityFence(memory);
        return sent;
    }

    private int fill(boolean segmentation, MemorySegment memory, DatagramRuns runs, int first) {
        if (messages == null) {
            allocate();
        }
        int count = 0;
        int used = 0;
        for (int run = first; run < runs.count && count < MAX_RUNS; run++) {
            int length = runs.length[run];
            int segment = runs.segmentLength[run];
            boolean urgent =
                    UrgentDatagrams.matches(memory, runs.offset[run], Math.min(length, segment));
            boolean goes =
                    runs.to[run].isIpv4() == socket.isIpv4()
                            && used + length <= CAPACITY
                            && (segmentation || length <= segment && !urgent);
            if (!goes) {
                break;
            }
            long address =
                    memory.isNative()
                            ? NativeCall.address(memory, runs.offset[run], length)
                            : copy(memory, runs.offset[run], length, used);
            int controls = segmentation ? urgent && urgentHops > 0 ? 2 : 1 : 0;
            describe(each[count], runs, run, address, controls);
            used += length;
            count++;
        }
        return count;
    }

    private long copy(MemorySegment heap, long offset, int length, int at) {
        if (bytes == null) {
            bytes = Arena.ofAuto().allocate(CAPACITY, Long.BYTES);
        }
        MemorySegment.copy(heap, offset, bytes, at, length);
        return bytes.address() + at;
    }

    private void describe(
            NativeMessage message, DatagramRuns runs, int run, long address, int controls) {
        byte[] receiver = runs.to[run].sockaddr();
        MemorySegment.copy(receiver, 0, message.name(), JAVA_BYTE, 0, receiver.length);
        message.setNameLength(receiver.length);
        message.setPieceAddress(0, address, runs.length[run]);
        if (controls > 0) {
            message.control().set(JAVA_SHORT, CMSG_DATA, (short) runs.segmentLength[run]);
        }
        message.setControlLength((long) controls * CONTROL_SPACE);
    }

    private void allocate() {
        Arena arena = Arena.ofAuto();
        messages = arena.allocate(MAX_RUNS * MMSGHDR_SIZE, Long.BYTES);
        each = new NativeMessage[MAX_RUNS];
        int hopLimitType = socket.isIpv4() ? NativeLayouts.IP_TTL : NativeLayouts.IPV6_HOPLIMIT;
        for (int i = 0; i < MAX_RUNS; i++) {
            MemorySegment header = messages.asSlice(i * MMSGHDR_SIZE, MSGHDR_SIZE);
            each[i] = new NativeMessage(header, arena, 1, 2 * CONTROL_SPACE);
            MemorySegment control = each[i].control();
            control.set(JAVA_LONG, CMSG_LENGTH, SEGMENT_LENGTH);
            control.set(JAVA_INT, CMSG_LEVEL, NativeLayouts.IPPROTO_UDP);
            control.set(JAVA_INT, CMSG_TYPE, NativeLayouts.UDP_SEGMENT);
            MemorySegment hops = control.asSlice(CONTROL_SPACE);
            hops.set(JAVA_LONG, CMSG_LENGTH, HOPS_LENGTH);
            hops.set(JAVA_INT, CMSG_LEVEL, UdpSocket.level(socket.family));
            hops.set(JAVA_INT, CMSG_TYPE, hopLimitType);
            hops.set(JAVA_INT, CMSG_DATA, urgentHops);
        }
    }
}
