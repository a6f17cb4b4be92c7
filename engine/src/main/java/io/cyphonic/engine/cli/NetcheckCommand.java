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
        for (Map<?, ?> each : objects(report.get("authentication"))) {
            out.printf(
                    "login (TCP)      %s: %s%n",
                    each.get("address"),
                    Boolean.TRUE.equals(each.get("reachable"))
                            ? "connects in " + each.get("connectMillis") + " ms"
                            : "no connection, " + each.get("problem"));
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
        if (report.get("advice") instanceof List<?> advice) {
            advice.forEach(out::println);
        }
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
