package io.cyphonic.signaling.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One NETLINK_ROUTE socket: sends a request and waits for its acknowledgement. Single-threaded; not
 * for the data path. The kernel answers requests for changes before send returns, so the deadline
 * is only there against a wrong assumption.
 */
final class NetlinkSocket implements AutoCloseable {
    static final int NLM_F_REQUEST = 1;
    static final int NLM_F_ACK = 4;
    static final int NLM_F_REPLACE = 0x100;
    static final int NLM_F_CREATE = 0x400;

    private static final int NETLINK_ROUTE = 0;
    private static final int NLMSG_ERROR = 2;
    private static final int DEADLINE_MS = 5_000;

    private final ErrnoCapture errno = new ErrnoCapture();
    private final MemorySegment reply = Arena.ofAuto().allocate(32 * 1024);
    private final PollSet poll;
    private int fd;
    private int sequence;

    private NetlinkSocket(int fd) {
        this.fd = fd;
        poll = PollSet.of(fd);
    }

    static NetlinkSocket open() throws NativeException {
        ErrnoCapture errno = new ErrnoCapture();
        int type = NativeLayouts.SOCK_RAW | NativeLayouts.O_NONBLOCK | NativeLayouts.O_CLOEXEC;
        int fd = LibC.socket(errno, NativeLayouts.AF_NETLINK, type, NETLINK_ROUTE);
        if (fd < 0) {
            throw new NativeException("no netlink socket: interfaces cannot be set up", fd);
        }
        return new NetlinkSocket(fd);
    }

    /** Starts a request for a change that will be acknowledged. */
    NetlinkRequest change(int type, int extraFlags) {
        return new NetlinkRequest(type, NLM_F_REQUEST | NLM_F_ACK | extraFlags, ++sequence);
    }

    /** Starts a request for one object, answered by that object. */
    NetlinkRequest query(int type) {
        return new NetlinkRequest(type, NLM_F_REQUEST, ++sequence);
    }

    /** Sends a change and returns 0 or the negated errno the kernel answered. */
    int acknowledged(NetlinkRequest request) throws NativeException {
        ByteBuffer answer = ask(request);
        int type = answer.getShort(4);
        if (type != NLMSG_ERROR) {
            throw new NativeException("netlink answered with type " + type + ", not an ack", 0);
        }
        return answer.getInt(NetlinkRequest.HEADER_LENGTH);
    }

    private int send(byte[] request) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, request);
            return LibC.write(errno, fd, memory, 0, request.length);
        }
    }

    /** Sends a request and returns the first message of the answer that belongs to it. */
    ByteBuffer ask(NetlinkRequest request) throws NativeException {
        byte[] bytes = request.bytes();
        int sent = send(bytes);
        if (sent < 0) {
            throw new NativeException("netlink request not sent", sent);
        }
        while (true) {
            int ready = poll.await(errno, DEADLINE_MS);
            if (ready == 0) {
                throw new NativeException("netlink gave no answer within 5 seconds", 0);
            }
            int length = LibC.read(errno, fd, reply, 0, (int) reply.byteSize());
            if (length < NetlinkRequest.HEADER_LENGTH) {
                if (length == -Errno.EAGAIN || length == -Errno.EINTR) {
                    continue;
                }
                throw new NativeException("netlink answer not received", length);
            }
            byte[] copy = reply.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
            ByteBuffer answer = ByteBuffer.wrap(copy).order(ByteOrder.nativeOrder());
            if (answer.getInt(8) == sequence) {
                return answer;
            }
        }
    }

    @Override
    public void close() {
        if (fd >= 0) {
            LibC.close(errno, fd);
            fd = -1;
        }
    }
}
