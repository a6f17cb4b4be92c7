package io.cyphonic.engine;

import io.cyphonic.engine.config.NodeConfig;
import io.cyphonic.engine.config.NodeConfig.PortMappingChoice;
import io.cyphonic.engine.config.NodeDirectory;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.ControlSettings;
import io.cyphonic.engine.control.NetworkDiscovery;
import io.cyphonic.engine.control.NodeIdentity;
import io.cyphonic.engine.control.VirtualThreadRuntime;
import io.cyphonic.engine.control.cloud.AuthenticationLogin;
import io.cyphonic.engine.control.cloud.GatewayBridges;
import io.cyphonic.engine.control.cloud.InterfaceAddresses;
import io.cyphonic.engine.control.gateway.PortMapper;
import io.cyphonic.engine.control.gateway.PortMapping;
import io.cyphonic.engine.control.signaling.SignalingPlane;
import io.cyphonic.signaling.credential.AuthenticationClient;
import io.cyphonic.signaling.credential.CertificateVerifier;
import io.cyphonic.signaling.credential.DatagramConnection;
import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.credential.NodeKeys;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;

/** The signaling side of a node with its keys, wired to the packet engine. */
final class Signaling implements AutoCloseable {
    private static final Duration GATEWAY_LIMIT = Duration.ofSeconds(5);

    private final CloseStack started = new CloseStack();
    private VirtualThreadRuntime runtime;
    private SignalingPlane plane;
    private PortMapper mapper;
    private NodeSurroundings surroundings;

    private Signaling() {}

    /** Starts the engine and begins to log in. */
    static Signaling start(NodeDirectory directory, NodeConfig config, DataPath dataPath)
            throws IOException {
        Signaling signaling = new Signaling();
        try {
            signaling.startAll(directory, config, dataPath);
            return signaling;
        } catch (IOException | RuntimeException e) {
            signaling.close();
            throw e;
        }
    }

    private void startAll(NodeDirectory directory, NodeConfig config, DataPath dataPath)
            throws IOException {
        NodeKeys keys = started.push(directory.keys());
        byte[] caCertificate = directory.caCertificate();
        NodeIdentity identity =
                new NodeIdentity(
                        directory.certificate(),
                        keys.tunnelKeyPair(),
                        renewed -> store(directory, renewed));
        AuthenticationLogin login =
                new AuthenticationLogin(
                        new AuthenticationClient(InstantSource.system()),
                        config.cloudAddresses(),
                        caCertificate,
                        keys,
                        () -> identity.certificate().der());
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
                        identity,
                        new CertificateVerifier(caCertificate),
                        login,
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
                                                caCertificate,
                                                keys,
                                                identity.certificate().der(),
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

    private static void store(NodeDirectory directory, NodeCertificate renewed) {
        try {
            directory.storeCertificate(renewed);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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

    /** Says goodbye to peers and cloud, then wipes the keys. Idempotent. */
    @Override
    public void close() {
        started.close();
    }
}
