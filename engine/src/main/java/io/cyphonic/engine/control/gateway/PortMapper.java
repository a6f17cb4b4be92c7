package io.cyphonic.engine.control.gateway;

import io.cyphonic.engine.control.CandidateSource;
import io.cyphonic.engine.control.gateway.MappingProtocol.Finding;
import io.cyphonic.engine.control.gateway.MappingProtocol.Health;
import io.cyphonic.engine.control.gateway.MappingProtocol.Outcome;
import io.cyphonic.signaling.net.AddressText;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Keeps a mapping of the tunnels' UDP port at the default gateway, by the first protocol that the
 * gateway speaks.
 *
 * <pre>
 *             no gateway, own address public
 *         +------------------------------------+
 *         v                                    |        check every 60 s
 *       IDLE --- gateway, private address ---> ASKING ---- granted ----> MAPPED <----+
 *                                              ^  |                        |  |      |
 *                                              |  | refused, absent:       |  +------+
 *                                              |  | 30 s, doubled to 30 min|    good; renewed at half
 *                                              +--+ <----------------------+    of the lifetime
 *                                                    restarted, moved, silent
 * </pre>
 *
 * <p>{@link #step} is one round and waits for the gateway; one thread calls it, and {@link
 * #withdraw} after it. What is known may be read by any thread.
 */
public final class PortMapper implements CandidateSource {
    static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final Logger LOG = LoggerFactory.getLogger(PortMapper.class);
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long FIRST_BACKOFF_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long MAX_BACKOFF_NANOS = TimeUnit.MINUTES.toNanos(30);

    /** A mapping without an end is renewed all the same: gateways forget. */
    private static final int PERMANENT_SECONDS = 1800;

    private final GatewayFinder finder;
    private final Function<GatewayRoute, GatewayLink> links;
    private final int port;
    private final Predicate<InetAddress> overlay;
    private final SecureRandom random;
    private final LongSupplier nanoClock;
    private final Runnable changed;

    // Owned by the thread that steps.
    private GatewayRoute route;
    private List<MappingProtocol> protocols = List.of();
    private MappingProtocol active;
    private long renewNanos;
    private long backoffNanos = FIRST_BACKOFF_NANOS;
    private boolean complained;

    private volatile Mapping mapping;

    /**
     * A mapping that is in force.
     *
     * @param protocol by which it was made
     * @param external where peers reach this node
     * @param gateway who made it
     */
    public record Mapping(String protocol, InetSocketAddress external, InetAddress gateway) {}

    /**
     * Whether the gateway speaks a protocol.
     *
     * @param external the outer address it tells, or {@code null}
     */
    public record Survey(String protocol, boolean available, InetAddress external) {}

    /**
     * Does nothing before the first step.
     *
     * @param port of the tunnels' socket
     * @param overlay whether an address is a virtual one, hence of no use
     * @param changed called when the mapping is another than before
     */
    public PortMapper(
            GatewayFinder finder,
            Function<GatewayRoute, GatewayLink> links,
            int port,
            Predicate<InetAddress> overlay,
            SecureRandom random,
            LongSupplier nanoClock,
            Runnable changed) {
        this.finder = finder;
        this.links = links;
        this.port = port;
        this.overlay = overlay;
        this.random = random;
        this.nanoClock = nanoClock;
        this.changed = changed;
    }

    /** A mapper that talks to the gateway of this host. */
    public static PortMapper ofHost(
            String overlayInterface,
            int port,
            Predicate<InetAddress> overlay,
            SecureRandom random,
            LongSupplier nanoClock,
            Runnable changed) {
        return new PortMapper(
                GatewayFinder.ofHost(overlayInterface),
                SocketGatewayLink::new,
                port,
                overlay,
                random,
                nanoClock,
                changed);
    }

    private List<MappingProtocol> newProtocols() {
        return List.of(
                new PcpProtocol(random, nanoClock),
                new NatPmpProtocol(nanoClock),
                new UpnpProtocol(random));
    }

    /** The mapping in force, if there is one. */
    public Optional<Mapping> mapping() {
        return Optional.ofNullable(mapping);
    }

    @Override
    public List<Candidate> candidates() {
        Mapping present = mapping;
        return present == null
                ? List.of()
                : List.of(new Candidate(present.external(), CandidateKind.PORT_MAPPING));
    }

    /** The default gateway at present. */
    public Optional<GatewayRoute> gateway() {
        return finder.find();
    }

    /** Asks the gateway which protocols it speaks, for some seconds; any thread. */
    public List<Survey> survey() {
        Optional<GatewayRoute> present = finder.find();
        return newProtocols().parallelStream()
                .map(
                        protocol -> {
                            Finding finding =
                                    present.map(each -> find(protocol, links.apply(each)))
                                            .orElse(Finding.ABSENT);
                            return new Survey(
                                    protocol.name(), finding.available(), finding.external());
                        })
                .toList();
    }

    private static Finding find(MappingProtocol protocol, GatewayLink link) {
        try {
            return protocol.find(link);
        } catch (IOException _) {
            return Finding.ABSENT;
        }
    }

    /**
     * One round.
     *
     * @return nanoseconds until the next one is due
     */
    public long step() {
        GatewayRoute present = finder.find().filter(GatewayRoute::isPrivate).orElse(null);
        if (present == null) {
            forget();
            route = null;
            return IDLE_NANOS;
        }
        if (!present.equals(route)) {
            forget();
            route = present;
            protocols = newProtocols();
            backoffNanos = FIRST_BACKOFF_NANOS;
        }
        GatewayLink link = links.apply(route);
        if (active != null && isStillGood(link)) {
            return CHECK_NANOS;
        }
        if (ask(link)) {
            backoffNanos = FIRST_BACKOFF_NANOS;
            return CHECK_NANOS;
        }
        forget();
        long wait = backoffNanos;
        backoffNanos = Math.min(2 * backoffNanos, MAX_BACKOFF_NANOS);
        return wait;
    }

    private boolean isStillGood(GatewayLink link) {
        if (renewNanos - nanoClock.getAsLong() <= 0) {
            return false;
        }
        try {
            Health health = active.check(link);
            if (health == Health.LOST) {
                LOG.info("the gateway {} has restarted or moved: mapping again", host());
            }
            return health == Health.GOOD;
        } catch (IOException _) {
            return false;
        }
    }

    /** Asks by the protocol that worked, then by the others. */
    private boolean ask(GatewayLink link) {
        String refusals = "";
        for (MappingProtocol protocol : protocols) {
            if (active == null || active == protocol) {
                switch (map(protocol, link)) {
                    case Outcome.Granted granted when isUsable(granted.external()) -> {
                        accept(protocol, granted);
                        return true;
                    }
                    case Outcome.Granted granted ->
                            refusals += protocol.name() + " gives " + granted.external() + "; ";
                    case Outcome.Refused(String reason) ->
                            refusals += protocol.name() + " says " + reason + "; ";
                    case Outcome.Absent _ -> {
                        // The next one, then.
                    }
                }
            }
        }
        if (active != null) {
            forget();
            return ask(link);
        }
        if (!refusals.isEmpty() && !complained) {
            complained = true;
            LOG.info("the gateway {} gives no port mapping: {}", host(), refusals);
        }
        return false;
    }

    private Outcome map(MappingProtocol protocol, GatewayLink link) {
        Mapping former = mapping;
        try {
            return protocol.map(link, port, former == null ? port : former.external().getPort());
        } catch (IOException _) {
            return new Outcome.Absent();
        }
    }

    private boolean isUsable(InetSocketAddress external) {
        InetAddress address = external.getAddress();
        return external.getPort() != 0
                && !address.isAnyLocalAddress()
                && !address.isLoopbackAddress()
                && !address.isLinkLocalAddress()
                && !address.isMulticastAddress()
                && !overlay.test(address);
    }

    private void accept(MappingProtocol protocol, Outcome.Granted granted) {
        active = protocol;
        complained = false;
        int lifetime =
                granted.lifetimeSeconds() == 0
                        ? PERMANENT_SECONDS
                        : Math.min(granted.lifetimeSeconds(), MappingProtocol.LIFETIME_SECONDS);
        renewNanos = nanoClock.getAsLong() + TimeUnit.SECONDS.toNanos(lifetime) / 2;
        Mapping now = new Mapping(protocol.name(), granted.external(), route.gateway());
        if (!now.equals(mapping)) {
            LOG.info(
                    "port mapping: {} at {} by {}",
                    AddressText.format(now.external()),
                    host(),
                    now.protocol());
            mapping = now;
            changed.run();
        }
    }

    private void forget() {
        active = null;
        if (mapping != null) {
            LOG.info("the port mapping {} is gone", AddressText.format(mapping.external()));
            mapping = null;
            changed.run();
        }
    }

    private String host() {
        return AddressText.format(route.gateway());
    }

    /** Gives the mapping back, without insisting. */
    public void withdraw() {
        Mapping last = mapping;
        if (last != null && active != null) {
            mapping = null;
            try {
                active.unmap(links.apply(route), port, last.external().getPort());
            } catch (IOException e) {
                LOG.debug("the mapping stays until it ends: {}", e.toString());
            }
        }
    }
}
