package io.cyphonic.signaling.config;

import io.cyphonic.signaling.credential.PrivateFiles;
import io.cyphonic.signaling.protocol.RelayServer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Everything of a relay that runs apart from its cloud.
 *
 * <pre>
 * relay.yaml         its entry in the cloud's list of relays
 * keys/relay.secret  the secret that it shares with the NMS
 * </pre>
 *
 * @param path the directory
 */
public record RelayDirectory(Path path) {
    private static final Set<String> KEYS = Set.of("relay");

    /** The configuration. */
    public Path configFile() {
        return path.resolve("relay.yaml");
    }

    /** The secret that NMS and relays share. */
    public Path relaySecret() {
        return path.resolve("keys").resolve("relay.secret");
    }

    /**
     * Makes the directory of a new relay.
     *
     * @throws IOException if there is one already, or it cannot be written
     */
    public void create(RelayServer relay, byte[] secret) throws IOException {
        if (Files.exists(configFile())) {
            throw new IOException(
                    path + ": there is a relay already; remove it or choose another directory");
        }
        PrivateFiles.createDirectory(relaySecret().getParent());
        PrivateFiles.writeSecret(relaySecret(), secret);
        String text =
                """
                # A relay of a CYPHONIC cloud; read by 'cyphonic-cloud relay' at start. The same entry stands in
                # the list 'relays' of the cloud's cloud.yaml: id, addresses of this machine.
                relay: "%s"
                """
                        .formatted(RelayConfig.format(relay));
        PrivateFiles.writeReadable(configFile(), text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads the configuration.
     *
     * @throws ConfigException with file, line, key, value and what is allowed
     * @throws IOException if the file cannot be read
     */
    public RelayServer load() throws IOException {
        if (Files.notExists(configFile())) {
            throw new ConfigException(
                    configFile() + ": no such file; 'cyphonic-cloud relay-init' makes a new relay");
        }
        String text = new String(PrivateFiles.read(configFile()), StandardCharsets.UTF_8);
        YamlMapping root = YamlMapping.parse(configFile().toString(), text);
        root.allowOnly(KEYS);
        return root.value(
                "relay", RelayConfig::parse, relay -> RelayConfig.checkOthers(List.of(relay)));
    }

    /** The entry for the cloud's list of relays. */
    public static String entry(RelayServer relay) {
        return RelayConfig.format(relay);
    }
}
