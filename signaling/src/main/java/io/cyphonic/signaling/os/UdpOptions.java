package io.cyphonic.signaling.os;

import java.net.Inet4Address;
import java.net.Inet6Address;

/**
 * How a UDP port is opened: that of a node on every address, that of a service on its own.
 *
 * @param ipv4 the address to bind, or {@code null}
 * @param ipv6 the address to bind, or {@code null}; with neither, both wildcards are bound, else
 *     only the families named
 * @param port 1 to 65535, or 0 to let the kernel choose one
 * @param segmentation whether the kernel may cut large sends ({@code UDP_SEGMENT})
 * @param receiveJoining whether the kernel may join received datagrams ({@code UDP_GRO})
 * @param urgentQueue whether urgent capsules get sockets of their own
 * @param bufferBytes size wanted for each socket's send and receive buffer
 */
public record UdpOptions(
        Inet4Address ipv4,
        Inet6Address ipv6,
        int port,
        boolean segmentation,
        boolean receiveJoining,
        boolean urgentQueue,
        int bufferBytes) {
    /** Seven megabytes: what removed retransmissions for other tunnels at 10 Gbit/s. */
    public static final int DEFAULT_BUFFER_BYTES = 7 << 20;

    /** Checks the ranges. */
    public UdpOptions {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException(
                    "UDP port: found " + port + ", allowed are 0 to 65535");
        }
        if (bufferBytes < 4096 || bufferBytes > 1 << 28) {
            throw new IllegalArgumentException(
                    "socket buffer: found " + bufferBytes + " bytes, allowed are 4096 to 2^28");
        }
    }

    /** On the wildcard addresses, with the default buffers: for a node. */
    public UdpOptions(int port, boolean segmentation, boolean receiveJoining, boolean urgentQueue) {
        this(null, null, port, segmentation, receiveJoining, urgentQueue, DEFAULT_BUFFER_BYTES);
    }

    /** On the wildcard addresses, without a queue for what is urgent. */
    public UdpOptions(int port, boolean segmentation, boolean receiveJoining, int bufferBytes) {
        this(null, null, port, segmentation, receiveJoining, false, bufferBytes);
    }

    /** All offloads and the default buffers. */
    public static UdpOptions ofPort(int port) {
        return new UdpOptions(port, true, true, true);
    }

    /** For a service: on these addresses only, with all that makes bulk cheap. */
    public static UdpOptions of(Inet4Address ipv4, Inet6Address ipv6, int port) {
        return new UdpOptions(ipv4, ipv6, port, true, true, false, DEFAULT_BUFFER_BYTES);
    }

    /** Whether a socket of that family is wanted. */
    boolean wants(boolean wantIpv4) {
        return ipv4 == null && ipv6 == null || (wantIpv4 ? ipv4 != null : ipv6 != null);
    }
}
