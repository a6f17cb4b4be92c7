package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig.Offload;
import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.config.NodeConfig;
import io.cyphonic.engine.config.NodeConfigLoader;
import io.cyphonic.engine.pipeline.EngineParts;
import io.cyphonic.engine.pipeline.OverlayPrefixes;
import io.cyphonic.engine.pipeline.PacketEngine;
import io.cyphonic.signaling.net.Readiness;
import io.cyphonic.signaling.os.LinuxReadiness;
import io.cyphonic.signaling.os.LinuxTunDevice;
import io.cyphonic.signaling.os.LinuxUdpTransport;
import io.cyphonic.signaling.os.NativeException;
import io.cyphonic.signaling.os.UdpOptions;
import io.cyphonic.signaling.state.ChronicleStateStore;
import io.cyphonic.signaling.state.StateStore;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Socket, virtual interface, shared state and packet engine of a node, on Linux. The engine is not
 * started here: it needs its listener first.
 */
final class DataPath implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DataPath.class);

    /** One object for every engine, so that the compiler knows what a call of it does. */
    static final LongSupplier CLOCK = System::nanoTime;

    private final CloseStack opened = new CloseStack();
    private LinuxUdpTransport udp;
    private LinuxTunDevice tun;
    private PacketCiphers ciphers;
    private StateStore store;
    private PacketEngine engine;

    private DataPath() {}

    /** Opens all of it, or nothing. */
    static DataPath open(NodeConfig config, Membership membership) throws IOException {
        DataPath path = new DataPath();
        try {
            path.openAll(config, membership);
            return path;
        } catch (IOException | RuntimeException e) {
            path.close();
            throw e;
        }
    }

    private void openAll(NodeConfig config, Membership membership) throws IOException {
        Set<Offload> offloads = config.engine().offloads();
        // What is most likely to be in the way comes first.
        tun = opened.push(VirtualInterface.open(config, membership));
        udp =
                opened.push(
                        LinuxUdpTransport.open(
                                new UdpOptions(
                                        config.listenPort(),
                                        offloads.contains(Offload.UDP_GSO),
                                        offloads.contains(Offload.UDP_GRO),
                                        offloads.contains(Offload.UDP_QUEUES))));
        LOG.info("{}", tun);
        LOG.info("{}", udp);
        ciphers = PacketCiphers.of(config.engine().cipher());
        LOG.info("packets are encrypted by {}", ciphers.description());
        store = opened.push(new ChronicleStateStore());
        engine =
                opened.push(
                        new PacketEngine(
                                new EngineParts(
                                        config.engine(),
                                        tun,
                                        udp,
                                        this::watch,
                                        store,
                                        overlay(membership),
                                        CLOCK,
                                        new SecureRandom()),
                                ciphers.tuning()));
    }

    private static OverlayPrefixes overlay(Membership membership) {
        return new OverlayPrefixes(
                membership.virtualIpv4().getAddress(),
                membership.ipv4PrefixLength(),
                membership.virtualIpv6().getAddress(),
                membership.ipv6PrefixLength());
    }

    private Readiness watch(int sources) {
        try {
            return switch (sources) {
                case Readiness.TUN -> LinuxReadiness.forTun(tun);
                case Readiness.UDP -> LinuxReadiness.forUdp(udp);
                default -> LinuxReadiness.forBoth(tun, udp);
            };
        } catch (NativeException e) {
            throw new UncheckedIOException(e);
        }
    }

    LinuxTunDevice tun() {
        return tun;
    }

    LinuxUdpTransport udp() {
        return udp;
    }

    StateStore store() {
        return store;
    }

    /** Who encrypts packets, for people. */
    String cipher() {
        return ciphers.description();
    }

    PacketEngine engine() {
        return engine;
    }

    /** Every offload by its configuration name, and whether it is in use at present. */
    Map<String, Boolean> offloads() {
        Map<String, Boolean> used = new LinkedHashMap<>();
        for (Offload offload : Offload.values()) {
            boolean inUse =
                    switch (offload) {
                        case TUN_TSO -> tun.segmentationOffload();
                        case TUN_USO -> tun.udpSegmentationOffload();
                        case TUN_QUEUES -> tun.flowQueues();
                        case UDP_GSO -> udp.segmentationOffload();
                        case UDP_GRO -> udp.receiveOffload();
                        case UDP_QUEUES -> udp.urgentQueue();
                    };
            used.put(NodeConfigLoader.kebab(offload), inUse);
        }
        return used;
    }

    /** Every drop reason with its count. */
    Map<String, Long> drops() {
        Map<String, Long> drops = new LinkedHashMap<>();
        engine.counters()
                .dropSnapshot()
                .forEach((reason, count) -> drops.put(reason.name(), count));
        return drops;
    }

    /** Stops the engine and removes the interface. Idempotent. */
    @Override
    public void close() {
        opened.close();
    }
}
