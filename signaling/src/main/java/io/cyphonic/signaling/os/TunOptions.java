package io.cyphonic.signaling.os;

/**
 * What kind of TUN device is wanted.
 *
 * @param name the interface name, 1 to 15 characters
 * @param mtu the MTU in bytes, 576 to 65535; below 1280 the interface carries no IPv6
 * @param tcpSegmentation whether the host may hand over TCP super-packets (TSO)
 * @param udpSegmentation whether the host may hand over UDP super-packets (USO, Linux 6.2)
 * @param flowQueues whether packets of the host wait in several queues, so that bulk does not delay
 *     other flows ({@link FlowSteering}; needs CAP_BPF)
 */
public record TunOptions(
        String name,
        int mtu,
        boolean tcpSegmentation,
        boolean udpSegmentation,
        boolean flowQueues) {
    /** Longest interface name: {@code IFNAMSIZ} without its final zero. */
    public static final int MAX_NAME_LENGTH = NativeLayouts.IFNAMSIZ - 1;

    /** Checks the MTU; the name is checked by {@link LinuxTunDevice#open}. */
    public TunOptions {
        if (mtu < 576 || mtu > 65_535) {
            throw new IllegalArgumentException(
                    "MTU of the TUN device: found " + mtu + ", allowed are 576 to 65535");
        }
    }

    /** A device with TCP segmentation, and without UDP segmentation and flow queues. */
    public static TunOptions of(String name, int mtu) {
        return new TunOptions(name, mtu, true, false, false);
    }
}
