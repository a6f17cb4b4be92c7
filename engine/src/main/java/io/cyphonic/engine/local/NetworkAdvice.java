package io.cyphonic.engine.local;

import io.cyphonic.engine.control.ControlPlane.CloudPath;
import io.cyphonic.engine.control.ControlPlane.NodeState;
import io.cyphonic.engine.control.discovery.NatBehaviour;
import io.cyphonic.engine.control.discovery.NatBehaviour.Dependence;
import io.cyphonic.signaling.net.AddressText;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What {@code netcheck} makes of its figures, in plain words: what it means, and what to do. */
final class NetworkAdvice {
    private final NodeView node;
    private final List<InetSocketAddress> cloudAddresses;

    NetworkAdvice(NodeView node, List<InetSocketAddress> cloudAddresses) {
        this.node = node;
        this.cloudAddresses = cloudAddresses;
    }

    List<String> of(
            Map<String, Object> report, List<NatBehaviour> families, List<CloudPath> paths) {
        List<String> advice = new ArrayList<>();
        cloud(report, advice);
        boolean mapped =
                report.get("portMapping") instanceof Map<?, ?> gateway
                        && gateway.get("mapping") != null;
        for (NatBehaviour family : families) {
            if (family.reachable()) {
                family(family, mapped && family.ipv4(), advice);
            }
        }
        portMapping(report, families, mapped, advice);
        if (families.isEmpty()) {
            observed(paths, report, advice);
        }
        if (advice.isEmpty() && node.control().state() == NodeState.REGISTERED) {
            advice.add("Nothing stands in the way: peers can reach this node directly.");
        }
        return advice;
    }

    private void cloud(Map<String, Object> report, List<String> advice) {
        String addresses =
                String.join(", ", cloudAddresses.stream().map(AddressText::format).toList());
        if ("blocked".equals(report.get("udp"))) {
            advice.add(
                    "The cloud answers over TCP but not over UDP: a firewall seems to drop UDP"
                            + " between here and "
                            + addresses
                            + ". Let UDP out to get direct paths; without it everything goes"
                            + " through a relay over TCP, which costs speed.");
        } else if ("unknown".equals(report.get("udp"))) {
            advice.add(
                    "The cloud does not answer at all: check that it runs, its addresses in"
                            + " node.yaml ("
                            + addresses
                            + "), and the way there.");
        }
    }

    private static void family(NatBehaviour family, boolean mapped, List<String> advice) {
        String name = family.ipv4() ? "IPv4" : "IPv6";
        boolean open = family.filtering() == Dependence.ENDPOINT_INDEPENDENT;
        if (!family.translated()) {
            if (!open && family.filtering() != Dependence.UNKNOWN) {
                advice.add(
                        "%s: no NAT, but a firewall lets in only answers. Peers get through when both"
                                        .formatted(name)
                                + " ends send, which CYPHONIC arranges.");
            }
            return;
        }
        String seen =
                "%s: there is a NAT on the way; seen as %s from outside. "
                        .formatted(name, AddressText.format(family.mapped()));
        if (mapped) {
            advice.add(seen + "A port mapping lets peers in all the same.");
        } else if (family.mapping() == Dependence.ADDRESS_AND_PORT_DEPENDENT
                || family.mapping() == Dependence.ADDRESS_DEPENDENT
                || family.mapping() == Dependence.DEPENDENT) {
            advice.add(
                    seen
                            + "It uses another port for every peer (a symmetric NAT): direct paths"
                            + " work to peers that accept that, others go through a relay. A port"
                            + " mapping or a forwarded UDP port (listen-port) would help.");
        } else if (open) {
            advice.add(seen + "It lets anybody in once a mapping exists: direct paths work.");
        } else {
            advice.add(
                    seen
                            + "It keeps one port for all peers: direct paths work, except to peers"
                            + " behind a symmetric NAT.");
        }
        if (Boolean.FALSE.equals(family.hairpin())) {
            advice.add(
                    name
                            + ": the NAT does not send back what goes to its own outer address (no"
                            + " hairpin); neighbours here talk over their local addresses.");
        }
    }

    private static void portMapping(
            Map<String, Object> report,
            List<NatBehaviour> families,
            boolean mapped,
            List<String> advice) {
        boolean nat = families.stream().anyMatch(each -> each.ipv4() && each.translated());
        if (!nat || mapped || !(report.get("portMapping") instanceof Map<?, ?> gateway)) {
            return;
        }
        if (Boolean.FALSE.equals(gateway.get("allowed"))) {
            advice.add("Port mapping is off; port-mapping: auto in node.yaml asks the gateway.");
        } else if (gateway.get("protocols") instanceof Map<?, ?> protocols
                && !protocols.containsValue(true)) {
            advice.add(
                    "The gateway offers no port mapping (PCP, NAT-PMP or UPnP); many routers have a"
                            + " switch for it.");
        }
    }

    /** Without own measurements there is what the NMS saw. */
    private void observed(List<CloudPath> paths, Map<String, Object> report, List<String> advice) {
        for (CloudPath path : paths) {
            boolean local =
                    path.observed() != null
                            && path.observed().getPort() == node.localPort()
                            && report.get("localAddresses") instanceof List<?> own
                            && own.contains(AddressText.format(path.observed().getAddress()));
            if (path.observed() != null && !local) {
                advice.add(
                        "There is a NAT on the way: seen as %s from outside."
                                .formatted(AddressText.format(path.observed())));
            }
        }
    }
}
