package io.cyphonic.signaling;

import io.cyphonic.signaling.cluster.ClusterOptions;
import io.cyphonic.signaling.cluster.ClusterRegistry;
import io.cyphonic.signaling.config.CloudConfig;
import io.cyphonic.signaling.config.CloudDirectory;
import io.cyphonic.signaling.config.ConfigException;
import io.cyphonic.signaling.metrics.MetricsSource;
import io.cyphonic.signaling.registry.OverlayNetwork;
import io.cyphonic.signaling.registry.Registry;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Opens the registry of a cloud directory; the caller holds the directory's lock. */
@FunctionalInterface
public interface RegistryOpener {
    /**
     * Opens it and waits until it answers.
     *
     * @throws IOException if it cannot be opened; the message is for the operator
     */
    Opened open(CloudDirectory directory, CloudConfig config) throws IOException;

    /** The real one: a cluster of one member with its log in the directory. */
    static RegistryOpener cluster() {
        return (directory, config) -> {
            OverlayNetwork network =
                    new OverlayNetwork(
                            config.zone(),
                            (Inet4Address) config.ipv4().network(),
                            config.ipv4().length(),
                            (Inet6Address) config.ipv6().network(),
                            config.ipv6().length());
            try {
                ClusterRegistry registry =
                        ClusterRegistry.open(
                                directory.log(),
                                ClusterOptions.defaults(network),
                                new SecureRandom());
                return new Opened(
                        registry, List.of(registry.metrics()), registry.failure(), registry::close);
            } catch (IllegalArgumentException e) {
                throw new ConfigException(directory.configFile() + ": " + e.getMessage());
            }
        };
    }

    /**
     * An open registry and what closing it takes.
     *
     * @param metrics what lies under it has to show
     * @param failure completed with the reason if it can never take a write again
     * @param closer bounded in time
     */
    record Opened(
            Registry registry,
            List<MetricsSource> metrics,
            CompletableFuture<String> failure,
            Closer closer)
            implements AutoCloseable {
        /** One without figures, that never fails. */
        public Opened(Registry registry, Closer closer) {
            this(registry, List.of(), new CompletableFuture<>(), closer);
        }

        @Override
        public void close() throws IOException {
            closer.close();
        }
    }

    /** Releases what lies under a registry. */
    @FunctionalInterface
    interface Closer {
        /** Releases it. */
        void close() throws IOException;
    }
}
