package io.cyphonic.signaling.os;

/**
 * How the node's UDP port is opened.
 *
 * @param port 1 to 65535, or 0 to let the kernel choose one
 * @param segmentation whether the kernel may cut large sends ({@code UDP_SEGMENT})
 * @param receiveJoining whether the kernel may join received datagrams ({@code UDP_GRO})
 * @param bufferBytes size wanted for each socket's send and receive buffer
 */
public record UdpOptions(int port, boolean segmentation, boolean receiveJoining, int bufferBytes) {
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

    /** All offloads and the default buffers. */
    public static UdpOptions ofPort(int port) {
        return new UdpOptions(port, true, true, DEFAULT_BUFFER_BYTES);
    }
}
