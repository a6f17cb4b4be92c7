package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.Cloud;
import io.cyphonic.signaling.config.CloudConfig;
import io.cyphonic.signaling.config.CloudConfigFile;
import io.cyphonic.signaling.config.CloudDirectory;
import io.cyphonic.signaling.config.SocketAddresses;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** Runs the cloud until it is told to stop. */
@Command(
        name = "serve",
        description = "Runs the cloud in the foreground, until SIGTERM or SIGINT.",
        mixinStandardHelpOptions = true,
        versionProvider = CloudVersion.class,
        footer = {
            "",
            "Prints one line that starts with 'ready' once it serves; logs to standard error.",
            "",
            "Example:",
            "  cyphonic-cloud serve --dir /var/lib/cyphonic"
        })
final class ServeCommand implements Callable<Integer> {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(15);

    @Spec private CommandSpec spec;

    @ParentCommand private CloudMain main;

    @Mixin private DirectoryOption directory;

    @Override
    public Integer call() throws Exception {
        CloudDirectory cloudDirectory = directory.directory();
        CloudConfig config = CloudConfigFile.load(cloudDirectory.configFile());
        Cloud cloud = Cloud.start(cloudDirectory, config, main.registryOpener());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(cloud), "shutdown"));
        PrintWriter out = spec.commandLine().getOut();
        out.println(
                "ready cyphonic-cloud as=%s nms=%s trs=%s gateway=%s zone=%s"
                        .formatted(
                                list("tcp/", cloud.authenticationAddresses()),
                                list("udp/", cloud.nodeManagementAddresses()),
                                cloud.relayAddresses().isEmpty()
                                        ? "off"
                                        : list("udp/", cloud.relayAddresses()),
                                cloud.gatewayAddresses().isEmpty()
                                        ? "off"
                                        : list("tcp/", cloud.gatewayAddresses()),
                                config.zone()));
        out.flush();
        String failure = cloud.failure().get();
        LoggerFactory.getLogger(ServeCommand.class)
                .error("{}; ending, so that it can be started anew", failure);
        Runtime.getRuntime().halt(ExitCode.FAILED);
        return ExitCode.FAILED;
    }

    /** Runs while the JVM goes down after a signal: that is how this command is meant to end. */
    private static void stop(Cloud cloud) {
        Logger log = LoggerFactory.getLogger(ServeCommand.class);
        Thread closer = Thread.ofPlatform().daemon().name("close").start(() -> close(cloud, log));
        boolean closed = false;
        try {
            closed = closer.join(CLOSE_TIMEOUT);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        if (!closed) {
            log.warn(
                    "Not stopped within {}; ending anyway, the log on disk is complete",
                    CLOSE_TIMEOUT);
        }
        // Without this the exit code would be that of the signal, as if something had gone wrong.
        Runtime.getRuntime().halt(closed ? ExitCode.DONE : ExitCode.FAILED);
    }

    private static void close(Cloud cloud, Logger log) {
        try {
            cloud.close();
        } catch (Exception e) {
            log.warn("Stopping was not clean", e);
        }
    }

    private static String list(String protocol, List<InetSocketAddress> addresses) {
        return addresses.stream()
                .map(address -> protocol + SocketAddresses.format(address))
                .collect(Collectors.joining(","));
    }
}
