package io.cyphonic.signaling.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * The functions of the C library this package calls, each as a static method that returns what the
 * function returned, or the negated errno if it failed. Does not allocate once compiled.
 *
 * <p>Memory lies off the heap, but for {@code sendToFromHeap}: it takes a heap segment without a
 * copy, and the garbage collector waits while it runs, so the socket must be non-blocking. Such
 * segments are made by the callers and kept, see {@link HeapSegments}.
 *
 * <p>The hot functions are called without errno first, and once more with it if that failed: the
 * linker makes a slice of the capture segment for each capturing call, which the compiler does not
 * always remove (JDK 25). So a call that succeeds never allocates, and one that fails may cost 40
 * bytes.
 */
final class LibC {
    private static final MemorySegment OPEN = NativeCall.find("open");
    private static final MemorySegment CLOSE = NativeCall.find("close");
    private static final MemorySegment IOCTL = NativeCall.find("ioctl");
    private static final MemorySegment READ = NativeCall.find("read");
    private static final MemorySegment WRITE = NativeCall.find("write");
    private static final MemorySegment SOCKET = NativeCall.find("socket");
    private static final MemorySegment SOCKETPAIR = NativeCall.find("socketpair");
    private static final MemorySegment BIND = NativeCall.find("bind");
    private static final MemorySegment CONNECT = NativeCall.find("connect");
    private static final MemorySegment GETSOCKNAME = NativeCall.find("getsockname");
    private static final MemorySegment SETSOCKOPT = NativeCall.find("setsockopt");
    private static final MemorySegment GETSOCKOPT = NativeCall.find("getsockopt");
    private static final MemorySegment SENDTO = NativeCall.find("sendto");
    private static final MemorySegment SENDMSG = NativeCall.find("sendmsg");
    private static final MemorySegment RECVMSG = NativeCall.find("recvmsg");
    private static final MemorySegment RECVMMSG = NativeCall.find("recvmmsg");
    private static final MemorySegment SENDMMSG = NativeCall.find("sendmmsg");
    private static final MemorySegment POLL = NativeCall.find("poll");
    private static final MemorySegment EVENTFD = NativeCall.find("eventfd");
    private static final MemorySegment GETRUSAGE = NativeCall.find("getrusage");

    /** For bpf(2), which the C library has no function for. */
    private static final MemorySegment SYSCALL = NativeCall.find("syscall");

    // asm/unistd_64.h; asm-generic/unistd.h
    private static final int SYS_BPF = "aarch64".equals(System.getProperty("os.arch")) ? 280 : 321;

    private LibC() {}

    static int open(ErrnoCapture errno, MemorySegment path, int flags) {
        long address = NativeCall.address(path);
        int result = NativeCall.call(OPEN, errno, address, flags, 0, 0, 0, 0);
        Reference.reachabilityFence(path);
        return result;
    }

    static int close(ErrnoCapture errno, int fd) {
        return NativeCall.call(CLOSE, errno, fd, 0, 0, 0, 0, 0);
    }

    static int ioctl(ErrnoCapture errno, int fd, long request, MemorySegment argument) {
        long address = NativeCall.address(argument);
        int result = NativeCall.call(IOCTL, errno, fd, request, address, 0, 0, 0);
        Reference.reachabilityFence(argument);
        return result;
    }

    static int read(ErrnoCapture errno, int fd, MemorySegment memory, long offset, int capacity) {
        return transfer(READ, errno, fd, memory, offset, capacity);
    }

    /**
     * read(2) without its reason for a failure, which costs a second call: for {@link
     * RefusalCount#explain}.
     */
    static int tryRead(int fd, MemorySegment memory, long offset, int capacity) {
        long address = NativeCall.address(memory, offset, capacity);
        int result = (int) NativeCall.call(READ, fd, address, capacity, 0, 0, 0);
        Reference.reachabilityFence(memory);
        return result;
    }

    /** recvmmsg(2) without waiting, and without its reason for a failure. */
    static int tryReceiveMessages(int fd, MemorySegment messages, int count) {
        return tryMessages(RECVMMSG, fd, messages, count);
    }

