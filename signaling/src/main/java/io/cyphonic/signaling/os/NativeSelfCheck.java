package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.AF_INET;
import static io.cyphonic.signaling.os.NativeLayouts.AF_INET6;
import static io.cyphonic.signaling.os.NativeLayouts.AF_UNIX;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_DATA;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_LEVEL;
import static io.cyphonic.signaling.os.NativeLayouts.CMSG_TYPE;
import static io.cyphonic.signaling.os.NativeLayouts.O_CLOEXEC;
import static io.cyphonic.signaling.os.NativeLayouts.O_NONBLOCK;
import static io.cyphonic.signaling.os.NativeLayouts.POLLFD_SIZE;
import static io.cyphonic.signaling.os.NativeLayouts.POLLIN;
import static io.cyphonic.signaling.os.NativeLayouts.SCM_CREDENTIALS;
import static io.cyphonic.signaling.os.NativeLayouts.SOCKADDR_IN6_SIZE;
import static io.cyphonic.signaling.os.NativeLayouts.SOCKADDR_IN_SIZE;
import static io.cyphonic.signaling.os.NativeLayouts.SOCK_DGRAM;
import static io.cyphonic.signaling.os.NativeLayouts.SOL_SOCKET;
import static io.cyphonic.signaling.os.NativeLayouts.SO_PASSCRED;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/**
 * Proves {@link NativeLayouts} against the running kernel and C library before anything relies on
 * them: a structure of the wrong shape would corrupt packets or memory without any error. Needs no
 * rights, no network and a few milliseconds, once per process.
 *
 * <p>{@code struct ifreq} as TUNSETIFF uses it is proved by {@link LinuxTunDevice#open}, which asks
 * the kernel for the name it just gave.
 */
final class NativeSelfCheck {
    private static volatile boolean passed;

    private final ErrnoCapture errno = new ErrnoCapture();
    private final Arena arena;

    private NativeSelfCheck(Arena arena) {
        this.arena = arena;
    }

    /**
     * Runs the check once per process.
     *
     * @throws NativeException if this machine is not one this package was written for
     */
    static void ensurePassed() throws NativeException {
        if (passed) {
            return;
        }
        checkPlatform(
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                ByteOrder.nativeOrder());
        try (Arena arena = Arena.ofConfined()) {
            NativeSelfCheck check = new NativeSelfCheck(arena);
            check.messageAndControlHeaders();
            check.socketAddress(AF_INET, SOCKADDR_IN_SIZE);
            check.socketAddress(AF_INET6, SOCKADDR_IN6_SIZE);
            check.pollDescriptor();
            check.interfaceRequest();
        }
        passed = true;
    }

    static void checkPlatform(String system, String architecture, ByteOrder order)
            throws NativeException {
        boolean known =
                "Linux".equals(system)
                        && ("amd64".equals(architecture) || "aarch64".equals(architecture))
                        && order == ByteOrder.LITTLE_ENDIAN;
        if (!known) {
            throw new NativeException(
                    "the packet engine runs on Linux on x86-64 or aarch64, not on "
                            + system
                            + " on "
                            + architecture,
                    0);
        }
    }

    /** struct msghdr, iovec, cmsghdr: two pieces and our process id through a socket pair. */
    private void messageAndControlHeaders() throws NativeException {
        MemorySegment pair = arena.allocate(JAVA_INT, 2);
        int result = LibC.socketPair(errno, AF_UNIX, SOCK_DGRAM | O_NONBLOCK | O_CLOEXEC, pair);
        require(result, "socketpair");
        int from = pair.getAtIndex(JAVA_INT, 0);
        int to = pair.getAtIndex(JAVA_INT, 1);
        try {
            require(LibC.setSockOpt(errno, to, SOL_SOCKET, SO_PASSCRED, 1), "SO_PASSCRED");
            NativeMessage sent = new NativeMessage(arena, 2, 0);
            MemorySegment text = arena.allocateFrom("cyphonic");
            sent.setPiece(0, text.asSlice(0, 3));
            sent.setPiece(1, text.asSlice(3, 5));
            require(LibC.sendMessage(errno, from, sent.header(), 0), "sendmsg");

            NativeMessage received = new NativeMessage(arena, 1, 64);
            MemorySegment buffer = arena.allocate(16);
            received.setPiece(0, buffer);
            received.prepareReceive();
            int length = LibC.receiveMessage(errno, to, received.header(), 0);
            require(length, "recvmsg");
            MemorySegment control = received.control();
            expect(length == 8 && sameText(buffer, text), "struct iovec");
            expect(received.flags() == 0 && received.controlLength() == 32, "struct msghdr");
            expect(
                    control.get(JAVA_INT, CMSG_LEVEL) == SOL_SOCKET
                            && control.get(JAVA_INT, CMSG_TYPE) == SCM_CREDENTIALS
                            && control.get(JAVA_INT, CMSG_DATA) == ProcessHandle.current().pid(),
                    "struct cmsghdr");
        } finally {
            LibC.close(errno, from);
            LibC.close(errno, to);
        }
    }

