package io.cyphonic.signaling.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions of the C library this package calls, each as a static method that returns what the
 * function returned, or the negated errno if it failed. Does not allocate once compiled.
 *
 * <p>{@code read}, {@code write} and {@code sendTo} take heap segments without a copy
 * (Linker.Option.critical): the garbage collector waits while they run, so the descriptor must be
 * non-blocking. {@code poll} blocks and is an ordinary call. Segments are made by the callers and
 * kept, see {@link HeapSegments}.
 *
 * <p>The hot functions are called without errno first, and once more with it if that failed: the
 * linker makes a slice of the capture segment for each capturing call, which the compiler does not
 * always remove (JDK 25). So a call that succeeds never allocates, and one that fails may cost 40
 * bytes. All of them may be repeated: a failed one has done nothing, and a repetition that succeeds
 * is as good.
 */
final class LibC {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final Linker.Option ON_HEAP = Linker.Option.critical(true);

    private static final MethodHandle OPEN =
            bind("open", JAVA_INT, Linker.Option.firstVariadicArg(2), ADDRESS, JAVA_INT);
    private static final MethodHandle CLOSE = bind("close", JAVA_INT, null, JAVA_INT);
    private static final MethodHandle IOCTL =
            bind(
                    "ioctl",
                    JAVA_INT,
                    Linker.Option.firstVariadicArg(2),
                    JAVA_INT,
                    JAVA_LONG,
                    ADDRESS);
    private static final MethodHandle READ =
            bind("read", JAVA_LONG, ON_HEAP, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle READ_PLAIN =
            plain("read", JAVA_LONG, ON_HEAP, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle WRITE =
            bind("write", JAVA_LONG, ON_HEAP, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle WRITE_PLAIN =
            plain("write", JAVA_LONG, ON_HEAP, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle SOCKET =
            bind("socket", JAVA_INT, null, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SOCKETPAIR =
            bind("socketpair", JAVA_INT, null, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle BIND =
            bind("bind", JAVA_INT, ON_HEAP, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle CONNECT =
            bind("connect", JAVA_INT, ON_HEAP, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle GETSOCKNAME =
            bind("getsockname", JAVA_INT, null, JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle SETSOCKOPT =
            bind("setsockopt", JAVA_INT, ON_HEAP, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle SETSOCKOPT_PLAIN =
            plain("setsockopt", JAVA_INT, ON_HEAP, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle GETSOCKOPT =
            bind("getsockopt", JAVA_INT, ON_HEAP, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle SENDTO =
            bind(
                    "sendto", JAVA_LONG, ON_HEAP, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS,
                    JAVA_INT);
    private static final MethodHandle SENDTO_PLAIN =
            plain(
                    "sendto", JAVA_LONG, ON_HEAP, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS,
                    JAVA_INT);
    private static final MethodHandle SENDMSG =
            bind("sendmsg", JAVA_LONG, null, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle SENDMSG_PLAIN =
            plain("sendmsg", JAVA_LONG, null, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle RECVMSG =
            bind("recvmsg", JAVA_LONG, null, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle RECVMSG_PLAIN =
            plain("recvmsg", JAVA_LONG, null, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle RECVMMSG =
            plain("recvmmsg", JAVA_INT, null, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle SENDMMSG =
            plain("sendmmsg", JAVA_INT, null, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle POLL =
            bind("poll", JAVA_INT, null, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle POLL_PLAIN =
            plain("poll", JAVA_INT, null, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle EVENTFD = bind("eventfd", JAVA_INT, null, JAVA_INT, JAVA_INT);

    private LibC() {}

    static int open(ErrnoCapture errno, MemorySegment path, int flags) {
        try {
            return errno.resultOf((int) OPEN.invokeExact(errno.segment, path, flags));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int close(ErrnoCapture errno, int fd) {
        try {
            return errno.resultOf((int) CLOSE.invokeExact(errno.segment, fd));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int ioctl(ErrnoCapture errno, int fd, long request, MemorySegment argument) {
        try {
            return errno.resultOf((int) IOCTL.invokeExact(errno.segment, fd, request, argument));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** read(2) into a heap segment; the descriptor must be non-blocking. */
    static int read(ErrnoCapture errno, int fd, MemorySegment heap, int capacity) {
        try {
            int result = (int) (long) READ_PLAIN.invokeExact(fd, heap, (long) capacity);
            return result >= 0
                    ? result
                    : errno.resultOf(
                            (int)
                                    (long)
                                            READ.invokeExact(
                                                    errno.segment, fd, heap, (long) capacity));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * read(2) without its reason for a failure, which costs a second call: for {@link
     * RefusalCount#explain}.
     */
    static int tryRead(int fd, MemorySegment heap, int capacity) {
        try {
            return (int) (long) READ_PLAIN.invokeExact(fd, heap, (long) capacity);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** recvmmsg(2) without waiting, and without its reason for a failure. */
    static int tryReceiveMessages(int fd, MemorySegment messages, int count) {
        try {
            return (int) RECVMMSG.invokeExact(fd, messages, count, 0, MemorySegment.NULL);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** sendmmsg(2) without its reason for a failure. */
    static int trySendMessages(int fd, MemorySegment messages, int count) {
        try {
            return (int) SENDMMSG.invokeExact(fd, messages, count, 0);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** recvmsg(2) without its reason for a failure. */
    static int tryReceiveMessage(int fd, MemorySegment message, int flags) {
        try {
            return (int) (long) RECVMSG_PLAIN.invokeExact(fd, message, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** write(2) from a heap segment; the descriptor must be non-blocking. */
    static int write(ErrnoCapture errno, int fd, MemorySegment heap, int length) {
        try {
            int result = (int) (long) WRITE_PLAIN.invokeExact(fd, heap, (long) length);
            return result >= 0
                    ? result
                    : errno.resultOf(
                            (int) (long) WRITE.invokeExact(errno.segment, fd, heap, (long) length));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int socket(ErrnoCapture errno, int family, int type, int protocol) {
        try {
            return errno.resultOf((int) SOCKET.invokeExact(errno.segment, family, type, protocol));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int socketPair(ErrnoCapture errno, int family, int type, MemorySegment descriptors) {
        try {
            return errno.resultOf(
                    (int) SOCKETPAIR.invokeExact(errno.segment, family, type, 0, descriptors));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int bind(ErrnoCapture errno, int fd, byte[] sockaddr) {
        try {
            return errno.resultOf(
                    (int)
                            BIND.invokeExact(
                                    errno.segment,
                                    fd,
                                    MemorySegment.ofArray(sockaddr),
                                    sockaddr.length));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int connect(ErrnoCapture errno, int fd, byte[] sockaddr) {
        try {
            return errno.resultOf(
                    (int)
                            CONNECT.invokeExact(
                                    errno.segment,
                                    fd,
                                    MemorySegment.ofArray(sockaddr),
                                    sockaddr.length));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int getSockName(ErrnoCapture errno, int fd, MemorySegment name, MemorySegment length) {
        try {
            return errno.resultOf((int) GETSOCKNAME.invokeExact(errno.segment, fd, name, length));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** setsockopt(2) of an int; {@code value} is a segment of four bytes. */
    static int setSockOpt(ErrnoCapture errno, int fd, int level, int name, MemorySegment value) {
        try {
            int length = (int) value.byteSize();
            int result = (int) SETSOCKOPT_PLAIN.invokeExact(fd, level, name, value, length);
            return result >= 0
                    ? result
                    : errno.resultOf(
                            (int)
                                    SETSOCKOPT.invokeExact(
                                            errno.segment, fd, level, name, value, length));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** setsockopt(2) of an int. */
    static int setSockOpt(ErrnoCapture errno, int fd, int level, int name, int value) {
        return setSockOpt(errno, fd, level, name, MemorySegment.ofArray(new int[] {value}));
    }

    /** getsockopt(2) of an int that is never negative; the value or a negated errno. */
    static int getSockOpt(ErrnoCapture errno, int fd, int level, int name) {
        int[] value = new int[1];
        int[] length = {Integer.BYTES};
        try {
            int result =
                    (int)
                            GETSOCKOPT.invokeExact(
                                    errno.segment,
                                    fd,
                                    level,
                                    name,
                                    MemorySegment.ofArray(value),
                                    MemorySegment.ofArray(length));
            return result < 0 ? errno.negative() : value[0];
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** sendto(2) from heap segments; the socket must be non-blocking. */
    static int sendTo(
            ErrnoCapture errno,
            int fd,
            MemorySegment heap,
            int length,
            MemorySegment heapSockaddr,
            int sockaddrLength) {
        try {
            int result =
                    (int)
                            (long)
                                    SENDTO_PLAIN.invokeExact(
                                            fd,
                                            heap,
                                            (long) length,
                                            0,
                                            heapSockaddr,
                                            sockaddrLength);
            return result >= 0
                    ? result
                    : errno.resultOf(
                            (int)
                                    (long)
                                            SENDTO.invokeExact(
                                                    errno.segment,
                                                    fd,
                                                    heap,
                                                    (long) length,
                                                    0,
                                                    heapSockaddr,
                                                    sockaddrLength));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int sendMessage(ErrnoCapture errno, int fd, MemorySegment message, int flags) {
        try {
            int result = (int) (long) SENDMSG_PLAIN.invokeExact(fd, message, flags);
            return result >= 0
                    ? result
                    : errno.resultOf(
                            (int) (long) SENDMSG.invokeExact(errno.segment, fd, message, flags));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int receiveMessage(ErrnoCapture errno, int fd, MemorySegment message, int flags) {
        try {
            int result = (int) (long) RECVMSG_PLAIN.invokeExact(fd, message, flags);
            return result >= 0
                    ? result
                    : errno.resultOf(
                            (int) (long) RECVMSG.invokeExact(errno.segment, fd, message, flags));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** poll(2); may block. */
    static int poll(ErrnoCapture errno, MemorySegment descriptors, long count, int timeoutMs) {
        try {
            int result = (int) POLL_PLAIN.invokeExact(descriptors, count, timeoutMs);
            return result >= 0
                    ? result
                    : errno.resultOf(
                            (int) POLL.invokeExact(errno.segment, descriptors, count, timeoutMs));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int eventFd(ErrnoCapture errno, int flags) {
        try {
            return errno.resultOf((int) EVENTFD.invokeExact(errno.segment, 0, flags));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle bind(
            String name, MemoryLayout result, Linker.Option option, MemoryLayout... arguments) {
        MemorySegment function = LINKER.defaultLookup().findOrThrow(name);
        FunctionDescriptor descriptor = FunctionDescriptor.of(result, arguments);
        return option == null
                ? LINKER.downcallHandle(function, descriptor, ERRNO)
                : LINKER.downcallHandle(function, descriptor, ERRNO, option);
    }

    /** The same function without errno; see the class comment. */
    @SuppressWarnings("restricted")
    private static MethodHandle plain(
            String name, MemoryLayout result, Linker.Option option, MemoryLayout... arguments) {
        MemorySegment function = LINKER.defaultLookup().findOrThrow(name);
        FunctionDescriptor descriptor = FunctionDescriptor.of(result, arguments);
        return option == null
                ? LINKER.downcallHandle(function, descriptor)
                : LINKER.downcallHandle(function, descriptor, option);
    }

    /** invokeExact declares Throwable; what comes out of a downcall is our own bug. */
    private static RuntimeException unexpected(Throwable e) {
        switch (e) {
            case RuntimeException runtime -> throw runtime;
            case Error error -> throw error;
            default -> throw new AssertionError("a downcall threw", e);
        }
    }
}
