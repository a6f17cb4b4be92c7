package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.LocalAddresses;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The addresses of the host's interfaces, without loopback and without the overlay's own. */
public final class InterfaceAddresses implements LocalAddresses {
    /** Most addresses a node tells. */
    public static final int MAX_CANDIDATES = 8;

    private static final Logger LOG = LoggerFactory.getLogger(InterfaceAddresses.class);

    private final String tunName;
    private final int port;

    /**
     * Reads the interfaces anew with every call.
     *
     * @param tunName the interface of the overlay, whose addresses are not told
     * @param port of the UDP socket
     */
    public InterfaceAddresses(String tunName, int port) {
        this.tunName = tunName;
        this.port = port;
    }

    @Override
    public List<InetSocketAddress> candidates() {
        List<InetAddress> addresses = new ArrayList<>();
        try {
            for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
                if (!each.getName().equals(tunName) && each.isUp() && !each.isLoopback()) {
                    each.inetAddresses()
                            .filter(InterfaceAddresses::isUsable)
                            .forEach(addresses::add);
                }
            }
        } catch (SocketException e) {
            // An interface went away while it was looked at: the next look will be better.
            LOG.debug("cannot read the interfaces: {}", e.toString());
        }
        // In a fixed order: what has not changed must not look changed.
        addresses.sort(
                Comparator.<InetAddress>comparingInt(address -> address.getAddress().length)
                        .thenComparing(InetAddress::getHostAddress));
        return addresses.stream()
                .limit(MAX_CANDIDATES)
                .map(address -> new InetSocketAddress(address, port))
                .toList();
    }

    private static boolean isUsable(InetAddress address) {
        return !address.isLoopbackAddress()
                && !address.isLinkLocalAddress()
                && !address.isMulticastAddress()
                && !address.isAnyLocalAddress()
                && !(address instanceof Inet6Address ipv6 && ipv6.isIPv4CompatibleAddress());
    }
}
