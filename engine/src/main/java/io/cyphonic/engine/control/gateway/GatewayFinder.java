package io.cyphonic.engine.control.gateway;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the default gateway of the host as it is at present. */
@FunctionalInterface
public interface GatewayFinder {
    /** The gateway; empty if there is none, or it cannot be known. */
    Optional<GatewayRoute> find();

    /** Reads the routing table of this network namespace. */
    static GatewayFinder ofHost(String overlayInterface) {
        return () -> {
            try {
                return RouteTable.defaultRoute(
                                Files.readString(Path.of("/proc/net/route")), overlayInterface)
                        .flatMap(GatewayFinder::complete);
            } catch (IOException _) {
                return Optional.empty();
            }
        };
    }

    private static Optional<GatewayRoute> complete(RouteTable.DefaultRoute route) {
        try {
            NetworkInterface device = NetworkInterface.getByName(route.interfaceName());
            if (device == null) {
                return Optional.empty();
            }
            Inet4Address any = null;
            for (InterfaceAddress each : device.getInterfaceAddresses()) {
                if (each.getAddress() instanceof Inet4Address own) {
                    if (isOnLink(own, route.gateway(), each.getNetworkPrefixLength())) {
                        return Optional.of(
                                new GatewayRoute(route.gateway(), route.interfaceName(), own));
                    }
                    any = any == null ? own : any;
                }
            }
            return Optional.ofNullable(any)
                    .map(own -> new GatewayRoute(route.gateway(), route.interfaceName(), own));
        } catch (SocketException _) {
            return Optional.empty();
        }
    }

    private static boolean isOnLink(InetAddress own, InetAddress gateway, int prefixLength) {
        byte[] left = own.getAddress();
        byte[] right = gateway.getAddress();
        for (int bit = 0; bit < prefixLength; bit++) {
            if (((left[bit / 8] ^ right[bit / 8]) >>> 7 - bit % 8 & 1) != 0) {
                return false;
            }
        }
        return true;
    }
}
