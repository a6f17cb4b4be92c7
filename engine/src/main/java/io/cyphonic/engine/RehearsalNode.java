package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.EngineConfig.Offload;
import io.cyphonic.engine.pipeline.DataPlaneListener;
import io.cyphonic.engine.pipeline.EngineParts;
import io.cyphonic.engine.pipeline.OverlayPrefixes;
import io.cyphonic.engine.pipeline.PacketEngine;
import io.cyphonic.engine.session.RelayChannel;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.RelaySeal;
import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.Readiness;
import io.cyphonic.signaling.os.LinuxReadiness;
import io.cyphonic.signaling.os.LinuxUdpTransport;
import io.cyphonic.signaling.os.NativeException;
import io.cyphonic.signaling.os.TunOptions;
import io.cyphonic.signaling.os.TunStandIn;
import io.cyphonic.signaling.os.UdpOptions;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.state.ChronicleStateStore;

import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;

/**
 * One of the two engines of a {@link Rehearsal}, with everything it needs: the classes of a real
 * node, at the same places. Keys and addresses are made up and forgotten afterwards.
 */
final class RehearsalNode implements AutoCloseable {
    private static final int SMALLEST_RING = 4;
    private static final byte[] IPV4_NETWORK = {(byte) 192, 0, 2, 0};
    private static final byte[] IPV6_NETWORK = {
        0x20, 0x01, 0x0D, (byte) 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    };
    private static final int IPV4_PREFIX = 24;
    private static final int IPV6_PREFIX = 44;
    private static final int LONGEST_PACKET = 65_536 + 10;

    private final SecureRandom random = new SecureRandom();
    private final CloseStack opened = new CloseStack();
    private final RehearsalPackets packets;
    private final TunStandIn host;
    private final LinuxUdpTransport udp;
    private final PacketEngine engine;
    private final int tunnel;
    private final byte[] taken = new byte[LONGEST_PACKET];

    RehearsalNode(EngineConfig config, int own, int peer) throws NativeException {
        boolean tso = config.offloads().contains(Offload.TUN_TSO);
        boolean uso = config.offloads().contains(Offload.TUN_USO);
        boolean queues = config.offloads().contains(Offload.TUN_QUEUES);
        packets =
                RehearsalPackets.between(
                        address(IPV4_NETWORK, own),
                        address(IPV4_NETWORK, peer),
                        address(IPV6_NETWORK, own),
                        address(IPV6_NETWORK, peer),
                        tso,
                        uso);
        try {
            host =
                    opened.push(
                            TunStandIn.open(
                                    new TunOptions(
                                            "rehearsal", RehearsalPackets.MTU, tso, uso, queues)));
            udp =
                    opened.push(
                            LinuxUdpTransport.open(
                                    new UdpOptions(
                                            0,
                                            config.offloads().contains(Offload.UDP_GSO),
                                            config.offloads().contains(Offload.UDP_GRO),
                                            config.offloads().contains(Offload.UDP_QUEUES))));
            engine = opened.push(engine(config));
            engine.setListener(DataPlaneListener.NONE);
            engine.start();
            tunnel =
                    engine.openTunnel(
                            (Inet4Address) inet(address(IPV4_NETWORK, peer)),
                            (Inet6Address) inet(address(IPV6_NETWORK, peer)),
                            null);
        } catch (NativeException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private PacketEngine engine(EngineConfig config) {
        EngineConfig small =
                new EngineConfig(
                        config.mode(),
                        SMALLEST_RING,
                        1,
                        config.waitStrategy(),
                        config.offloads(),
                        config.cipher(),
                        2,
                        config.batchLimit());
        return new PacketEngine(
                new EngineParts(
                        small,
                        host.device(),
                        udp,
                        this::watch,
                        opened.push(new ChronicleStateStore()),
                        new OverlayPrefixes(IPV4_NETWORK, IPV4_PREFIX, IPV6_NETWORK, IPV6_PREFIX),
                        DataPath.CLOCK,
                        random),
                PacketCiphers.of(config.cipher()).tuning());
    }

    private Readiness watch(int sources) {
        try {
            return switch (sources) {
                case Readiness.TUN -> LinuxReadiness.forTun(host.device());
                case Readiness.UDP -> LinuxReadiness.forUdp(udp);
                default -> LinuxReadiness.forBoth(host.device(), udp);
            };
        } catch (NativeException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] address(byte[] network, int host) {
        byte[] address = network.clone();
        address[address.length - 1] = (byte) host;
        return address;
    }

    private static InetAddress inet(byte[] address) {
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new AssertionError("four or sixteen bytes are an address", e);
        }
    }

    /** What its host sends to the other's. */
    RehearsalPackets packets() {
        return packets;
    }

    /** Its host. */
    TunStandIn host() {
        return host;
    }

    /**
     * Takes what its host was given, and forgets it.
     *
     * @return whether the last packet of the other was among it
     */
    boolean takeAll() {
        boolean last = false;
        int length;
        while ((length = host.take(taken)) > 0) {
            last |= length == packets.last().length;
        }
        return last;
    }

    /** Sends to the other by this version of IP from now on, if there is more than one. */
    void locateOn(RehearsalNode other, boolean ipv4) {
        engine.moveEndpoint(tunnel, other.located(ipv4));
    }

    private Endpoint located(boolean ipv4) {
        boolean possible = ipv4 ? udp.hasIpv4() : !udp.hasIpv6();
        byte[] localhost = possible ? new byte[] {127, 0, 0, 1} : address(new byte[16], 1);
        return Endpoint.of(new InetSocketAddress(inet(localhost), udp.localPort()));
    }

    /** As after a handshake of which this is the initiator. */
    void rekey(RehearsalNode other) {
        int own = engine.reserveReceiverIndex(tunnel);
        int peer = other.engine.reserveReceiverIndex(other.tunnel);
        byte[] one = key(SessionKeys.KEY_LENGTH);
        byte[] two = key(SessionKeys.KEY_LENGTH);
        other.engine.installSession(other.tunnel, peer, own, keys(two.clone(), one.clone()), false);
        engine.installSession(tunnel, own, peer, keys(one, two), true);
    }

    /** What it sends where it sends to now goes as if there were a relay, or not any more. */
    void relay(boolean relayed) {
        RelayChannel channel =
                relayed
                        ? new RelayChannel(
                                engine.endpoint(tunnel),
                                1,
                                RelayHeader.INITIATOR,
                                key(RelaySeal.KEY_LENGTH),
                                0)
                        : null;
        engine.setRelay(tunnel, channel);
    }

    private static SessionKeys keys(byte[] send, byte[] receive) {
        return new SessionKeys(CipherSuite.AES_GCM_SHA256, send, receive);
    }

    private byte[] key(int length) {
        byte[] key = new byte[length];
        random.nextBytes(key);
        return key;
    }

    /** Sends a control message through the tunnel. */
    void control(byte[] message) {
        engine.sendControl(tunnel, message, null);
    }

    /** Sends a datagram that is no capsule of the tunnel, to the other or to itself. */
    void signal(byte[] datagram, RehearsalNode to, boolean ipv4) {
        engine.sendSignaling(datagram, datagram.length, to.located(ipv4));
    }

    @Override
    public void close() {
        opened.close();
    }
}
