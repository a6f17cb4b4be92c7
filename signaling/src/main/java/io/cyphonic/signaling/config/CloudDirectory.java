package io.cyphonic.signaling.config;

import java.nio.file.Path;

/**
 * Where everything of a cloud lies, below one directory.
 *
 * <pre>
 * cloud.yaml         configuration
 * ca/                certificate authority: ca.key, ca.crt
 * keys/nms.secret    the common keys of the nodes come from it
 * keys/relay.secret  the keys of relay channels come from it; relays elsewhere have it too
 * log/               the durable truth: the cluster's log
 * cloud.sock         administration, while the cloud runs
 * lock               held by the one process that uses the directory
 * </pre>
 *
 * @param path the directory
 */
public record CloudDirectory(Path path) {
    /** The configuration. */
    public Path configFile() {
        return path.resolve("cloud.yaml");
    }

    /** The secret that every NMS member shares. */
    public Path nmsSecret() {
        return path.resolve("keys").resolve("nms.secret");
    }

    /** The secret that NMS and relays share. */
    public Path relaySecret() {
        return path.resolve("keys").resolve("relay.secret");
    }

    /** The cluster's directory. */
    public Path log() {
        return path.resolve("log");
    }

    /** The administration socket. */
    public Path adminSocket() {
        return path.resolve("cloud.sock");
    }

    /** The lock file. */
    public Path lock() {
        return path.resolve("lock");
    }
}
