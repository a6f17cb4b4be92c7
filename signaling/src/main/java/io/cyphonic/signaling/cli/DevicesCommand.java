package io.cyphonic.signaling.cli;

import com.fasterxml.jackson.jr.ob.JSON;

import io.cyphonic.signaling.admin.Administration;
import io.cyphonic.signaling.admin.Inventory;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.concurrent.Callable;

/** Lists the devices. */
@Command(
        name = "devices",
        description = "Lists the devices and the open invitations.",
        mixinStandardHelpOptions = true,
        versionProvider = CloudVersion.class,
        footer = {
            "",
            "Examples:",
            "  cyphonic-cloud devices --dir /var/lib/cyphonic",
            "  cyphonic-cloud devices --dir /var/lib/cyphonic --json"
        })
final class DevicesCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @ParentCommand private CloudMain main;

    @Mixin private DirectoryOption directory;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Inventory inventory;
        try (Administration administration =
                CloudAccess.open(directory.directory(), main.registryOpener())) {
            inventory = administration.devices();
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(
                    JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(inventory.toJson()));
        } else {
            out.print(InventoryTable.render(inventory));
        }
        out.flush();
        return ExitCode.DONE;
    }
}