    /** sendmmsg(2) without its reason for a failure. */
    static int trySendMessages(int fd, MemorySegment messages, int count) {
        return tryMessages(SENDMMSG, fd, messages, count);
    }

    private static int tryMessages(
            MemorySegment function, int fd, MemorySegment messages, int count) {
        long address = NativeCall.address(messages);
        int result = (int) NativeCall.call(function, fd, address, count, 0, 0, 0);
        Reference.reachabilityFence(messages);
        return result;
    }

    static int write(ErrnoCapture errno, int fd, MemorySegment memory, long offset, int length) {
        return transfer(WRITE, errno, fd, memory, offset, length);
    }

    private static int transfer(
            MemorySegment function,
            ErrnoCapture errno,
            int fd,
            MemorySegment memory,
            long offset,
            int length) {
        long address = NativeCall.address(memory, offset, length);
        int result = NativeCall.callAgainIfFailed(function, errno, fd, address, length, 0, 0, 0);
        Reference.reachabilityFence(memory);
        return result;
    }

    static int socket(ErrnoCapture errno, int family, int type, int protocol) {
        return NativeCall.call(SOCKET, errno, family, type, protocol, 0, 0, 0);
    }

    static int socketPair(ErrnoCapture errno, int family, int type, MemorySegment descriptors) {
        long address = NativeCall.address(descriptors);
        int result = NativeCall.call(SOCKETPAIR, errno, family, type, 0, address, 0, 0);
        Reference.reachabilityFence(descriptors);
        return result;
    }

    static int bind(ErrnoCapture errno, int fd, byte[] sockaddr) {
        return withSockaddr(BIND, errno, fd, sockaddr);
    }

    static int connect(ErrnoCapture errno, int fd, byte[] sockaddr) {
        return withSockaddr(CONNECT, errno, fd, sockaddr);
    }

    private static int withSockaddr(
            MemorySegment function, ErrnoCapture errno, int fd, byte[] sockaddr) {
        try (Arena arena = Arena.ofConfined()) {
            // As strict as struct sockaddr_in6, whose fields have up to four bytes.
            MemorySegment copy = arena.allocate(sockaddr.length, Integer.BYTES);
            MemorySegment.copy(MemorySegment.ofArray(sockaddr), 0, copy, 0, sockaddr.length);
            return NativeCall.call(function, errno, fd, copy.address(), sockaddr.length, 0, 0, 0);
        }
    }

    static int getSockName(ErrnoCapture errno, int fd, MemorySegment name, MemorySegment length) {
        long nameAddress = NativeCall.address(name);
        long lengthAddress = NativeCall.address(length);
        int result = NativeCall.call(GETSOCKNAME, errno, fd, nameAddress, lengthAddress, 0, 0, 0);
        Reference.reachabilityFence(name);
        Reference.reachabilityFence(length);
        return result;
    }

    /** setsockopt(2) of an int; {@code value} is a segment of four bytes. */
    static int setSockOpt(ErrnoCapture errno, int fd, int level, int name, MemorySegment value) {
        long address = NativeCall.address(value);
        int result =
                NativeCall.callAgainIfFailed(
                        SETSOCKOPT, errno, fd, level, name, address, value.byteSize(), 0);
        Reference.reachabilityFence(value);
        return result;
    }

