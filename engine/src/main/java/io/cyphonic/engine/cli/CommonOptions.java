package io.cyphonic.engine.cli;

import picocli.CommandLine.Option;

import java.nio.file.Path;

/** What every command takes. */
final class CommonOptions {
    @Option(
            names = "--dir",
            paramLabel = "DIR",
            required = true,
            description = "Directory of the node, for instance /var/lib/cyphonic.")
    private Path directory;

    @Option(
            names = {"-v", "--verbose"},
            description = "Print a stack trace if it fails.")
    private boolean verbose;

    /** Directory of the node. */
    Path directory() {
        return directory;
    }

    /** Whether to say more. */
    boolean verbose() {
        return verbose;
    }
}
