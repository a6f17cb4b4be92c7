package io.cyphonic.engine.config;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/**
 * The settings of a node: {@code node.yaml}, checked, with defaults for what it does not say.
 *
 * @param cloudAddresses where the cloud listens, in the order to try; at least one
 * @param listenPort UDP port of the node; 0 for any free one
 * @param stunServers whom to ask for the own address; possibly unresolved names
 * @param portMapping whether to ask the default gateway for a port mapping
 * @param tunName name of the virtual interface
 * @param tunMtu its MTU in bytes
 * @param engine how the packet engine runs
 * @param metricsListen where to serve the counters, or empty for nowhere
 * @param dns how the resolver runs
 */
public record NodeConfig(
        List<InetSocketAddress> cloudAddresses,
        int listenPort,
        List<InetSocketAddress> stunServers,
        PortMappingChoice portMapping,
        String tunName,
        int tunMtu,
        EngineConfig engine,
        Optional<InetSocketAddress> metricsListen,
        DnsConfig dns) {

    /**
     * The resolver.
     *
     * @param listen where it listens; empty for port 53 of the virtual addresses; an empty list for
     *     no resolver at all
     * @param upstream who answers for other zones; empty for the host's own servers; an empty list
     *     for nobody
     * @param configure whom to tell about the zone
     */
    public record DnsConfig(
            Optional<List<InetSocketAddress>> listen,
            Optional<List<InetSocketAddress>> upstream,
            DnsConfigure configure) {
        /** Whether there is a resolver. */
        public boolean enabled() {
            return listen.isEmpty() || !listen.get().isEmpty();
        }
    }

    /** Whether to ask the default gateway for a port mapping. */
    public enum PortMappingChoice {
        /** By whatever protocol it speaks, if the own address is a private one. */
        AUTO,
        /** Never; nothing is sent to it. */
        OFF
    }

    /** Whom to tell about the zone. */
    public enum DnsConfigure {
        /** Nobody: the host's resolver stays as it is. */
        NONE,
        /** systemd-resolved, for the virtual interface only. */
        RESOLVED
    }
}
