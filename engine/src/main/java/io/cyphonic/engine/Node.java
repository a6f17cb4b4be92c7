package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.config.NodeConfig;
import io.cyphonic.engine.config.NodeConfigLoader;
import io.cyphonic.engine.config.NodeDirectory;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.dns.DnsCounters;
import io.cyphonic.engine.local.NodeView;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Stub until the engine and the control plane are merged. */
public final class Node implements NodeView, AutoCloseable {
    private Node() {}

    /** Starts. */
    public static Node start(Path path, Runnable onDown) throws IOException {
        NodeDirectory directory = new NodeDirectory(path);
        Membership membership = directory.membership();
        NodeConfig config = NodeConfigLoader.load(path);
        throw new IOException("not composed yet: " + membership + config + onDown);
    }

    @Override
    public Membership membership() {
        throw new UnsupportedOperationException();
    }

    @Override
    public EngineConfig engine() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ControlPlane control() {
        throw new UnsupportedOperationException();
    }

    @Override
    public String interfaceName() {
        throw new UnsupportedOperationException();
    }

    @Override
    public int mtu() {
        throw new UnsupportedOperationException();
    }

    @Override
    public int localPort() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, Boolean> offloads() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, Long> drops() {
        throw new UnsupportedOperationException();
    }

    @Override
    public int signalingTasks() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<DnsCounters> dns() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
