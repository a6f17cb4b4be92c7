package io.cyphonic.engine.local;

import io.cyphonic.engine.control.ControlPlane.CloudPath;
import io.cyphonic.engine.control.NetworkDiscovery;
import io.cyphonic.engine.control.discovery.NatBehaviour;
import io.cyphonic.engine.control.gateway.GatewayRoute;
import io.cyphonic.engine.control.gateway.PortMapper;
import io.cyphonic.signaling.net.AddressText;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * {@code netcheck}: what this network lets through, as far as it was measured. Says nothing it does
 * not know.
 */
final class NetworkCheck {
    private static final int CONNECT_TIMEOUT_MILLIS = 2000;

    private final NodeView node;
    private final List<InetSocketAddress> cloudAddresses;
    private final LongSupplier nanoClock;

    NetworkCheck(NodeView node, List<InetSocketAddress> cloudAddresses, LongSupplier nanoClock) {
        this.node = node;
        this.cloudAddresses = List.copyOf(cloudAddresses);
        this.nanoClock = nanoClock;
    }

    /** Measures, for some seconds at most, and reports. */
    Map<String, Object> report() {
        Optional<NetworkDiscovery> network = node.network();
        CompletableFuture<Map<String, Object>> gateway =
                start(() -> network.map(NetworkCheck::gateway).orElse(Map.of()));
        CompletableFuture<List<NatBehaviour>> behaviour =
                start(() -> network.map(NetworkDiscovery::measure).orElse(List.of()));
        List<CompletableFuture<Map<String, Object>>> connecting =
                cloudAddresses.stream().map(each -> start(() -> connect(each))).toList();
        List<CompletableFuture<Map<String, Object>>> relaying =
                node.control().relays().stream().map(each -> start(() -> relay(each))).toList();

        List<InetAddress> local = localAddresses();
        List<CloudPath> paths = node.control().cloudPaths();
        List<Map<String, Object>> tcp = connecting.stream().map(CompletableFuture::join).toList();
        List<Map<String, Object>> relays = relaying.stream().map(CompletableFuture::join).toList();
        List<NatBehaviour> families = behaviour.join();
        addRoundTrips(relays, families);
        boolean tcpWorks =
                tcp.stream().anyMatch(each -> Boolean.TRUE.equals(each.get("reachable")));
        boolean udpWorks =
                paths.stream().anyMatch(CloudPath::answering)
                        || families.stream().anyMatch(NatBehaviour::reachable);

        Map<String, Object> report = new LinkedHashMap<>();
        report.put("localAddresses", local.stream().map(AddressText::format).toList());
        report.put("listenPort", node.localPort());
        report.put("udp", udpWorks ? "works" : tcpWorks ? "blocked" : "unknown");
        families.forEach(each -> report.put(each.ipv4() ? "ipv4" : "ipv6", family(each)));
        report.put(
                "candidates",
                network.map(NetworkDiscovery::candidates).orElse(List.of()).stream()
                        .map(NetworkCheck::candidate)
                        .toList());
        report.put("portMapping", gateway.join());
        report.put("authentication", tcp);
        report.put("nms", paths.stream().map(path -> nms(path, local)).toList());
        report.put("relays", relays);
        report.put("advice", new NetworkAdvice(node, cloudAddresses).of(report, families, paths));
        return report;
    }

    private static <T> CompletableFuture<T> start(Supplier<T> measurement) {
        return CompletableFuture.supplyAsync(
                measurement, task -> Thread.ofVirtual().name("cy-netcheck").start(task));
    }