    private static boolean sameText(MemorySegment buffer, MemorySegment text) {
        return buffer.asSlice(0, 8).mismatch(text.asSlice(0, 8)) == -1;
    }

    /**
     * struct sockaddr_in, sockaddr_in6: the kernel tells length, family and port of a bound one.
     */
    private void socketAddress(int family, int size) throws NativeException {
        int fd = LibC.socket(errno, family, SOCK_DGRAM | O_CLOEXEC, 0);
        if (fd == -Errno.EAFNOSUPPORT) {
            return;
        }
        require(fd, "socket");
        try {
            byte[] any = new byte[size];
            any[0] = (byte) family;
            int result = LibC.bind(errno, fd, any);
            if (result == -Errno.EADDRNOTAVAIL || result == -Errno.EAFNOSUPPORT) {
                return;
            }
            require(result, "bind");
            MemorySegment name = arena.allocate(64, Long.BYTES);
            MemorySegment length = arena.allocateFrom(JAVA_INT, 64);
            require(LibC.getSockName(errno, fd, name, length), "getsockname");
            boolean good =
                    length.get(JAVA_INT, 0) == size
                            && name.get(JAVA_SHORT, 0) == family
                            && name.get(JAVA_SHORT, NativeLayouts.SOCKADDR_PORT) != 0;
            expect(good, family == AF_INET ? "struct sockaddr_in" : "struct sockaddr_in6");
        } finally {
            LibC.close(errno, fd);
        }
    }

    /** struct pollfd, at index 1 to prove its size: an eventfd with a count is readable. */
    private void pollDescriptor() throws NativeException {
        int fd = LibC.eventFd(errno, O_NONBLOCK | O_CLOEXEC);
        require(fd, "eventfd");
        try {
            MemorySegment one = arena.allocateFrom(JAVA_LONG, 1);
            require(LibC.write(errno, fd, one, 0, Long.BYTES), "write to an eventfd");
            MemorySegment polls = arena.allocate(2 * POLLFD_SIZE, Long.BYTES);
            polls.set(JAVA_INT, NativeLayouts.POLLFD_FD, -1);
            polls.set(JAVA_INT, POLLFD_SIZE + NativeLayouts.POLLFD_FD, fd);
            polls.set(JAVA_SHORT, POLLFD_SIZE + NativeLayouts.POLLFD_EVENTS, POLLIN);
            int ready = LibC.poll(errno, polls, 2, 0);
            short found = polls.get(JAVA_SHORT, POLLFD_SIZE + NativeLayouts.POLLFD_REVENTS);
            expect(ready == 1 && found == POLLIN, "struct pollfd");
        } finally {
            LibC.close(errno, fd);
        }
    }

    /** struct ifreq: the index of the loopback interface is 1 in every network namespace. */
    private void interfaceRequest() throws NativeException {
        int fd = LibC.socket(errno, AF_UNIX, SOCK_DGRAM | O_CLOEXEC, 0);
        require(fd, "socket");
        try {
            MemorySegment request = arena.allocate(NativeLayouts.IFREQ_SIZE + 8, Long.BYTES);
            request.fill((byte) 0x5A);
            request.setString(0, "lo");
            require(LibC.ioctl(errno, fd, NativeLayouts.SIOCGIFINDEX, request), "SIOCGIFINDEX");
            boolean good =
                    request.get(JAVA_INT, NativeLayouts.IFREQ_FLAGS) == 1
                            && request.get(JAVA_BYTE, NativeLayouts.IFREQ_SIZE) == 0x5A;
            expect(good, "struct ifreq");
        } finally {
            LibC.close(errno, fd);
        }
    }

    private static void require(int result, String call) throws NativeException {
        if (result < 0) {
            throw new NativeException("self-check of the system interface: " + call, result);
        }
    }

    private static void expect(boolean good, String structure) throws NativeException {
        if (!good) {
            throw new NativeException(
                    "self-check of the system interface: "
                            + structure
                            + " is not laid out as on the Linux systems this program knows;"
                            + " please report the kernel, the C library and the processor",
                    0);
        }
    }
}
