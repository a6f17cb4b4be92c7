package io.cyphonic.engine.local;

import io.cyphonic.engine.control.ControlPlane.CloudPath;
import io.cyphonic.engine.control.ControlPlane.NodeState;
import io.cyphonic.signaling.net.AddressText;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

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
        List<InetAddress> local = localAddresses();
        List<CloudPath> paths = node.control().cloudPaths();
        List<Map<String, Object>> tcp = cloudAddresses.stream().map(this::connect).toList();
        boolean tcpWorks =
                tcp.stream().anyMatch(each -> Boolean.TRUE.equals(each.get("reachable")));
        boolean udpWorks = paths.stream().anyMatch(CloudPath::answering);

        Map<String, Object> report = new LinkedHashMap<>();
        report.put("localAddresses", local.stream().map(AddressText::format).toList());
        report.put("listenPort", node.localPort());
        report.put("authentication", tcp);
        report.put("nms", paths.stream().map(path -> nms(path, local)).toList());
        report.put("udp", udpWorks ? "works" : tcpWorks ? "blocked" : "unknown");
        report.put("advice", advice(paths, local, tcpWorks, udpWorks));
        return report;
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

    private List<String> advice(
            List<CloudPath> paths, List<InetAddress> local, boolean tcpWorks, boolean udpWorks) {
        List<String> advice = new ArrayList<>();
        if (!tcpWorks && !udpWorks) {
            advice.add(
                    "The cloud does not answer at all: check that it runs, its addresses in"
                            + " node.yaml, and the way there.");
        } else if (!udpWorks) {
            advice.add(
                    "The cloud answers over TCP but not over UDP: a firewall seems to drop UDP"
                            + " between here and "
                            + addresses(cloudAddresses)
                            + ".");
        }
        for (CloudPath path : paths) {
            if (path.observed() != null && isTranslated(path.observed(), local)) {
                advice.add(
                        "There is a NAT on the way (%s): seen as %s from outside."
                                .formatted(
                                        family(path.nms().getAddress()),
                                        AddressText.format(path.observed())));
            }
        }
        if (advice.isEmpty() && node.control().state() == NodeState.REGISTERED) {
            advice.add("Nothing stands in the way that was measured.");
        }
        return advice;
    }

    private static String addresses(Collection<InetSocketAddress> addresses) {
        return String.join(", ", addresses.stream().map(AddressText::format).toList());
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
