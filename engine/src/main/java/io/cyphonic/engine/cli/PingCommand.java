package io.cyphonic.engine.cli;

import io.cyphonic.engine.local.ControlSocketClient;
import io.cyphonic.engine.local.LocalCommandException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;

/** {@code cyphonic ping}. */
@Command(
        name = "ping",
        mixinStandardHelpOptions = true,
        description = {
            "Brings the tunnel to a peer up and measures it with authenticated probes.",
            "Fails if not one probe is answered."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cyphonic ping bob --dir /var/lib/cyphonic",
            "  cyphonic ping bob.cyphonic.internal -c 10 --dir /var/lib/cyphonic"
        })
final class PingCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private CommonOptions common;

    @Parameters(paramLabel = "NAME", description = "Peer; a name without a dot is one of the zone.")
    private String name;

    @Option(
            names = "-c",
            paramLabel = "N",
            defaultValue = "4",
            description = "How many probes, 1 to 1000; ${DEFAULT-VALUE} without it.")
    private int count;

    private boolean answered;

    /** The way the last probe took, to notice a change. */
    private String lastWay = "";

    @Override
    public Integer call() throws LocalCommandException {
        if (count < 1 || count > 1000) {
            throw new ParameterException(
                    spec.commandLine(), "-c: found " + count + ", allowed are 1 to 1000");
        }
        new ControlSocketClient(common.directory())
                .ask(Map.of("command", "ping", "name", name, "count", count), this::print);
        if (!answered) {
            throw new CommandException(name + " answered no probe");
        }
        return 0;
    }

    private void print(Map<String, Object> reply) {
        PrintWriter out = spec.commandLine().getOut();
        if (reply.containsKey("sequence")) {
            String way = way(reply);
            if (!lastWay.isEmpty() && !way.isEmpty() && !way.equals(lastWay)) {
                out.printf("path changed: %s instead of %s%n", way, lastWay);
            }
            lastWay = way.isEmpty() ? lastWay : way;
            out.println(probe(reply));
        } else if (reply.get("received") instanceof Number received) {
            answered = received.intValue() > 0;
            out.printf("%s probes, %s answered%s%n", reply.get("sent"), received, range(reply));
        }
        out.flush();
    }

    private static String probe(Map<String, Object> reply) {
        String result =
                reply.get("rttMillis") instanceof Number rtt
                        ? "%s ms".formatted(number(rtt))
                        : "no answer";
        String way = way(reply);
        return "%s: probe %s: %s%s"
                .formatted(
                        reply.get("fqdn"),
                        reply.get("sequence"),
                        result,
                        way.isEmpty() ? "" : ", " + way);
    }

    private static String way(Map<String, Object> reply) {
        return reply.get("endpoint") == null
                ? ""
                : "%s via %s".formatted(reply.get("path"), reply.get("endpoint"));
    }

    private static String range(Map<String, Object> summary) {
        return summary.get("minMillis") instanceof Number least
                        && summary.get("avgMillis") instanceof Number average
                        && summary.get("maxMillis") instanceof Number most
                ? ", min/avg/max %s/%s/%s ms"
                        .formatted(number(least), number(average), number(most))
                : "";
    }

    private static String number(Number millis) {
        return String.format(Locale.ROOT, "%.3f", millis.doubleValue());
    }
}
