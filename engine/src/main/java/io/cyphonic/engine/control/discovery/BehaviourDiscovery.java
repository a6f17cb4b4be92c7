package io.cyphonic.engine.control.discovery;

import io.cyphonic.engine.control.discovery.NatBehaviour.Dependence;
import io.cyphonic.engine.control.discovery.NatBehaviour.ServerAnswer;
import io.cyphonic.engine.control.discovery.StunExchange.Found;
import io.cyphonic.signaling.stun.StunMessage;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Finds out how the NAT or firewall on the way out behaves (RFC 5780, section 4), with any number
 * of servers: those of RFC 5780 tell most, several plain ones at different addresses tell the
 * mapping too. Each test has a socket of its own, because a filter remembers whom a socket has sent
 * to. Waits for answers, some seconds at most.
 */
public final class BehaviourDiscovery {
    private static final int BOTH = StunMessage.CHANGE_ADDRESS | StunMessage.CHANGE_PORT;

    private final ProbeSocket.Factory sockets;
    private final SecureRandom random;
    private final LongSupplier nanoClock;
    private final Predicate<InetAddress> isOwn;

    /**
     * Sends nothing yet.
     *
     * @param isOwn whether an address is one of this host's interfaces
     */
    public BehaviourDiscovery(
            ProbeSocket.Factory sockets,
            SecureRandom random,
            LongSupplier nanoClock,
            Predicate<InetAddress> isOwn) {
        this.sockets = sockets;
        this.random = random;
        this.nanoClock = nanoClock;
        this.isOwn = isOwn;
    }

    /**
     * Measures one address family.
     *
     * @param servers of that family, the best first
     */
    public NatBehaviour measure(boolean ipv4, List<InetSocketAddress> servers) {
        try (ProbeSocket socket = sockets.open(ipv4)) {
            return measure(ipv4, servers, socket);
        } catch (IOException _) {
            return nothing(ipv4, servers);
        }
    }

    private static NatBehaviour nothing(boolean ipv4, List<InetSocketAddress> servers) {
        return new NatBehaviour(
                ipv4,
                servers.stream().map(each -> new ServerAnswer(each, null, Double.NaN)).toList(),
                null,
                false,
                false,
                Dependence.UNKNOWN,
                Dependence.UNKNOWN,
                null);
    }

    private NatBehaviour measure(boolean ipv4, List<InetSocketAddress> servers, ProbeSocket socket)
            throws IOException {
        StunExchange exchange = new StunExchange(socket, random, nanoClock);
        Map<InetSocketAddress, Found> found = exchange.askAll(servers);
        Found first =
                servers.stream()
                        .map(found::get)
                        .filter(each -> each != null)
                        .findFirst()
                        .orElse(null);
        if (first == null) {
            return nothing(ipv4, servers);
        }
        boolean portKept = first.mapped().getPort() == socket.localPort();
        boolean translated = !portKept || !isOwn.test(first.mapped().getAddress());
        Dependence mapping = mapping(exchange, found);
        InetSocketAddress best = bestServer(servers, found);
        return new NatBehaviour(
                ipv4,
                answers(servers, found),
                first.mapped(),
                translated,
                portKept,
                mapping,
                best == null ? Dependence.UNKNOWN : filtering(ipv4, best, found.get(best)),
                translated ? hairpin(ipv4, servers, found) : null);
    }

    private static List<ServerAnswer> answers(
            List<InetSocketAddress> servers, Map<InetSocketAddress, Found> found) {
        return servers.stream()
                .map(
                        server -> {
                            Found answer = found.get(server);
                            return answer == null
                                    ? new ServerAnswer(server, null, Double.NaN)
                                    : new ServerAnswer(
                                            server, answer.mapped(), answer.rttNanos() / 1e6);
                        })
                .toList();
    }

