package io.cyphonic.engine.cli;

import io.cyphonic.engine.config.ConfigException;
import io.cyphonic.engine.local.LocalCommandException;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The program {@code cyphonic}. */
@Command(
        name = "cyphonic",
        mixinStandardHelpOptions = true,
        versionProvider = NodeVersion.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "A node of a CYPHONIC network: one name, one address, wherever it is.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:failed; standard error says why", "2:wrong use"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  cyphonic join cyphonic-AQEE... --dir /var/lib/cyphonic",
            "  cyphonic up --dir /var/lib/cyphonic",
            "  cyphonic ping bob --dir /var/lib/cyphonic"
        })
public final class NodeMain implements Runnable {
    /** Exit code of a command that failed. */
    static final int FAILED = 1;

    /** Exit code of wrong use. */
    static final int WRONG_USE = 2;

    private static final Map<String, Supplier<Object>> COMMANDS = commands();

    @Spec private CommandSpec spec;

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        // Before any class of Chronicle is loaded: it must never call home.
        System.setProperty("chronicle.analytics.disable", "true");
        int exitCode = commandLine(arguments).execute(arguments);
        System.out.flush();
        System.exit(exitCode);
    }

    /** In the order of the help text. */
    private static Map<String, Supplier<Object>> commands() {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("join", JoinCommand::new);
        commands.put("up", UpCommand::new);
        commands.put("status", StatusCommand::new);
        commands.put("ping", PingCommand::new);
        commands.put("netcheck", NetcheckCommand::new);
        commands.put("down", DownCommand::new);
        commands.put("training", TrainingCommand::new);
        return commands;
    }

    /**
     * The command line; tests give it writers of their own.
     *
     * @param arguments if the first one is a command, only that one is prepared: preparing all of
     *     them takes a tenth of a second
     */
    static CommandLine commandLine(String... arguments) {
        CommandLine line = new CommandLine(new NodeMain());
        Supplier<Object> wanted = arguments.length > 0 ? COMMANDS.get(arguments[0]) : null;
        if (wanted == null) {
            COMMANDS.values().forEach(command -> line.addSubcommand(command.get()));
        } else {
            line.addSubcommand(wanted.get());
        }
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(wrongUse())
                .setExecutionExceptionHandler(failure());
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command? see cyphonic --help");
    }

    private static IParameterExceptionHandler wrongUse() {
        return (exception, _) -> {
            CommandLine command = exception.getCommandLine();
            PrintWriter err = command.getErr();
            err.println("cyphonic: " + oneLine(exception.getMessage()));
            if (!UnmatchedArgumentException.printSuggestions(exception, err)) {
                err.println(command.getHelp().fullSynopsis().strip());
            }
            err.println("See: " + command.getCommandSpec().qualifiedName() + " --help");
            err.flush();
            return WRONG_USE;
        };
    }

    private static IExecutionExceptionHandler failure() {
        return (exception, command, parsed) -> {
            PrintWriter err = command.getErr();
            err.println("cyphonic: " + describe(exception));
            if (isVerbose(parsed)) {
                exception.printStackTrace(err);
            }
            err.flush();
            return FAILED;
        };
    }

    /** Expected failures speak for themselves; anything else is a bug and says so. */
    private static String describe(Exception exception) {
        String message = Optional.ofNullable(exception.getMessage()).orElse("");
        boolean expected =
                exception instanceof CommandException
                        || exception instanceof ConfigException
                        || exception instanceof LocalCommandException
                        || exception instanceof IOException
                        || exception instanceof UncheckedIOException;
        if (!expected || message.isEmpty()) {
            return oneLine(
                    "internal error: %s; run it again with -v for more".formatted(exception));
        }
        String kind =
                exception instanceof java.nio.file.FileSystemException
                        ? exception
                                        .getClass()
                                        .getSimpleName()
                                        .replaceAll("Exception$", "")
                                        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                                        .toLowerCase(java.util.Locale.ROOT)
                                + ": "
                        : "";
        return oneLine(kind + message);
    }

    private static boolean isVerbose(ParseResult parsed) {
        ParseResult deepest = parsed;
        while (deepest.hasSubcommand()) {
            deepest = deepest.subcommand();
        }
        return deepest.hasMatchedOption("-v");
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s*\\R\\s*", " ");
    }
}
