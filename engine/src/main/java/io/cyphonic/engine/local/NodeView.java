package io.cyphonic.engine.local;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.NetworkDiscovery;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.dns.DnsCounters;

import java.util.Map;
import java.util.Optional;

/** What the running node shows of itself to its owner. Thread-safe; nothing here waits. */
public interface NodeView {
    /** Who it is. */
    Membership membership();

    /** How its engine was set. */
    EngineConfig engine();

    /** Its signaling side. */
    ControlPlane control();

    /** Name of the virtual interface. */
    String interfaceName();

    /** MTU of the virtual interface. */
    int mtu();

    /** UDP port on the underlay. */
    int localPort();

    /** Every offload by its configuration name, and whether it is in use. */
    Map<String, Boolean> offloads();

    /** Who encrypts packets, for people. */
    String cipher();

    /** Every drop reason with its count. */
    Map<String, Long> drops();

    /** What the packet engine has counted. */
    Counters counters();

    /** Batches in the outbound ring at present. */
    long outboundOccupancy();

    /** Batches in the inbound ring at present. */
    long inboundOccupancy();

    /** Bytes of all packet buffers. */
    long bufferBytes();

    /** The network around it, if it can be looked at. */
    default Optional<NetworkDiscovery> network() {
        return Optional.empty();
    }

    /** The work of the signaling side, past and present. */
    ControlRuntime.Tasks tasks();

    /** What the resolver did, if there is one. */
    Optional<DnsCounters> dns();
}
