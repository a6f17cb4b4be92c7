package io.cyphonic.engine.local;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.EngineConfig.CipherProvider;
import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.config.EngineConfig.Offload;
import io.cyphonic.engine.config.EngineConfig.WaitKind;
import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlPlane.PathKind;
import io.cyphonic.engine.control.ControlPlane.PeerState;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.dns.DnsCounters;
import io.cyphonic.engine.dns.FakeControlPlane;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Id128;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A node that is up, with one peer, and no network. */
public final class FakeNode implements NodeView {
    /** Its signaling side. */
    public final FakeControlPlane control = new FakeControlPlane();

    private final Counters counters = new Counters();

    /** A node with a tunnel to bob. */
    public FakeNode() {
        counters.newLane().add(Counter.INBOUND_OUT_OF_ORDER, 2);
        control.peers =
                List.of(
                        new ControlPlane.Peer(
                                "bob.cyphonic.internal",
                                (Inet4Address) InetAddress.ofLiteral("10.121.0.3"),
                                (Inet6Address) InetAddress.ofLiteral("fd00::3"),
                                PeerState.UP,
                                PathKind.DIRECT,
                                Endpoint.of(new InetSocketAddress("192.0.2.3", 41000)),
                                Double.NaN,
                                1400,
                                12,
                                1,
                                2_500_000,
                                3,
                                4));
        control.name("bob.cyphonic.internal")
                .complete(new ControlPlane.Reached.Up("bob.cyphonic.internal", null, null));
        control.name("dave.cyphonic.internal")
                .complete(new ControlPlane.Reached.Unreachable("it is offline"));
    }

    @Override
    public Membership membership() {
        return new Membership(
                new Id128(1, 2),
                "alice.cyphonic.internal",
                "cyphonic.internal",
                (Inet4Address) InetAddress.ofLiteral("10.121.0.2"),
                16,
                (Inet6Address) InetAddress.ofLiteral("fd00::2"),
                64);
    }

    @Override
    public EngineConfig engine() {
        return new EngineConfig(
                Mode.ADAPTIVE,
                32,
                1,
                WaitKind.BLOCKING,
                Set.of(Offload.UDP_GSO),
                CipherProvider.AUTO,
                16);
    }

    @Override
    public ControlPlane control() {
        return control;
    }

    @Override
    public String interfaceName() {
        return "cyphonic0";
    }

    @Override
    public int mtu() {
        return 1400;
    }

    @Override
    public int localPort() {
        return 40000;
    }

    @Override
    public String cipher() {
        return "Java platform";
    }

    @Override
    public Map<String, Boolean> offloads() {
        return Map.of("udp-gso", true, "udp-gro", false);
    }

    @Override
    public Map<String, Long> drops() {
        return Map.of("OUTBOUND_NO_TUNNEL", 7L, "INBOUND_REPLAYED", 0L);
    }

    @Override
    public Counters counters() {
        return counters;
    }

    @Override
    public long outboundOccupancy() {
        return 3;
    }

    @Override
    public long inboundOccupancy() {
        return 0;
    }

    @Override
    public long bufferBytes() {
        return 1 << 20;
    }

    @Override
    public ControlRuntime.Tasks tasks() {
        return new ControlRuntime.Tasks(2, 5, 40, 1_500_000_000);
    }

    @Override
    public Optional<DnsCounters> dns() {
        return Optional.empty();
    }
}