    private static Map<String, Object> family(NatBehaviour behaviour) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("reachable", behaviour.reachable());
        if (behaviour.reachable()) {
            object.put("mapped", AddressText.format(behaviour.mapped()));
            object.put("nat", behaviour.translated());
            object.put("portKept", behaviour.portKept());
            object.put("mapping", behaviour.mapping().words());
            object.put("filtering", behaviour.filtering().words());
            object.put("hairpin", behaviour.hairpin());
        }
        object.put(
                "servers",
                behaviour.servers().stream()
                        .map(
                                each -> {
                                    Map<String, Object> server = new LinkedHashMap<>();
                                    server.put("address", AddressText.format(each.server()));
                                    server.put(
                                            "mapped",
                                            each.mapped() == null
                                                    ? null
                                                    : AddressText.format(each.mapped()));
                                    server.put("rttMillis", StatusReport.number(each.rttMillis()));
                                    return server;
                                })
                        .toList());
        return object;
    }

    private static Map<String, Object> candidate(Candidate candidate) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("address", AddressText.format(candidate.address()));
        object.put("kind", candidate.kind() == CandidateKind.STUN ? "stun" : "port mapping");
        return object;
    }

    private static Map<String, Object> gateway(NetworkDiscovery network) {
        Map<String, Object> object = new LinkedHashMap<>();
        Optional<GatewayRoute> route = network.gateway();
        object.put("allowed", network.portMappingAllowed());
        object.put("gateway", route.map(each -> AddressText.format(each.gateway())).orElse(null));
        if (route.isPresent() && network.portMappingAllowed()) {
            Map<String, Object> protocols = new LinkedHashMap<>();
            InetAddress external = null;
            for (PortMapper.Survey each : network.survey()) {
                protocols.put(each.protocol(), each.available());
                external = each.external() == null ? external : each.external();
            }
            object.put("protocols", protocols);
            object.put("external", external == null ? null : AddressText.format(external));
        }
        object.put(
                "mapping",
                network.mapping()
                        .<Object>map(
                                each ->
                                        Map.of(
                                                "protocol",
                                                each.protocol(),
                                                "external",
                                                AddressText.format(each.external())))
                        .orElse(null));
        return object;
    }

    private Map<String, Object> relay(RelayServer relay) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("id", relay.id());
        for (InetSocketAddress udp : new InetSocketAddress[] {relay.ipv4(), relay.ipv6()}) {
            if (udp != null) {
                String family = family(udp.getAddress());
                object.put(family, AddressText.format(udp));
                if (relay.tlsPort() != 0) {
                    object.put(
                            family + "Tls",
                            connect(new InetSocketAddress(udp.getAddress(), relay.tlsPort())));
                }
            }
        }
        return object;
    }

    /** The latency over UDP of each relay, from what its STUN service answered. */
    private static void addRoundTrips(
            List<Map<String, Object>> relays, List<NatBehaviour> families) {
        for (NatBehaviour family : families) {
            String name = family.ipv4() ? "IPv4" : "IPv6";
            for (NatBehaviour.ServerAnswer answer : family.servers()) {
                relays.stream()
                        .filter(each -> AddressText.format(answer.server()).equals(each.get(name)))
                        .forEach(
                                each ->
                                        each.put(
                                                name + "RttMillis",
                                                StatusReport.number(answer.rttMillis())));
            }
        }
    }

    private Map<String, Object> connect(InetSocketAddress address) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("address", AddressText.format(address));
        object.put("family", family(address.getAddress()));
        long start = nanoClock.getAsLong();
        try (Socket socket = new Socket()) {
            socket.connect(address, CONNECT_TIMEOUT_MILLIS);
            object.put("reachable", true);
            object.put("connectMillis", StatusReport.number((nanoClock.getAsLong() - start) / 1e6));
        } catch (IOException e) {
            object.put("reachable", false);
            object.put("problem", e.getMessage());
        }
        return object;
    }

    private Map<String, Object> nms(CloudPath path, List<InetAddress> local) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("address", AddressText.format(path.nms()));
        object.put("family", family(path.nms().getAddress()));
        object.put("reachable", path.answering());
        object.put("rttMillis", StatusReport.number(path.rttMillis()));
        object.put(
                "observed", path.observed() == null ? null : AddressText.format(path.observed()));
        object.put("nat", path.observed() == null ? null : isTranslated(path.observed(), local));
        return object;
    }

    private boolean isTranslated(InetSocketAddress observed, List<InetAddress> local) {
        return !local.contains(observed.getAddress()) || observed.getPort() != node.localPort();
    }

    private static String family(InetAddress address) {
        return address instanceof Inet6Address ? "IPv6" : "IPv4";
    }

    /** Addresses of the host that a packet could come from: not loopback, link-local or virtual. */
    private List<InetAddress> localAddresses() {
        try {
            return NetworkInterface.networkInterfaces()
                    .filter(NetworkCheck::isUp)
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> !address.isLoopbackAddress())
                    .filter(address -> !address.isLinkLocalAddress())
                    .filter(address -> !node.membership().isVirtual(address))
                    .toList();
        } catch (SocketException _) {
            return List.of();
        }
    }

    private static boolean isUp(NetworkInterface each) {
        try {
            return each.isUp();
        } catch (SocketException _) {
            return false;
        }
    }
}