    /** setsockopt(2) of an int. */
    static int setSockOpt(ErrnoCapture errno, int fd, int level, int name, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return setSockOpt(errno, fd, level, name, arena.allocateFrom(JAVA_INT, value));
        }
    }

    /** getsockopt(2) of an int that is never negative; the value or a negated errno. */
    static int getSockOpt(ErrnoCapture errno, int fd, int level, int name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT);
            MemorySegment length = arena.allocateFrom(JAVA_INT, Integer.BYTES);
            int result =
                    NativeCall.call(
                            GETSOCKOPT,
                            errno,
                            fd,
                            level,
                            name,
                            value.address(),
                            length.address(),
                            0);
            return result < 0 ? result : value.get(JAVA_INT, 0);
        }
    }

    /**
     * getsockopt(2) without its reason for a failure; as much of the option as {@code value} takes.
     *
     * @param length an int, which says how much that is
     */
    static int tryGetSockOpt(
            int fd, int level, int name, MemorySegment value, MemorySegment length) {
        length.set(JAVA_INT, 0, (int) value.byteSize());
        long valueAddress = NativeCall.address(value);
        long lengthAddress = NativeCall.address(length);
        int result =
                (int) NativeCall.call(GETSOCKOPT, fd, level, name, valueAddress, lengthAddress, 0);
        Reference.reachabilityFence(value);
        Reference.reachabilityFence(length);
        return result;
    }

    static int sendTo(
            ErrnoCapture errno,
            int fd,
            MemorySegment memory,
            long offset,
            int length,
            MemorySegment sockaddr,
            int sockaddrLength) {
        long address = NativeCall.address(memory, offset, length);
        long to = NativeCall.address(sockaddr);
        int result =
                NativeCall.callAgainIfFailed(
                        SENDTO, errno, fd, address, length, 0, to, sockaddrLength);
        Reference.reachabilityFence(memory);
        Reference.reachabilityFence(sockaddr);
        return result;
    }

    /** sendto(2) from a heap segment; the socket must be non-blocking. */
    static int sendToFromHeap(
            ErrnoCapture errno,
            int fd,
            MemorySegment heap,
            int length,
            MemorySegment sockaddr,
            int sockaddrLength) {
        long to = NativeCall.address(sockaddr);
        int result =
                NativeCall.callWithHeapAgainIfFailed(
                        SENDTO, errno, fd, heap, length, 0, to, sockaddrLength);
        Reference.reachabilityFence(sockaddr);
        return result;
    }

    static int sendMessage(ErrnoCapture errno, int fd, MemorySegment message, int flags) {
        return withMessage(SENDMSG, errno, fd, message, flags);
    }

    static int receiveMessage(ErrnoCapture errno, int fd, MemorySegment message, int flags) {
        return withMessage(RECVMSG, errno, fd, message, flags);
    }

    private static int withMessage(
            MemorySegment function, ErrnoCapture errno, int fd, MemorySegment message, int flags) {
        long address = NativeCall.address(message);
        int result = NativeCall.callAgainIfFailed(function, errno, fd, address, flags, 0, 0, 0);
        Reference.reachabilityFence(message);
        return result;
    }

    /** poll(2); may block. */
    static int poll(ErrnoCapture errno, MemorySegment descriptors, long count, int timeoutMs) {
        long address = NativeCall.address(descriptors);
        int result = NativeCall.callAgainIfFailed(POLL, errno, address, count, timeoutMs, 0, 0, 0);
        Reference.reachabilityFence(descriptors);
        return result;
    }

    /** poll(2) without waiting, and without its reason for a failure. */
    static int tryPoll(MemorySegment descriptors, int count) {
        long address = NativeCall.address(descriptors);
        int result = (int) NativeCall.call(POLL, address, count, 0, 0, 0, 0);
        Reference.reachabilityFence(descriptors);
        return result;
    }

    static int eventFd(ErrnoCapture errno, int flags) {
        return NativeCall.call(EVENTFD, errno, 0, flags, 0, 0, 0, 0);
    }

    /** bpf(2). */
    static int bpf(ErrnoCapture errno, int command, MemorySegment attributes) {
        long address = NativeCall.address(attributes);
        int result =
                NativeCall.call(
                        SYSCALL, errno, SYS_BPF, command, address, attributes.byteSize(), 0, 0);
        Reference.reachabilityFence(attributes);
        return result;
    }

    /** getrusage(2) without its reason for a failure; {@code usage} is a struct rusage. */
    static int getResourceUsage(int who, MemorySegment usage) {
        long address = NativeCall.address(usage);
        int result = (int) NativeCall.call(GETRUSAGE, who, address, 0, 0, 0, 0);
        Reference.reachabilityFence(usage);
        return result;
    }
}
