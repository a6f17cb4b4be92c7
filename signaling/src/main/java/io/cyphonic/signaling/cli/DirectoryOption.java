package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.config.CloudDirectory;

import picocli.CommandLine.Option;

import java.nio.file.Path;

/** The option every command has. */
final class DirectoryOption {
    @Option(
            names = "--dir",
            required = true,
            paramLabel = "DIR",
            description = "Directory of the cloud.")
    private Path path;

    CloudDirectory directory() {
        return new CloudDirectory(path.toAbsolutePath().normalize());
    }
}
