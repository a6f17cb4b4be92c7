package io.cyphonic.engine.control.gateway;

import io.cyphonic.engine.control.CandidateSource;
import io.cyphonic.engine.control.gateway.MappingProtocol.Finding;
import io.cyphonic.engine.control.gateway.MappingProtocol.Health;
import io.cyphonic.engine.control.gateway.MappingProtocol.Outcome;
import io.cyphonic.engine.control.policy.BackoffPolicy;
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
 *                                              ^  |                       |  |       |
 *                                              |  | refused, absent       |  +-------+
 *                                              |  | 30 s, doubled         |    good; renewed at half
 *                                              +--+ <---------------------+    of the lifetime
 *                                                    restarted, moved; silent
 *                                                    five times, or to the end
 *                                                    of the lifetime
 * </pre>
 *
 * <p>A gateway that does not answer has forgotten nothing yet: the mapping holds until its lifetime
 * ends, and peers may go on using it. Such a gateway is asked again after 3 s, doubled each time,
 * as RFC 6887 has it in section 8.1.1; each time thrice, as RFC 6886 has it in section 3.1. So is
 * one that has granted a mapping before and does not any more: it may be starting.
 *
 * <p>{@link #step} is one round and waits for the gateway; one thread calls it, and {@link
 * #withdraw} after it. What is known may be read by any thread.
 */
public final class PortMapper implements CandidateSource {
    static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final Logger LOG = LoggerFactory.getLogger(PortMapper.class);
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** Of a gateway that has granted nothing yet. */
    private static final BackoffPolicy SEARCH =
            new BackoffPolicy(TimeUnit.SECONDS.toNanos(30), TimeUnit.MINUTES.toNanos(30));

    /** Of one that has: the initial and the maximum retransmission time of RFC 6887. */
    private static final BackoffPolicy RETRANSMISSION =
            new BackoffPolicy(TimeUnit.SECONDS.toNanos(3), TimeUnit.SECONDS.toNanos(1024));

    /** So many silent rounds in a row, about a minute, and the mapping is not told any more. */
    private static final int SILENT_ROUNDS = 5;

    /** Between two renewals at least, however short the lifetime is; RFC 6887, section 11.2.1. */
    private static final long RENEWAL_GAP_NANOS = TimeUnit.SECONDS.toNanos(4);

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
    private Lease lease;
    private boolean hasGranted;
    private int failures;
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
            hasGranted = false;
            failures = 0;
        }
        GatewayLink link = links.apply(route);
        if (active != null) {
            switch (look(link)) {
                case GOOD -> {
                    return good();
                }
                case SILENT -> {
                    long wait = failed();
                    long left = lease.endNanos() - nanoClock.getAsLong();
                    if (failures < SILENT_ROUNDS && left > 0) {
                        return Math.min(wait, left);
                    }
                    forget();
                    failures = 0;
                }
                case LOST -> {
                    // Asked for anew.
                }
            }
        }
        if (ask(link)) {
            return good();
        }
        forget();
        return failed();
    }

    private long good() {
        failures = 0;
        long untilRenewal = lease.renewalNanos() - nanoClock.getAsLong();
        return Math.clamp(untilRenewal, RENEWAL_GAP_NANOS, CHECK_NANOS);
    }

    private long failed() {
        failures++;
        return (hasGranted ? RETRANSMISSION : SEARCH).waitNanos(failures, random);
    }

    /** Whether the mapping is still there; renews it when that is due. */
    private Health look(GatewayLink link) {
        return lease.isRenewalDue(nanoClock.getAsLong()) ? renew(link) : check(link);
    }

    private Health check(GatewayLink link) {
        try {
            Health health = active.check(link);
            if (health == Health.LOST) {
                LOG.info("the gateway {} has restarted or moved: mapping again", host());
            }
            return health;
        } catch (IOException _) {
            return Health.SILENT;
        }
    }

    private Health renew(GatewayLink link) {
        return switch (map(active, link)) {
            case Outcome.Granted granted when isUsable(granted.external()) -> {
                accept(active, granted);
                yield Health.GOOD;
            }
            case Outcome.Absent _ -> Health.SILENT;
            case Outcome.Granted _, Outcome.Refused _ -> {
                forget();
                yield Health.LOST;
            }
        };
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
        hasGranted = true;
        lease = Lease.of(granted.lifetimeSeconds(), nanoClock.getAsLong());
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
