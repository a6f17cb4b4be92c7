package io.cyphonic.engine.cli;

import io.cyphonic.engine.config.NodeDirectory;
import io.cyphonic.signaling.credential.AuthenticationClient;
import io.cyphonic.signaling.credential.AuthenticationResult.Enrolled;
import io.cyphonic.signaling.credential.Invitation;
import io.cyphonic.signaling.net.AddressText;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;

/** {@code cyphonic join}. */
@Command(
        name = "join",
        mixinStandardHelpOptions = true,
        description = {
            "Makes this host a node: creates its keys, redeems the invitation and writes"
                    + " DIR/node.yaml.",
            "If it is interrupted, the same command finishes it."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cyphonic-cloud invite alice --dir /var/lib/cyphonic-cloud     # on the cloud",
            "  cyphonic join cyphonic-AQEE... --dir /var/lib/cyphonic        # here"
        })
final class JoinCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private CommonOptions common;

    @Parameters(
            paramLabel = "INVITATION",
            description = "The line that cyphonic-cloud invite printed.")
    private String invitation;

    @Override
    public Integer call() throws IOException {
        Invitation parsed;
        try {
            parsed = Invitation.parse(invitation);
        } catch (IllegalArgumentException e) {
            throw new CommandException(e.getMessage(), e);
        }
        NodeDirectory directory = new NodeDirectory(common.directory());
        Enrolled enrolled =
                new Joining(directory, new AuthenticationClient(InstantSource.system()))
                        .join(parsed);
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "joined as %s, %s, %s%n",
                enrolled.certificate().fqdn(),
                AddressText.format(enrolled.certificate().virtualIpv4()),
                AddressText.format(enrolled.certificate().virtualIpv6()));
        out.printf("start it with: cyphonic up --dir %s%n", common.directory());
        out.flush();
        return 0;
    }
}
