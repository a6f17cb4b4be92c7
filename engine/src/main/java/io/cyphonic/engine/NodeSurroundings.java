package io.cyphonic.engine;

import io.cyphonic.engine.control.ControlPlane.CloudPath;
import io.cyphonic.engine.control.NetworkDiscovery;
import io.cyphonic.engine.control.discovery.BehaviourDiscovery;
import io.cyphonic.engine.control.discovery.NatBehaviour;
import io.cyphonic.engine.control.discovery.UdpProbeSocket;
import io.cyphonic.engine.control.gateway.GatewayRoute;
import io.cyphonic.engine.control.gateway.PortMapper;
import io.cyphonic.engine.control.gateway.PortMapper.Mapping;
import io.cyphonic.engine.control.gateway.PortMapper.Survey;
import io.cyphonic.engine.control.signaling.SignalingPlane;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.RelayServer;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The network around a running node, for {@code netcheck}. */
final class NodeSurroundings implements NetworkDiscovery {
    private static final Executor THREADS =
            task -> Thread.ofVirtual().name("cy-netcheck").start(task);

    private final SignalingPlane plane;
    private final PortMapper mapper;
    private final boolean portMappingAllowed;
    private final List<InetSocketAddress> cloudAddresses;
    private final BehaviourDiscovery behaviour;

    NodeSurroundings(
            SignalingPlane plane,
            PortMapper mapper,
            boolean portMappingAllowed,
            List<InetSocketAddress> cloudAddresses,
            SecureRandom random) {
        this.plane = plane;
        this.mapper = mapper;
        this.portMappingAllowed = portMappingAllowed;
        this.cloudAddresses = List.copyOf(cloudAddresses);
        this.behaviour =
                new BehaviourDiscovery(
                        UdpProbeSocket::open,
                        random,
                        System::nanoTime,
                        NodeSurroundings::isOfThisHost);
    }

    private static boolean isOfThisHost(InetAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException _) {
            return false;
        }
    }

    @Override
    public List<NatBehaviour> measure() {
        CompletableFuture<NatBehaviour> ipv6 =
                CompletableFuture.supplyAsync(
                        () -> behaviour.measure(false, servers(false)), THREADS);
        NatBehaviour ipv4 = behaviour.measure(true, servers(true));
        return List.of(ipv4, ipv6.join());
    }

    /** The NMS first, then the relays, then who was configured. */
    private List<InetSocketAddress> servers(boolean ipv4) {
        Set<InetSocketAddress> servers = new LinkedHashSet<>();
        plane.cloudPaths().stream().map(CloudPath::nms).forEach(servers::add);
        servers.addAll(cloudAddresses);
        for (RelayServer relay : plane.relays()) {
            servers.add(relay.address(ipv4));
        }
        servers.addAll(plane.mappedAddresses().servers());
        servers.removeIf(
                each -> Objects.isNull(each) || each.getAddress() instanceof Inet4Address != ipv4);
        return new ArrayList<>(servers);
    }

    @Override
    public List<Candidate> candidates() {
        List<Candidate> all = new ArrayList<>(plane.mappedAddresses().candidates());
        all.addAll(mapper.candidates());
        return all;
    }

    @Override
    public Optional<GatewayRoute> gateway() {
        return mapper.gateway();
    }

    @Override
    public boolean portMappingAllowed() {
        return portMappingAllowed;
    }

    @Override
    public Optional<Mapping> mapping() {
        return mapper.mapping();
    }

    @Override
    public List<Survey> survey() {
        return portMappingAllowed ? mapper.survey() : List.of();
    }
}
