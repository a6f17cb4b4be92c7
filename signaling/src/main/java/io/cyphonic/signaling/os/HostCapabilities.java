package io.cyphonic.signaling.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What this host allows and offers, for {@code status} and for messages at start. Found out without
 * changing anything.
 *
 * @param root whether the process runs as root
 * @param networkAdmin whether it may make and change network interfaces (CAP_NET_ADMIN)
 * @param tunDevice whether {@code /dev/net/tun} exists
 * @param kernel the running kernel
 * @param tunUdpSegmentation whether the kernel is new enough for USO on TUN devices; {@link
 *     LinuxTunDevice#udpSegmentationOffload} tells whether it really agreed
 * @param udpSegmentation whether sockets take {@code UDP_SEGMENT}
 * @param udpReceiveJoining whether sockets take {@code UDP_GRO} and the kernel does it right
 */
public record HostCapabilities(
        boolean root,
        boolean networkAdmin,
        boolean tunDevice,
        KernelVersion kernel,
        boolean tunUdpSegmentation,
        boolean udpSegmentation,
        boolean udpReceiveJoining) {
    private static final int CAP_NET_ADMIN = 12;
    private static final Path STATUS = Path.of("/proc/self/status");

    /**
     * Looks at this process, this kernel and one socket.
     *
     * @throws NativeException if the machine is not one this project knows
     */
    public static HostCapabilities probe() throws NativeException {
        NativeSelfCheck.ensurePassed();
        KernelVersion kernel = KernelVersion.current();
        List<String> status = statusLines();
        UdpSocket socket = UdpSocket.open(NativeLayouts.AF_INET, 0, UdpOptions.ofPort(0));
        if (socket == null) {
            socket = UdpSocket.open(NativeLayouts.AF_INET6, 0, UdpOptions.ofPort(0));
        }
        try {
            return new HostCapabilities(
                    effectiveUser(status) == 0,
                    (effectiveCapabilities(status) >>> CAP_NET_ADMIN & 1) != 0,
                    Files.exists(Path.of("/dev/net/tun")),
                    kernel,
                    kernel.isAtLeast(6, 2),
                    socket != null && socket.segmentation,
                    socket != null && socket.receiveJoining);
        } finally {
            if (socket != null) {
                socket.close();
            }
        }
    }

    private static List<String> statusLines() {
        try {
            return Files.readAllLines(STATUS);
        } catch (IOException _) {
            return List.of();
        }
    }

    /** The second number of {@code Uid: real effective saved filesystem}; -1 if not found. */
    static int effectiveUser(List<String> status) {
        for (String line : status) {
            if (line.startsWith("Uid:")) {
                return Integer.parseInt(line.strip().split("\\s+")[2]);
            }
        }
        return -1;
    }

    /** The mask in {@code CapEff:}; 0 if not found. */
    static long effectiveCapabilities(List<String> status) {
        for (String line : status) {
            if (line.startsWith("CapEff:")) {
                return Long.parseUnsignedLong(line.substring(7).strip(), 16);
            }
        }
        return 0;
    }
}
