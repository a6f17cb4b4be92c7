package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.RegistryOpener;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** The command line of the cloud. */
@Command(
        name = "cyphonic-cloud",
        description = "Makes, runs and administers a CYPHONIC cloud.",
        mixinStandardHelpOptions = true,
        versionProvider = CloudVersion.class,
        subcommands = {
            InitCommand.class,
            ServeCommand.class,
            InviteCommand.class,
            DevicesCommand.class,
            RevokeCommand.class,
            RelayInitCommand.class,
            RelayCommand.class,
            TrainingCommand.class
        },
        footer = {
            "",
            "A cloud in three commands:",
            "  cyphonic-cloud init --dir /var/lib/cyphonic --listen 192.0.2.1",
            "  cyphonic-cloud serve --dir /var/lib/cyphonic",
            "  cyphonic-cloud invite alice --dir /var/lib/cyphonic",
            "",
            "Exit codes: 0 done, 1 failed, 2 wrong use."
        })
public final class CloudMain implements Runnable {
    private final RegistryOpener registryOpener;

    @Spec private CommandSpec spec;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Log more, and show the stack trace of an error.")
    private boolean verbose;

    CloudMain(RegistryOpener registryOpener) {
        this.registryOpener = registryOpener;
    }

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        // Before any class of Chronicle can be loaded: it must not call home.
        System.setProperty("chronicle.analytics.disable", "true");
        PrintStream out = System.out;
        // Whatever a library prints must not get between the lines that scripts read.
        System.setOut(System.err);
        System.exit(
                commandLine(
                                RegistryOpener.cluster(),
                                new PrintWriter(out, true, StandardCharsets.UTF_8),
                                new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                        .execute(args));
    }

    /** The command line with everything it depends on. */
    static CommandLine commandLine(
            RegistryOpener registryOpener, PrintWriter out, PrintWriter err) {
        CommandLine commandLine = new CommandLine(new CloudMain(registryOpener));
        commandLine.setUsageHelpWidth(100);
        commandLine.setOut(out);
        commandLine.setErr(err);
        commandLine.setExecutionStrategy(CloudMain::execute);
        commandLine.setExecutionExceptionHandler(CloudMain::failed);
        commandLine.setParameterExceptionHandler(CloudMain::wrongUse);
        return commandLine;
    }

    RegistryOpener registryOpener() {
        return registryOpener;
    }

    /** Without a subcommand. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    private static int execute(CommandLine.ParseResult parsed) {
        CloudMain main = (CloudMain) parsed.commandSpec().userObject();
        if (main.verbose) {
            // Read by the logging library when the first logger is made, which is later.
            System.setProperty("org.slf4j.simpleLogger.log.io.cyphonic", "debug");
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private static int failed(
            Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed) {
        PrintWriter err = commandLine.getErr();
        err.println("cyphonic-cloud: " + ErrorText.of(failure));
        CommandLine top = commandLine;
        while (top.getParent() != null) {
            top = top.getParent();
        }
        if (((CloudMain) top.getCommand()).verbose) {
            failure.printStackTrace(err);
        }
        err.flush();
        return ExitCode.FAILED;
    }

    private static int wrongUse(ParameterException failure, String[] args) {
        CommandLine commandLine = failure.getCommandLine();
        PrintWriter err = commandLine.getErr();
        err.println(
                "cyphonic-cloud: %s (see: %s --help)"
                        .formatted(
                                failure.getMessage(),
                                commandLine.getCommandSpec().qualifiedName()));
        err.flush();
        return ExitCode.WRONG_USE;
    }
}
