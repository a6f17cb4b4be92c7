package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.TlsBridges;
import io.cyphonic.signaling.credential.DatagramConnection;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The bridges of a node, one for each gateway in use, at most {@value #MAX_BRIDGES}. Each is a
 * loopback socket and two virtual threads, which only exist where no UDP gets out; nothing of the
 * data path knows of it. Thread-safe; nothing here waits.
 */
public final class GatewayBridges implements TlsBridges, AutoCloseable {
    /** Most gateways at once. */
    public static final int MAX_BRIDGES = 4;

    private static final Logger LOG = LoggerFactory.getLogger(GatewayBridges.class);

    private final Gateways gateways;
    private final int nodePort;
    private final Map<InetSocketAddress, GatewayBridge> bridges = new ConcurrentHashMap<>();

    /** Connects to gateways. */
    @FunctionalInterface
    public interface Gateways {
        /** Connects; waits a bounded time. */
        DatagramConnection open(InetSocketAddress gateway) throws IOException;
    }

    /**
     * No bridge yet.
     *
     * @param nodePort UDP port of the tunnels' socket: only from there a bridge takes datagrams
     */
    public GatewayBridges(Gateways gateways, int nodePort) {
        this.gateways = gateways;
        this.nodePort = nodePort;
    }

    @Override
    public InetSocketAddress bridge(InetSocketAddress tlsPort) {
        GatewayBridge bridge = bridges.get(tlsPort);
        if (bridge != null && bridge.isClosed()) {
            bridges.remove(tlsPort, bridge);
            bridge = null;
        }
        if (bridge == null) {
            bridge = open(tlsPort);
        }
        return bridge == null ? null : bridge.address();
    }

    private synchronized GatewayBridge open(InetSocketAddress gateway) {
        GatewayBridge present = bridges.get(gateway);
        if (present != null || bridges.size() >= MAX_BRIDGES) {
            return present;
        }
        try {
            InetSocketAddress node =
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), nodePort);
            GatewayBridge bridge = GatewayBridge.start(gateway, node, gateways);
            bridges.put(gateway, bridge);
            return bridge;
        } catch (IOException e) {
            LOG.warn("no bridge to {}: {}", gateway, e.getMessage());
            return null;
        }
    }

    @Override
    public boolean isBridge(InetSocketAddress endpoint) {
        return endpoint.getAddress().isLoopbackAddress();
    }

    /** The network is another one: the connections over the old one are given up at once. */
    public void networkChanged() {
        bridges.values().forEach(GatewayBridge::reconnect);
    }

    /** Ends all connections. Idempotent. */
    @Override
    public void close() {
        bridges.values().forEach(GatewayBridge::close);
    }
}
