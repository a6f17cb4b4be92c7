package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.AF_INET;
import static io.cyphonic.signaling.os.NativeLayouts.IPPROTO_IP;
import static io.cyphonic.signaling.os.NativeLayouts.IPPROTO_IPV6;
import static io.cyphonic.signaling.os.NativeLayouts.IPPROTO_UDP;
import static io.cyphonic.signaling.os.NativeLayouts.SOL_SOCKET;

import io.cyphonic.signaling.net.Endpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * One bound UDP socket of one family, non-blocking; or the second of its port, to which the kernel
 * gives what is urgent ({@link UrgentDatagrams}). The descriptor is shared by the receiver, the
 * sender and the signaling sender; each has its own errno.
 *
 * <p>Path MTU: the sockets use {@code IP_PMTUDISC_PROBE} (ip(7), ipv6(7)). Datagrams carry DF, so
 * nobody fragments them unseen, and the kernel neither believes an ICMP message, which anybody can
 * forge, nor remembers one: the tunnels find their path MTU with authenticated probes of their own
 * (RFC 8899). All that is left of the kernel's opinion is {@code EMSGSIZE} for a datagram that the
 * interface itself cannot carry. {@link UdpSender} counts the batches this concerns.
 */
final class UdpSocket {
    private static final int GRO_MINIMUM_MAJOR = 5;
    private static final int GRO_MINIMUM_MINOR = 12;

    final int family;
    final boolean segmentation;
    final boolean receiveJoining;
    final int port;
    private volatile int fd;

    private UdpSocket(int fd, int family, int port, boolean segmentation, boolean receiveJoining) {
        this.fd = fd;
        this.family = family;
        this.port = port;
        this.segmentation = segmentation;
        this.receiveJoining = receiveJoining;
    }

    /**
     * Opens and binds a socket to the wildcard address, or the one in the options.
     *
     * @return the socket, or {@code null} if the host does not have this family or the options do
     *     not want it
     */
    static UdpSocket open(int family, int port, UdpOptions options) throws UdpOpenException {
        boolean ipv4 = family == AF_INET;
        if (!options.wants(ipv4)) {
            return null;
        }
        ErrnoCapture errno = new ErrnoCapture();
        int fd = create(errno, family);
        if (fd == -Errno.EAFNOSUPPORT) {
            return null;
        }
        if (fd < 0) {
            throw UdpOpenException.of(port, -fd);
        }
        InetAddress address = ipv4 ? options.ipv4() : options.ipv6();
        int bound = LibC.bind(errno, fd, sockaddr(family, address, port));
        if (bound < 0) {
            LibC.close(errno, fd);
            if (address == null
                    && (bound == -Errno.EADDRNOTAVAIL || bound == -Errno.EAFNOSUPPORT)) {
                return null;
            }
            throw UdpOpenException.of(port, -bound);
        }
        return configured(errno, fd, family, boundPort(errno, fd), options);
    }

    /**
     * Opens the second socket of this one's port. Only now does this one share its port: bound
     * before, it had it alone, so two nodes cannot have the same by mistake. From now on another
     * process of the same user that asks for {@code SO_REUSEPORT} could bind the port too: on all
     * addresses it would get nothing, on one address all that comes there.
     *
     * @throws NativeException if the kernel refuses; {@link #keepPort} then ends the sharing
     */
    UdpSocket openUrgent(UdpOptions options) throws NativeException {
        ErrnoCapture errno = new ErrnoCapture();
        int second = create(errno, family);
        if (second < 0) {
            throw new NativeException("no second socket", second);
        }
        InetAddress address = isIpv4() ? options.ipv4() : options.ipv6();
        boolean sorted =
                share(errno, fd)
                        && share(errno, second)
                        && LibC.bind(errno, second, sockaddr(family, address, port)) >= 0
                        && UrgentDatagrams.attach(errno, second) >= 0;
        if (!sorted) {
            int reason = errno.negative();
            LibC.close(errno, second);
            throw new NativeException("two sockets cannot share a port", reason);
        }
        return configured(errno, second, family, port, options);
    }

    private static boolean share(ErrnoCapture errno, int fd) {
        return LibC.setSockOpt(errno, fd, SOL_SOCKET, NativeLayouts.SO_REUSEPORT, 1) >= 0;
    }

    /** Does not share the port any more, if there is no second socket. */
    void keepPort() {
        LibC.setSockOpt(new ErrnoCapture(), fd, SOL_SOCKET, NativeLayouts.SO_REUSEPORT, 0);
    }

    /** The hop limit of what is sent, or a negated errno. */
    int hopLimit(ErrnoCapture errno) {
        return LibC.getSockOpt(errno, fd, level(family), hopLimitOption());
    }

