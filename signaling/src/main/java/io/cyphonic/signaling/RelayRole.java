package io.cyphonic.signaling;

import io.cyphonic.signaling.config.CloudConfig;
import io.cyphonic.signaling.config.CloudDirectory;
import io.cyphonic.signaling.config.RelayConfig;
import io.cyphonic.signaling.credential.PrivateFiles;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.relay.RelayService;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What a cloud needs to have a relay in its own process. Static methods without state. */
final class RelayRole {
    private static final Logger LOG = LoggerFactory.getLogger(RelayRole.class);

    private RelayRole() {}

    /** The secret that NMS and relays share; made if the directory is older than relays are. */
    static byte[] secret(CloudDirectory directory, SecureRandom random) throws IOException {
        Path file = directory.relaySecret();
        if (Files.notExists(file)) {
            byte[] fresh = new byte[RelayKeys.SECRET_LENGTH];
            random.nextBytes(fresh);
            PrivateFiles.writeSecret(file, fresh);
            Arrays.fill(fresh, (byte) 0);
        }
        byte[] secret = PrivateFiles.readSecret(file);
        if (secret.length != RelayKeys.SECRET_LENGTH) {
            throw new IOException(
                    "%s: has %d bytes, must have %d"
                            .formatted(file, secret.length, RelayKeys.SECRET_LENGTH));
        }
        return secret;
    }

    /**
     * Opens the relay, if there is to be one. Where its port cannot be had, the log says so and the
     * cloud goes on without: logins and directions do not need it.
     */
    static Optional<RelayService> open(
            CloudConfig config, byte[] secret, SecureRandom random, InstantSource clock) {
        RelayConfig relay = config.relay();
        if (relay.port() == 0) {
            return Optional.empty();
        }
        RelayServer own =
                new RelayServer(
                        RelayConfig.OWN_ID,
                        first(config.listen(), true, relay.port()),
                        first(config.listen(), false, relay.port()),
                        relay.tlsPort());
        try {
            return Optional.of(RelayService.open(own, secret, random, clock));
        } catch (IOException e) {
            LOG.warn("{}; going on without a relay (relay.port)", e.getMessage());
            return Optional.empty();
        }
    }

    private static InetSocketAddress first(List<InetSocketAddress> listen, boolean ipv4, int port) {
        return listen.stream()
                .filter(address -> address.getAddress() instanceof Inet4Address == ipv4)
                .findFirst()
                .map(address -> new InetSocketAddress(address.getAddress(), port))
                .orElse(null);
    }
}
