package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.config.NodeConfig;
import io.cyphonic.engine.config.NodeConfigLoader;
import io.cyphonic.engine.config.NodeDirectory;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.NetworkDiscovery;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.dns.DnsCounters;
import io.cyphonic.engine.dns.NameResolver;
import io.cyphonic.engine.local.ControlSocket;
import io.cyphonic.engine.local.DirectoryLock;
import io.cyphonic.engine.local.LocalCommands;
import io.cyphonic.engine.local.NodeMetrics;
import io.cyphonic.engine.local.NodeView;
import io.cyphonic.signaling.metrics.MetricsServer;
import io.cyphonic.signaling.metrics.MetricsSource;
import io.cyphonic.signaling.metrics.ProcessSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A running node: everything is put together here and nowhere else.
 *
 * <pre>
 *   lock -> keys, login -> socket, interface -> engine -> signaling -> resolver -> metrics -> control socket
 * </pre>
 *
 * <p>Started from left to right; if a step fails, and at the end, what was started is closed from
 * right to left. Then nothing of the node is left on the host but its directory.
 */
public final class Node implements NodeView, AutoCloseable {
    private final Membership membership;
    private final NodeConfig config;
    private final CloseStack started = new CloseStack();

    // Set by start, before the node is handed out.
    private DataPath dataPath;
    private Signaling signaling;
    private NameResolver resolver;

    private Node(Membership membership, NodeConfig config) {
        this.membership = membership;
        this.config = config;
    }

    /**
     * Starts the node of a directory; returns as soon as it works, which may be before the cloud
     * has answered.
     *
     * @param onDown called when its owner asks it to end; must not wait
     * @throws IOException with what is missing or in the way; nothing is left running then
     */
    public static Node start(Path path, Runnable onDown) throws IOException {
        NodeDirectory directory = new NodeDirectory(path);
        directory.checkJoined();
        NodeConfig config = NodeConfigLoader.load(path);
        WarmUp warmUp = WarmUp.start(config.engine(), directory);
        Membership membership = directory.membership();
        Node node = new Node(membership, config);
        try {
            node.startAll(directory, onDown);
            warmUp.makeWayFor(node::isTunnelOpening);
            warmUp.await();
            return node;
        } catch (IOException | RuntimeException e) {
            node.closeAfter(e);
            throw e;
        }
    }

    private void startAll(NodeDirectory directory, Runnable onDown) throws IOException {
        started.push(lock(directory.path()));
        NodeLogin login = started.push(NodeLogin.begin(directory, config));
        dataPath = started.push(DataPath.open(config, membership));
        signaling = started.push(Signaling.start(directory, config, login, dataPath));
        if (config.dns().enabled()) {
            resolver =
                    started.push(
                            ResolverSetup.open(
                                    config.dns(), membership, control(), interfaceName()));
        }
        if (config.metricsListen().isPresent()) {
            started.push(MetricsServer.open(config.metricsListen().get(), metricsSources()));
        }
        started.push(
                ControlSocket.open(
                        directory.path(),
                        LocalCommands.of(this, config.cloudAddresses(), System::nanoTime, onDown)));
    }

    private boolean isTunnelOpening() {
        return control().peers().stream()
                .anyMatch(peer -> peer.state() == ControlPlane.PeerState.CONNECTING);
    }

    private List<MetricsSource> metricsSources() {
        String version = Node.class.getPackage().getImplementationVersion();
        return List.of(new NodeMetrics(this), new ProcessSource(version));
    }

    private static DirectoryLock lock(Path path) throws IOException {
        return DirectoryLock.tryAcquire(path)
                .orElseThrow(
                        () -> new IOException("a node is already running on %s".formatted(path)));
    }

    @Override
    public Membership membership() {
        return membership;
    }

    @Override
    public EngineConfig engine() {
        return config.engine();
    }

    @Override
    public ControlPlane control() {
        return signaling.plane();
    }

    @Override
    public Optional<NetworkDiscovery> network() {
        return Optional.of(signaling.surroundings());
    }

    @Override
    public String interfaceName() {
        return dataPath.tun().name();
    }

    @Override
    public int mtu() {
        return dataPath.tun().mtu();
    }

    @Override
    public int localPort() {
        return dataPath.udp().localPort();
    }

    @Override
    public Map<String, Boolean> offloads() {
        return dataPath.offloads();
    }

    @Override
    public String cipher() {
        return dataPath.cipher();
    }

    @Override
    public Map<String, Long> drops() {
        return dataPath.drops();
    }

    @Override
    public Counters counters() {
        return dataPath.engine().counters();
    }

    @Override
    public long outboundOccupancy() {
        return dataPath.engine().outboundOccupancy();
    }

    @Override
    public long inboundOccupancy() {
        return dataPath.engine().inboundOccupancy();
    }

    @Override
    public long bufferBytes() {
        return dataPath.engine().bufferBytes();
    }

    @Override
    public ControlRuntime.Tasks tasks() {
        return signaling.tasks();
    }

    @Override
    public Optional<DnsCounters> dns() {
        return Optional.ofNullable(resolver).map(NameResolver::counters);
    }

    private void closeAfter(Exception reason) {
        try {
            started.close();
        } catch (RuntimeException e) {
            reason.addSuppressed(e);
        }
    }

    /**
     * Ends the node: tells peers and cloud, stops the threads, removes the interface. Idempotent.
     */
    @Override
    public void close() {
        started.close();
    }
}
