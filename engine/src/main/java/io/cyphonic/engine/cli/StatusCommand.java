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
import java.util.Map;
import java.util.concurrent.Callable;

/** {@code cyphonic status}. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows the running node, its cloud, its engine and its peers.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  cyphonic status --dir /var/lib/cyphonic",
            "  cyphonic status --dir /var/lib/cyphonic --json | jq .peers"
        })
final class StatusCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private CommonOptions common;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws LocalCommandException {
        new ControlSocketClient(common.directory()).ask(Map.of("command", "status"), this::print);
        return 0;
    }

    private void print(Map<String, Object> report) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.indented(report));
        } else {
            out.print(StatusText.of(report));
        }
        out.flush();
    }
}
