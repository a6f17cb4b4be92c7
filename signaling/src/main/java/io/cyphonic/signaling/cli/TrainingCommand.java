package io.cyphonic.signaling.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Runs several commands in one process, each behind a {@code --}, so that one start-up cache serves
 * all of them. For deploy/start-cache only; it says what failed and goes on.
 */
@Command(name = "training", hidden = true)
final class TrainingCommand implements Callable<Integer> {
    private static final String SEPARATOR = "--";

    @Spec private CommandSpec spec;

    @ParentCommand private CloudMain main;

    @Parameters(arity = "0..*")
    private List<String> words = List.of();

    @Override
    public Integer call() {
        List<String> command = new ArrayList<>();
        for (String word : words) {
            if (word.equals(SEPARATOR)) {
                run(command);
                command.clear();
            } else {
                command.add(word);
            }
        }
        run(command);
        return 0;
    }

    private void run(List<String> command) {
        CommandLine own = spec.commandLine();
        CommandLine line = CloudMain.commandLine(main.registryOpener(), own.getOut(), own.getErr());
        int exitCode = line.execute(command.toArray(String[]::new));
        if (exitCode != 0) {
            line.getErr().println(String.join(" ", command) + ": exit code " + exitCode);
        }
    }
}
