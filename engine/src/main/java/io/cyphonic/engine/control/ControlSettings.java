package io.cyphonic.engine.control;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * What the control plane is told at start.
 *
 * @param cloud configured addresses of the cloud, at least one
 * @param maxTunnels most peers at once, 1 or more
 * @param innerMtu MTU of the TUN device
 */
public record ControlSettings(List<InetSocketAddress> cloud, int maxTunnels, int innerMtu) {
    /** Refuses settings nothing can run with. */
    public ControlSettings {
        if (cloud.isEmpty() || maxTunnels < 1) {
            throw new IllegalArgumentException(
                    "%d cloud addresses, %d tunnels: at least one of each is needed"
                            .formatted(cloud.size(), maxTunnels));
        }
        cloud = List.copyOf(cloud);
    }
}
