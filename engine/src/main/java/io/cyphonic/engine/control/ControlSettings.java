package io.cyphonic.engine.control;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Predicate;

/**
 * What the control plane is told at start.
 *
 * @param cloud configured addresses of the cloud, at least one
 * @param maxTunnels most peers at once, 1 or more
 * @param innerMtu MTU of the TUN device
 * @param overlay whether an address is a virtual one
 * @param stunServers whom to ask for the own address; possibly unresolved names
 */
public record ControlSettings(
        List<InetSocketAddress> cloud,
        int maxTunnels,
        int innerMtu,
        Predicate<InetAddress> overlay,
        List<InetSocketAddress> stunServers) {
    /** Settings without STUN servers. */
    public ControlSettings(
            List<InetSocketAddress> cloud,
            int maxTunnels,
            int innerMtu,
            Predicate<InetAddress> overlay) {
        this(cloud, maxTunnels, innerMtu, overlay, List.of());
    }

    /** Refuses settings nothing can run with. */
    public ControlSettings {
        if (cloud.isEmpty() || maxTunnels < 1) {
            throw new IllegalArgumentException(
                    "%d cloud addresses, %d tunnels: at least one of each is needed"
                            .formatted(cloud.size(), maxTunnels));
        }
        cloud = List.copyOf(cloud);
        stunServers = List.copyOf(stunServers);
    }

    /** Whether an endpoint is inside the overlay, hence no way to a peer. */
    public boolean isInOverlay(InetSocketAddress endpoint) {
        return overlay.test(endpoint.getAddress());
    }
}
