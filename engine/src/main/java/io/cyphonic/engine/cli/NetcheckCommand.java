package io.cyphonic.engine.cli;

import io.cyphonic.engine.local.ControlSocketClient;
import io.cyphonic.engine.local.JsonText;
import io.cyphonic.engine.local.LocalCommandException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** {@code cyphonic netcheck}. */
@Command(
        name = "netcheck",
        mixinStandardHelpOptions = true,
        description = "Measures what the network around the running node lets through.",
        footerHeading = "%nExamples:%n",
        footer = "  cyphonic netcheck --dir /var/lib/cyphonic")
final class NetcheckCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private CommonOptions common;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws LocalCommandException {
        new ControlSocketClient(common.directory()).ask(Map.of("command", "netcheck"), this::print);
        return 0;
    }

    private void print(Map<String, Object> report) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.indented(report));
        } else {
            text(report, out);
        }
        out.flush();
    }

    private static void text(Map<String, Object> report, PrintWriter out) {
        out.println("local addresses  " + joined(report.get("localAddresses")));
        out.println("UDP port         " + report.get("listenPort"));
        out.println("UDP              " + report.get("udp"));
        family("IPv4", report.get("ipv4"), out);
        family("IPv6", report.get("ipv6"), out);
        for (Map<?, ?> each : objects(report.get("candidates"))) {
            out.printf("reachable at     %s (%s)%n", each.get("address"), each.get("kind"));
        }
        if (report.get("portMapping") instanceof Map<?, ?> mapping) {
            portMapping(mapping, out);
        }
        for (Map<?, ?> each : objects(report.get("authentication"))) {
            out.println("login (TCP)      " + connection(each));
        }
        for (Map<?, ?> each : objects(report.get("nms"))) {
            out.printf(
                    "NMS (UDP)        %s: %s%n",
                    each.get("address"),
                    Boolean.TRUE.equals(each.get("reachable"))
                            ? "answers in %s ms, sees this node as %s (%s)"
                                    .formatted(
                                            each.get("rttMillis"),
                                            each.get("observed"),
                                            Boolean.TRUE.equals(each.get("nat")) ? "NAT" : "no NAT")
                            : "no answer");
        }
        for (Map<?, ?> each : objects(report.get("relays"))) {
            relay(each, out);
        }
        if (report.get("advice") instanceof List<?> advice) {
            advice.forEach(out::println);
        }
    }

    private static void family(String name, Object family, PrintWriter out) {
        if (!(family instanceof Map<?, ?> measured)) {
            return;
        }
        if (!Boolean.TRUE.equals(measured.get("reachable"))) {
            out.printf("%s             no answer over UDP%n", name);
        } else if (Boolean.TRUE.equals(measured.get("nat"))) {
            out.printf("%s             NAT, seen as %s%n", name, measured.get("mapped"));
            out.printf("  mapping        %s%n", measured.get("mapping"));
            out.printf("  filtering      %s%n", measured.get("filtering"));
            out.printf(
                    "  hairpin        %s%n",
                    measured.get("hairpin") == null
                            ? "unknown"
                            : Boolean.TRUE.equals(measured.get("hairpin")) ? "yes" : "no");
        } else {
            out.printf("%s             no NAT%n", name);
            out.printf("  filtering      %s%n", measured.get("filtering"));
        }
    }

    private static void portMapping(Map<?, ?> mapping, PrintWriter out) {
        if (mapping.get("gateway") == null) {
            return;
        }
        out.println("gateway          " + mapping.get("gateway"));
        if (mapping.get("protocols") instanceof Map<?, ?> protocols) {
            List<String> spoken =
                    protocols.entrySet().stream()
                            .filter(each -> Boolean.TRUE.equals(each.getValue()))
                            .map(each -> String.valueOf(each.getKey()))
                            .toList();
            out.println("  port mapping   " + (spoken.isEmpty() ? "none" : joined(spoken)));
        } else {
            out.println("  port mapping   off");
        }
        if (mapping.get("mapping") instanceof Map<?, ?> present) {
            out.printf(
                    "  mapped         %s by %s%n",
                    present.get("external"), present.get("protocol"));
        }
    }

    private static void relay(Map<?, ?> relay, PrintWriter out) {
        for (String family : List.of("IPv4", "IPv6")) {
            if (relay.get(family) != null) {
                Object rtt = relay.get(family + "RttMillis");
                out.printf(
                        "relay %-10s %s: %s%n",
                        relay.get("id"),
                        relay.get(family),
                        rtt == null ? "no answer" : rtt + " ms");
                if (relay.get(family + "Tls") instanceof Map<?, ?> tls) {
                    out.println("  over TCP       " + connection(tls));
                }
            }
        }
    }

    private static String connection(Map<?, ?> each) {
        return "%s: %s"
                .formatted(
                        each.get("address"),
                        Boolean.TRUE.equals(each.get("reachable"))
                                ? "connects in " + each.get("connectMillis") + " ms"
                                : "no connection, " + each.get("problem"));
    }

    private static List<Map<?, ?>> objects(Object list) {
        return list instanceof List<?> items
                ? items.stream().<Map<?, ?>>map(item -> (Map<?, ?>) item).toList()
                : List.of();
    }

    private static String joined(Object list) {
        return list instanceof List<?> items && !items.isEmpty()
                ? String.join(", ", items.stream().map(String::valueOf).toList())
                : "none";
    }
}
