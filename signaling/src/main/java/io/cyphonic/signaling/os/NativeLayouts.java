package io.cyphonic.signaling.os;

/**
 * Offsets, sizes and numbers of the Linux structures this package fills, equal on x86-64 and
 * aarch64 (both LP64, little-endian). {@link NativeSelfCheck} proves them against the running
 * kernel.
 */
final class NativeLayouts {
    // open(2), socket(2), eventfd(2): asm-generic/fcntl.h
    static final int O_RDWR = 2;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;

    // struct iovec: uio(7)
    static final long IOVEC_BASE = 0;
    static final long IOVEC_LENGTH = 8;
    static final long IOVEC_SIZE = 16;

    // struct msghdr: recvmsg(2)
    static final long MSGHDR_NAME = 0;
    static final long MSGHDR_NAME_LENGTH = 8;
    static final long MSGHDR_IOV = 16;
    static final long MSGHDR_IOV_LENGTH = 24;
    static final long MSGHDR_CONTROL = 32;
    static final long MSGHDR_CONTROL_LENGTH = 40;
    static final long MSGHDR_FLAGS = 48;
    static final long MSGHDR_SIZE = 56;

    // struct mmsghdr: recvmmsg(2)
    static final long MMSGHDR_LENGTH = 56;
    static final long MMSGHDR_SIZE = 64;

    // struct cmsghdr: cmsg(3)
    static final long CMSG_LENGTH = 0;
    static final long CMSG_LEVEL = 8;
    static final long CMSG_TYPE = 12;
    static final long CMSG_DATA = 16;
    static final long CMSG_ALIGNMENT = 8;

    // struct pollfd: poll(2)
    static final long POLLFD_FD = 0;
    static final long POLLFD_EVENTS = 4;
    static final long POLLFD_REVENTS = 6;
    static final long POLLFD_SIZE = 8;
    static final short POLLIN = 1;

    // struct sockaddr_in, sockaddr_in6: ip(7), ipv6(7)
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int AF_NETLINK = 16;
    static final int SOCKADDR_IN_SIZE = 16;
    static final int SOCKADDR_IN6_SIZE = 28;
    static final long SOCKADDR_PORT = 2;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_RAW = 3;

    // socket options: asm-generic/socket.h, linux/in.h, linux/in6.h, linux/udp.h
    static final int SOL_SOCKET = 1;
    static final int SO_SNDBUF = 7;
    static final int SO_RCVBUF = 8;
    static final int SO_REUSEPORT = 15;
    static final int SO_PASSCRED = 16;
    static final int SO_SNDBUFFORCE = 32;
    static final int SO_RCVBUFFORCE = 33;
    static final int SO_ATTACH_REUSEPORT_CBPF = 51;
    static final int SO_MEMINFO = 55;
    static final int SCM_CREDENTIALS = 2;
    static final int IPPROTO_IP = 0;
    static final int IP_TTL = 2;
    static final int IP_MTU_DISCOVER = 10;
    static final int IP_MTU = 14;
    static final int IP_PMTUDISC_PROBE = 3;
    static final int IPPROTO_IPV6 = 41;
    static final int IPV6_UNICAST_HOPS = 16;
    static final int IPV6_MTU_DISCOVER = 23;
    static final int IPV6_MTU = 24;
    static final int IPV6_V6ONLY = 26;
    static final int IPV6_HOPLIMIT = 52;
    static final int IPPROTO_UDP = 17;
    static final int UDP_SEGMENT = 103;
    static final int UDP_GRO = 104;

    // struct ifreq: netdevice(7), linux/if_tun.h
    static final int IFNAMSIZ = 16;
    static final long IFREQ_FLAGS = 16;
    static final long IFREQ_SIZE = 40;
    static final long SIOCGIFINDEX = 0x8933;
    static final long TUNSETIFF = 0x400454caL;
    static final long TUNSETOFFLOAD = 0x400454d0L;
    static final long TUNGETIFF = 0x800454d2L;
    static final long TUNSETVNETHDRSZ = 0x400454d8L;
    static final long TUNSETSTEERINGEBPF = 0x800454e0L;
    static final short IFF_TUN = 0x0001;
    static final short IFF_MULTI_QUEUE = 0x0100;
    static final short IFF_NO_PI = 0x1000;
    static final short IFF_VNET_HDR = 0x4000;
    static final short IFF_TUN_EXCL = (short) 0x8000;
    static final int TUN_F_CSUM = 0x01;
    static final int TUN_F_TSO4 = 0x02;
    static final int TUN_F_TSO6 = 0x04;
    static final int TUN_F_USO4 = 0x20;
    static final int TUN_F_USO6 = 0x40;

    private NativeLayouts() {}
}
