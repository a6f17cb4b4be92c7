package io.cyphonic.engine.control;

import io.cyphonic.engine.control.discovery.NatBehaviour;
import io.cyphonic.engine.control.gateway.GatewayRoute;
import io.cyphonic.engine.control.gateway.PortMapper.Mapping;
import io.cyphonic.engine.control.gateway.PortMapper.Survey;
import io.cyphonic.signaling.protocol.Candidate;

import java.util.List;
import java.util.Optional;

/** What can be found out about the network around this node. Thread-safe. */
public interface NetworkDiscovery {
    /** Measures both address families at the same time; waits some seconds. */
    List<NatBehaviour> measure();

    /** Mapped addresses and port mappings that the cloud was told of. */
    List<Candidate> candidates();

    /** The default gateway, if there is one. */
    Optional<GatewayRoute> gateway();

    /** Whether this node may ask the gateway for a port mapping. */
    boolean portMappingAllowed();

    /** The mapping in force. */
    Optional<Mapping> mapping();

    /** Asks the gateway which protocols it speaks, if that is allowed; waits some seconds. */
    List<Survey> survey();
}
