package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig.Offload;
import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.config.NodeConfig;
import io.cyphonic.signaling.net.UdpTransport;
import io.cyphonic.signaling.os.LinuxTunDevice;
import io.cyphonic.signaling.os.NativeException;
import io.cyphonic.signaling.os.NetlinkException;
import io.cyphonic.signaling.os.NetlinkInterface;
import io.cyphonic.signaling.os.TunOptions;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the virtual interface: device, addresses, up. The prefix lengths of the addresses route the
 * whole overlay into it. Nothing is left of it once the device is closed.
 */
final class VirtualInterface {
    /** IPv4 and TCP without options, in bytes: what the largest segment leaves of the MTU. */
    private static final int SMALLEST_HEADERS = 40;

    private static final int MAX_SUPER_PACKET = 65_535;

    private static final Logger LOG = LoggerFactory.getLogger(VirtualInterface.class);

    private VirtualInterface() {}

    /**
     * Opens the device.
     *
     * @throws NativeException with what to do about it
     */
    static LinuxTunDevice open(NodeConfig config, Membership membership) throws NativeException {
        LinuxTunDevice tun =
                LinuxTunDevice.open(
                        new TunOptions(
                                config.tunName(),
                                config.tunMtu(),
                                config.engine().offloads().contains(Offload.TUN_TSO),
                                config.engine().offloads().contains(Offload.TUN_USO),
                                config.engine().offloads().contains(Offload.TUN_QUEUES)));
        try (NetlinkInterface link = NetlinkInterface.open(tun.name())) {
            link.disableLinkLocalAddress();
            link.addAddress(membership.virtualIpv4(), membership.ipv4PrefixLength());
            addIpv6(link, membership);
            link.setGsoMaxSize(superPacketLength(config.tunMtu()));
            link.setUp();
            return tun;
        } catch (NativeException | RuntimeException e) {
            tun.close();
            throw e;
        }
    }

    /**
     * How long a super-packet may be so that all its capsules fit one send: one system call for
     * each instead of a large and a small one.
     */
    static int superPacketLength(int mtu) {
        int capsules =
                Math.min(
                        UdpTransport.MAX_SEGMENTS,
                        UdpTransport.MAX_SEND_LENGTH / (mtu + CapsuleHeader.OVERHEAD));
        return Math.clamp((long) capsules * (mtu - SMALLEST_HEADERS), mtu, MAX_SUPER_PACKET);
    }

    private static void addIpv6(NetlinkInterface link, Membership membership)
            throws NativeException {
        try {
            link.addAddress(membership.virtualIpv6(), membership.ipv6PrefixLength());
        } catch (NetlinkException e) {
            if (e.reason() != NetlinkException.Reason.IPV6_DISABLED) {
                throw e;
            }
            LOG.warn("the overlay is IPv4 only here: {}", e.getMessage());
        }
    }
}
