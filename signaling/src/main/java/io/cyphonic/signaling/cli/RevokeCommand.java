package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.admin.Administration;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;

/** Revokes a device. */
@Command(
        name = "revoke",
        description = "Revokes a device for good, and withdraws an open invitation of that name.",
        mixinStandardHelpOptions = true,
        versionProvider = CloudVersion.class,
        footer = {
            "",
            "Its tunnels end within seconds where the other devices reach the cloud. The name"
                    + " becomes",
            "free for a new invitation.",
            "",
            "Example:",
            "  cyphonic-cloud revoke alice --dir /var/lib/cyphonic"
        })
final class RevokeCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @ParentCommand private CloudMain main;

    @Mixin private DirectoryOption directory;

    @Parameters(
            paramLabel = "NAME",
            description = "Name of the device: a label under the zone, or the full name.")
    private String name;

    @Override
    public Integer call() throws Exception {
        String fqdn;
        try (Administration administration =
                CloudAccess.open(directory.directory(), main.registryOpener())) {
            fqdn = administration.revoke(name);
        }
        spec.commandLine().getOut().println("revoked " + fqdn);
        return ExitCode.DONE;
    }
}
