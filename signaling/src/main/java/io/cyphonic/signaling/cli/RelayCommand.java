package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.config.RelayDirectory;
import io.cyphonic.signaling.config.SocketAddresses;
import io.cyphonic.signaling.credential.PrivateFiles;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.relay.RelayService;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs a relay alone, in another place than its cloud, until it is told to stop. */
@Command(
        name = "relay",
        description =
                "Runs a relay apart from its cloud in the foreground, until SIGTERM or SIGINT.",
        mixinStandardHelpOptions = true,
        versionProvider = CloudVersion.class,
        footer = {
            "",
            "The directory comes from 'cyphonic-cloud relay-init'. Prints one line that starts"
                    + " with",
            "'ready' once it relays; logs to standard error.",
            "",
            "Example:",
            "  cyphonic-cloud relay --dir /var/lib/cyphonic-relay"
        })
final class RelayCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private DirectoryOption directory;

    @Override
    public Integer call() throws Exception {
        RelayService service = open(new RelayDirectory(directory.directory().path()));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(service), "shutdown"));
        service.start();
        PrintWriter out = spec.commandLine().getOut();
        RelayServer relay = service.server();
        out.println(
                "ready cyphonic-cloud trs=%s id=%d"
                        .formatted(
                                Stream.of(relay.ipv4(), relay.ipv6())
                                        .filter(Objects::nonNull)
                                        .map(address -> "udp/" + SocketAddresses.format(address))
                                        .collect(Collectors.joining(",")),
                                relay.id()));
        out.flush();
        new CountDownLatch(1).await();
        return ExitCode.DONE;
    }

    private static RelayService open(RelayDirectory directory) throws IOException {
        RelayServer relay = directory.load();
        byte[] secret = PrivateFiles.readSecret(directory.relaySecret());
        try {
            if (secret.length != RelayKeys.SECRET_LENGTH) {
                throw new IOException(
                        "%s: has %d bytes, must have %d"
                                .formatted(
                                        directory.relaySecret(),
                                        secret.length,
                                        RelayKeys.SECRET_LENGTH));
            }
            return RelayService.open(relay, secret, new SecureRandom(), InstantSource.system());
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    /** Runs while the JVM goes down after a signal: that is how this command is meant to end. */
    private static void stop(RelayService service) {
        service.close();
        // Without this the exit code would be that of the signal, as if something had gone wrong.
        Runtime.getRuntime().halt(ExitCode.DONE);
    }
}
