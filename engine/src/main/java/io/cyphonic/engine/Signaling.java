package io.cyphonic.engine;

import io.cyphonic.engine.config.NodeConfig;
import io.cyphonic.engine.config.NodeConfig.PortMappingChoice;
import io.cyphonic.engine.config.NodeDirectory;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.ControlSettings;
import io.cyphonic.engine.control.NetworkDiscovery;
import io.cyphonic.engine.control.VirtualThreadRuntime;
import io.cyphonic.engine.control.cloud.GatewayBridges;
import io.cyphonic.engine.control.cloud.InterfaceAddresses;
import io.cyphonic.engine.control.gateway.PortMapper;
import io.cyphonic.engine.control.gateway.PortMapping;
import io.cyphonic.engine.control.signaling.SignalingPlane;
import io.cyphonic.signaling.credential.CertificateVerifier;
import io.cyphonic.signaling.credential.DatagramConnection;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;

/** The signaling side of a node, wired to the packet engine. */
final class Signaling implements AutoCloseable {
    private static final Duration GATEWAY_LIMIT = Duration.ofSeconds(5);

    private final CloseStack started = new CloseStack();
    private VirtualThreadRuntime runtime;
    private SignalingPlane plane;
    private PortMapper mapper;
    private NodeSurroundings surroundings;

    private Signaling() {}

    /** Starts the engine and the control plane, which waits for the login. */
    static Signaling start(
            NodeDirectory directory, NodeConfig config, NodeLogin login, DataPath dataPath)
            throws IOException {
        Signaling signaling = new Signaling();
        try {
            signaling.startAll(directory, config, login, dataPath);
            return signaling;
        } catch (IOException | RuntimeException e) {
            signaling.close();
            throw e;
        }
    }

    private void startAll(
            NodeDirectory directory, NodeConfig config, NodeLogin login, DataPath dataPath)
            throws IOException {
        runtime = started.push(new VirtualThreadRuntime(new SecureRandom()));
        InterfaceAddresses addresses =
                new InterfaceAddresses(dataPath.tun().name(), dataPath.udp().localPort());
        plane =
                new SignalingPlane(
                        new ControlSettings(
                                config.cloudAddresses(),
                                config.engine().maxTunnels(),
                                config.tunMtu(),
                                directory.membership()::isVirtual,
                                config.stunServers()),
                        login.identity(),
                        new CertificateVerifier(login.caCertificate()),
                        login.login(),
                        addresses,
                        dataPath.store(),
                        dataPath.engine(),
                        runtime,
                        dataPath.engine().counters()::drop);
        mapper =
                PortMapper.ofHost(
                        dataPath.tun().name(),
                        dataPath.udp().localPort(),
                        directory.membership()::isVirtual,
                        runtime.random(),
                        runtime::nanoTime,
                        plane::onCandidatesChanged);
        plane.addCandidates(mapper);
        surroundings =
                new NodeSurroundings(
                        plane,
                        mapper,
                        config.portMapping() == PortMappingChoice.AUTO,
                        config.cloudAddresses(),
                        runtime.random());
        GatewayBridges bridges =
                started.push(
                        new GatewayBridges(
                                gateway ->
                                        DatagramConnection.open(
                                                gateway,
                                                login.caCertificate(),
                                                login.keys(),
                                                login.identity().certificate().der(),
                                                InstantSource.system(),
                                                GATEWAY_LIMIT),
                                dataPath.udp().localPort()));
        plane.useBridges(bridges);
        dataPath.engine().setListener(plane);
        dataPath.engine().start();
        started.push(plane);
        plane.start();
        PortMapping mapping =
                config.portMapping() == PortMappingChoice.AUTO
                        ? started.push(PortMapping.start(mapper))
                        : null;
        started.push(
                NetworkWatch.start(
                        dataPath.tun().name(),
                        addresses,
                        () -> {
                            bridges.networkChanged();
                            plane.onNetworkChanged();
                            if (mapping != null) {
                                mapping.networkChanged();
                            }
                        }));
    }

    ControlPlane plane() {
        return plane;
    }

    /** The network around. */
    NetworkDiscovery surroundings() {
        return surroundings;
    }

    /** The work of this side, past and present. */
    ControlRuntime.Tasks tasks() {
        return runtime.tasks();
    }

    /** Says goodbye to peers and cloud, then stops. Idempotent. */
    @Override
    public void close() {
        started.close();
    }
}