    /** The level of a family's socket options and control messages. */
    static int level(int family) {
        return family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    }

    private int hopLimitOption() {
        return isIpv4() ? NativeLayouts.IP_TTL : NativeLayouts.IPV6_UNICAST_HOPS;
    }

    /** Sets the hop limit of what is sent; {@code value} is a segment of four bytes. */
    int setHopLimit(ErrnoCapture errno, MemorySegment value) {
        return LibC.setSockOpt(errno, fd, level(family), hopLimitOption(), value);
    }

    private static int create(ErrnoCapture errno, int family) {
        int type = NativeLayouts.SOCK_DGRAM | NativeLayouts.O_NONBLOCK | NativeLayouts.O_CLOEXEC;
        int fd = LibC.socket(errno, family, type, 0);
        if (fd >= 0 && family != AF_INET) {
            LibC.setSockOpt(errno, fd, IPPROTO_IPV6, NativeLayouts.IPV6_V6ONLY, 1);
        }
        return fd;
    }

    private static UdpSocket configured(
            ErrnoCapture errno, int fd, int family, int port, UdpOptions options) {
        configure(errno, fd, family, options);
        return new UdpSocket(
                fd,
                family,
                port,
                options.segmentation() && hasSegmentation(errno, fd),
                options.receiveJoining() && enableJoining(errno, fd));
    }

    private static byte[] sockaddr(int family, InetAddress address, int port) {
        if (address != null) {
            return Endpoint.of(new InetSocketAddress(address, port)).sockaddr();
        }
        boolean ipv4 = family == AF_INET;
        byte[] any =
                new byte[ipv4 ? NativeLayouts.SOCKADDR_IN_SIZE : NativeLayouts.SOCKADDR_IN6_SIZE];
        any[0] = (byte) family;
        any[2] = (byte) (port >>> 8);
        any[3] = (byte) port;
        return any;
    }

    private static void configure(ErrnoCapture errno, int fd, int family, UdpOptions options) {
        LibC.setSockOpt(
                errno,
                fd,
                level(family),
                family == AF_INET ? NativeLayouts.IP_MTU_DISCOVER : NativeLayouts.IPV6_MTU_DISCOVER,
                NativeLayouts.IP_PMTUDISC_PROBE);
        int bytes = options.bufferBytes();
        // The FORCE forms pass the sysctl limits but need CAP_NET_ADMIN.
        if (LibC.setSockOpt(errno, fd, SOL_SOCKET, NativeLayouts.SO_RCVBUFFORCE, bytes) < 0) {
            LibC.setSockOpt(errno, fd, SOL_SOCKET, NativeLayouts.SO_RCVBUF, bytes);
        }
        if (LibC.setSockOpt(errno, fd, SOL_SOCKET, NativeLayouts.SO_SNDBUFFORCE, bytes) < 0) {
            LibC.setSockOpt(errno, fd, SOL_SOCKET, NativeLayouts.SO_SNDBUF, bytes);
        }
    }

    private static int boundPort(ErrnoCapture errno, int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NativeLayouts.SOCKADDR_IN6_SIZE, Long.BYTES);
            MemorySegment length =
                    arena.allocateFrom(ValueLayout.JAVA_INT, NativeLayouts.SOCKADDR_IN6_SIZE);
            if (LibC.getSockName(errno, fd, name, length) < 0) {
                throw new IllegalStateException("getsockname " + Errno.name(errno.negative()));
            }
            return Short.toUnsignedInt(
                    Short.reverseBytes(
                            name.get(ValueLayout.JAVA_SHORT, NativeLayouts.SOCKADDR_PORT)));
        }
    }

    private static boolean hasSegmentation(ErrnoCapture errno, int fd) {
        return LibC.setSockOpt(errno, fd, IPPROTO_UDP, NativeLayouts.UDP_SEGMENT, 0) >= 0;
    }

    private static boolean enableJoining(ErrnoCapture errno, int fd) {
        // Older kernels join datagrams wrongly when they are forwarded on.
        return KernelVersion.current().isAtLeast(GRO_MINIMUM_MAJOR, GRO_MINIMUM_MINOR)
                && LibC.setSockOpt(errno, fd, IPPROTO_UDP, NativeLayouts.UDP_GRO, 1) >= 0;
    }

    boolean isIpv4() {
        return family == AF_INET;
    }

    /** The descriptor; -1 after close, which every call answers with {@code EBADF}. */
    int descriptor() {
        return fd;
    }

    synchronized void close() {
        int closing = fd;
        if (closing >= 0) {
            fd = -1;
            LibC.close(new ErrnoCapture(), closing);
        }
    }
}
