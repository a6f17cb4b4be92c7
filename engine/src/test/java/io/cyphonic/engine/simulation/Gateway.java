package io.cyphonic.engine.simulation;

import io.cyphonic.engine.simulation.NatBehaviour.Depends;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A router between a segment and the rest: translates IPv4 if it has an external address, and lets
 * in only what the hosts behind it have asked for. IPv6 and public IPv4 pass untranslated.
 */
final class Gateway implements Port {
    private static final int FIRST_PORT = 1024;
    private static final int PORTS = 65536 - FIRST_PORT;

    private final Internet internet;
    private final Random random;
    private final Segment outside;
    private final Segment inside;
    private final NatBehaviour nat;
    private final NatBehaviour firewall;
    private final Map<List<Object>, Mapping> byFlow = new HashMap<>();
    private final Map<InetSocketAddress, Mapping> byExternal = new HashMap<>();
    private Inet4Address external;
    private int nextPort;

    /** What the gateway remembers of an internal endpoint. */
    private final class Mapping {
        final InetSocketAddress internal;
        final InetSocketAddress mapped;
        final NatBehaviour behaviour;
        final Map<Object, Long> usedNanos = new HashMap<>();

        Mapping(InetSocketAddress internal, InetSocketAddress mapped, NatBehaviour behaviour) {
            this.internal = internal;
            this.mapped = mapped;
            this.behaviour = behaviour;
        }

        boolean isAlive() {
            return usedNanos.values().stream().anyMatch(this::isRecent);
        }

        void sent(InetSocketAddress to) {
            usedNanos.put(part(to, behaviour.filtering()), internet.nanoTime());
        }

        boolean lets(InetSocketAddress from) {
            Object key = part(from, behaviour.filtering());
            Long last = usedNanos.get(key);
            boolean open = last != null && isRecent(last);
            if (open && behaviour.inboundRefresh()) {
                usedNanos.put(key, internet.nanoTime());
            }
            return open;
        }

        private boolean isRecent(long used) {
            return internet.nanoTime() - used <= behaviour.timeoutNanos();
        }
    }

    /**
     * A gateway with a new segment behind it.
     *
     * @param external its own address outside, or {@code null}: it does not translate
     */
    Gateway(
            Internet internet,
            Random random,
            Segment outside,
            Inet4Address external,
            NatBehaviour nat,
            NatBehaviour firewall) {
        this.internet = internet;
        this.random = random;
        this.outside = outside;
        this.inside = new Segment(internet, this);
        this.external = external;
        this.nat = nat;
        this.firewall = firewall;
        if (external != null) {
            outside.attach(external, this);
        }
        reboot();
    }

    Segment inside() {
        return inside;
    }

    Segment outside() {
        return outside;
    }

    Inet4Address external() {
        return external;
    }

    NatBehaviour nat() {
        return nat;
    }

    /** Whether it translates IPv4. */
    boolean translates() {
        return external != null;
    }

    /** Forgets every mapping. */
    void reboot() {
        byFlow.clear();
        byExternal.clear();
        nextPort = FIRST_PORT + random.nextInt(PORTS);
    }

    /** Gets another address outside. */
    void renumber(Inet4Address next) {
        outside.detach(external);
        external = next;
        outside.attach(external, this);
        reboot();
    }

    private boolean translates(InetSocketAddress address) {
        return external != null && address.getAddress() instanceof Inet4Address;
    }

    void outbound(Packet packet) {
        NatBehaviour behaviour = translates(packet.from()) ? nat : firewall;
        Mapping mapping = mapping(packet, behaviour);
        if (mapping == null) {
            return;
        }
        mapping.sent(packet.to());
        Packet translated = packet.from(mapping.mapped);
        if (!packet.to().getAddress().equals(external)) {
            outside.send(translated);
        } else if (nat.hairpinning()) {
            receive(translated);
        }
    }

    private Mapping mapping(Packet packet, NatBehaviour behaviour) {
        List<Object> flow = List.of(packet.from(), part(packet.to(), behaviour.mapping()));
        Mapping known = byFlow.get(flow);
        if (known != null && known.isAlive()) {
            return known;
        }
        forgetDead();
        InetSocketAddress mapped = packet.from();
        if (behaviour == nat && translates(packet.from())) {
            mapped = new InetSocketAddress(external, freePort(packet.from().getPort()));
            internet.own(mapped, packet.origin());
        }
        Mapping mapping = new Mapping(packet.from(), mapped, behaviour);
        byFlow.put(flow, mapping);
        byExternal.put(mapped, mapping);
        return mapping;
    }

    private void forgetDead() {
        byFlow.values().removeIf(mapping -> !mapping.isAlive());
        byExternal.values().removeIf(mapping -> !mapping.isAlive());
    }

    private int freePort(int internal) {
        int port =
                switch (nat.ports()) {
                    case PRESERVED -> internal;
                    case SEQUENTIAL -> nextPort;
                    case RANDOM -> FIRST_PORT + random.nextInt(PORTS);
                };
        while (byExternal.containsKey(new InetSocketAddress(external, port))) {
            port = port == 65535 ? FIRST_PORT : port + 1;
        }
        nextPort = port == 65535 ? FIRST_PORT : port + 1;
        return port;
    }

    @Override
    public void receive(Packet packet) {
        Mapping mapping = byExternal.get(packet.to());
        if (mapping != null && mapping.lets(packet.from())) {
            inside.send(packet.to(mapping.internal));
        }
    }

    private static Object part(InetSocketAddress endpoint, Depends depends) {
        return switch (depends) {
            case ON_NOTHING -> "anybody";
            case ON_ADDRESS -> endpoint.getAddress();
            case ON_ADDRESS_AND_PORT -> endpoint;
        };
    }

    /** The gateways between a segment and the backbone, the innermost first. */
    static List<Gateway> above(Segment segment) {
        List<Gateway> gateways = new ArrayList<>();
        Segment at = segment;
        while (at.uplink() != null) {
            gateways.add(at.uplink());
            at = at.uplink().outside;
        }
        return gateways;
    }

    /** Makes the rest of the world find an untranslated address behind this gateway. */
    void announce(InetAddress address) {
        outside.attach(address, this);
        if (outside.uplink() != null) {
            outside.uplink().announce(address);
        }
    }

    /** The opposite of {@link #announce}. */
    void withdraw(InetAddress address) {
        outside.detach(address);
        if (outside.uplink() != null) {
            outside.uplink().withdraw(address);
        }
    }
}