    /** RFC 5780, section 4.3, over every address and port that is known. */
    private static Dependence mapping(StunExchange exchange, Map<InetSocketAddress, Found> found) {
        List<InetSocketAddress> more = new ArrayList<>();
        found.forEach(
                (server, answer) -> {
                    if (answer.other() != null) {
                        more.add(
                                new InetSocketAddress(
                                        answer.other().getAddress(), server.getPort()));
                        more.add(
                                new InetSocketAddress(
                                        server.getAddress(), answer.other().getPort()));
                    } else if (answer.alternatePort() > 0) {
                        more.add(
                                new InetSocketAddress(server.getAddress(), answer.alternatePort()));
                    }
                });
        more.removeAll(found.keySet());
        Map<InetSocketAddress, InetSocketAddress> seen = new LinkedHashMap<>();
        found.forEach((server, answer) -> seen.put(server, answer.mapped()));
        exchange.askAll(more.stream().distinct().toList())
                .forEach((server, answer) -> seen.put(server, answer.mapped()));
        return judge(seen);
    }

    /** From which mapped address each server saw. */
    static Dependence judge(Map<InetSocketAddress, InetSocketAddress> seen) {
        boolean differs = seen.values().stream().distinct().count() > 1;
        long addresses =
                seen.keySet().stream().map(InetSocketAddress::getAddress).distinct().count();
        boolean severalPorts = addresses < seen.size();
        boolean portMatters =
                seen.entrySet().stream()
                        .anyMatch(
                                one ->
                                        seen.entrySet().stream()
                                                .anyMatch(
                                                        other ->
                                                                isSameAddress(one, other)
                                                                        && !one.getValue()
                                                                                .equals(
                                                                                        other
                                                                                                .getValue())));
        if (portMatters) {
            return Dependence.ADDRESS_AND_PORT_DEPENDENT;
        }
        if (differs) {
            return severalPorts ? Dependence.ADDRESS_DEPENDENT : Dependence.DEPENDENT;
        }
        if (addresses > 1) {
            return Dependence.ENDPOINT_INDEPENDENT;
        }
        return severalPorts ? Dependence.NOT_PORT_DEPENDENT : Dependence.UNKNOWN;
    }

    private static boolean isSameAddress(
            Map.Entry<InetSocketAddress, InetSocketAddress> one,
            Map.Entry<InetSocketAddress, InetSocketAddress> other) {
        return one.getKey().getAddress().equals(other.getKey().getAddress());
    }

    /** The server that can do most of RFC 5780; {@code null} if none can do anything of it. */
    private static InetSocketAddress bestServer(
            List<InetSocketAddress> servers, Map<InetSocketAddress, Found> found) {
        InetSocketAddress best = null;
        for (InetSocketAddress server : servers) {
            Found answer = found.get(server);
            if (answer != null && answer.other() != null) {
                return server;
            }
            if (answer != null && answer.alternatePort() > 0 && best == null) {
                best = server;
            }
        }
        return best;
    }

    /** RFC 5780, section 4.4: whose answers reach a socket that has sent to one server only. */
    private Dependence filtering(boolean ipv4, InetSocketAddress server, Found capable)
            throws IOException {
        try (ProbeSocket socket = sockets.open(ipv4)) {
            StunExchange exchange = new StunExchange(socket, random, nanoClock);
            if (exchange.ask(server, StunMessage.ABSENT) == null) {
                return Dependence.UNKNOWN;
            }
            boolean both = capable.other() != null;
            if (both && exchange.ask(server, BOTH) != null) {
                return Dependence.ENDPOINT_INDEPENDENT;
            }
            if (exchange.ask(server, StunMessage.CHANGE_PORT) != null) {
                return both ? Dependence.ADDRESS_DEPENDENT : Dependence.NOT_PORT_DEPENDENT;
            }
            return Dependence.ADDRESS_AND_PORT_DEPENDENT;
        }
    }

    /** RFC 4787, section 6, as two peers would do it: both send. */
    private Boolean hairpin(
            boolean ipv4, List<InetSocketAddress> servers, Map<InetSocketAddress, Found> found)
            throws IOException {
        InetSocketAddress server =
                servers.stream().filter(found::containsKey).findFirst().orElseThrow();
        try (ProbeSocket one = sockets.open(ipv4);
                ProbeSocket other = sockets.open(ipv4)) {
            StunExchange first = new StunExchange(one, random, nanoClock);
            StunExchange second = new StunExchange(other, random, nanoClock);
            Found firstSeen = first.ask(server, StunMessage.ABSENT);
            Found secondSeen = second.ask(server, StunMessage.ABSENT);
            return firstSeen == null || secondSeen == null
                    ? null
                    : first.reaches(firstSeen.mapped(), second, secondSeen.mapped());
        }
    }
}
