package io.cyphonic.signaling.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command line in a JVM of its own, with the flags of this one. */
final class CloudProcess implements AutoCloseable {
    private static final long TIMEOUT_SECONDS = 60;

    private final Process process;
    private final BufferedReader output;
    private final Path errors;

    private CloudProcess(Process process, Path errors) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
        this.errors = errors;
    }

    static CloudProcess start(Path temporary, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (flag.startsWith("--") || flag.startsWith("-D")) {
                command.add(flag);
            }
        }
        command.add("-XX:+UseSerialGC");
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(CloudMain.class.getName());
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Path errors = Files.createTempFile(temporary, "stderr", ".txt");
        return new CloudProcess(
                new ProcessBuilder(command).redirectError(errors.toFile()).start(), errors);
    }

    /** Runs a command to its end and returns its standard output. */
    static String run(Path temporary, Object... arguments) throws Exception {
        try (CloudProcess process = start(temporary, arguments)) {
            StringBuilder text = new StringBuilder();
            for (String line = process.output.readLine();
                    line != null;
                    line = process.output.readLine()) {
                text.append(line).append('\n');
            }
            if (process.exitCode() != 0) {
                throw new AssertionError(process.errors());
            }
            return text.toString();
        }
    }

    /** The next line of standard output; waits for it. */
    String line() throws IOException {
        String line = output.readLine();
        if (line == null) {
            throw new AssertionError("ended: " + errors());
        }
        return line;
    }

    int exitCode() throws InterruptedException {
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("still running after " + TIMEOUT_SECONDS + " s");
        }
        return process.exitValue();
    }

    String errors() throws IOException {
        return Files.readString(errors);
    }

    void terminate() {
        process.destroy();
    }

    /** As kill -9 does. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        exitCode();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
