package io.cyphonic.signaling;

import io.cyphonic.signaling.admin.AdminServer;
import io.cyphonic.signaling.admin.LocalAdministration;
import io.cyphonic.signaling.auth.AuthenticationServer;
import io.cyphonic.signaling.auth.AuthenticationService;
import io.cyphonic.signaling.auth.AuthenticationSettings;
import io.cyphonic.signaling.config.CloudConfig;
import io.cyphonic.signaling.config.CloudDirectory;
import io.cyphonic.signaling.config.CloudLock;
import io.cyphonic.signaling.credential.CertificateAuthority;
import io.cyphonic.signaling.credential.CommonKeys;
import io.cyphonic.signaling.credential.PrivateFiles;
import io.cyphonic.signaling.credential.ServerIdentities;
import io.cyphonic.signaling.credential.TlsContexts;
import io.cyphonic.signaling.gateway.TlsGateway;
import io.cyphonic.signaling.metrics.MetricsServer;
import io.cyphonic.signaling.metrics.MetricsSource;
import io.cyphonic.signaling.metrics.ProcessSource;
import io.cyphonic.signaling.node.NmsCounters;
import io.cyphonic.signaling.node.NmsServer;
import io.cyphonic.signaling.node.NodeManagement;
import io.cyphonic.signaling.node.RelayGrants;
import io.cyphonic.signaling.node.RevocationPush;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.registry.Registry;
import io.cyphonic.signaling.relay.RelayService;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;

/**
 * A running cloud: the registry on its log, the certificate authority, the AS, the NMS, the relay
 * and the administration socket, all in this process.
 *
 * <pre>
 *   start --&gt; SERVING --close--&gt; CLOSED
 *     |
 *     +--&gt; an exception; what had been started is closed again
 * </pre>
 *
 * Parts are closed in the reverse order of their start: the edges first, the log last.
 */
public final class Cloud implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Cloud.class);

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final List<MetricsSource> metrics = new ArrayList<>();
    private AuthenticationServer authenticationServer;
    private NmsServer nmsServer;
    private Optional<RelayService> relay = Optional.empty();
    private Optional<TlsGateway> gateway = Optional.empty();
    private CompletableFuture<String> failure;

    private Cloud() {}

    /**
     * Starts everything and returns when it serves.
     *
     * @throws IOException if something cannot be had: the lock, a key, the log, a port; the message
     *     is for the operator
     */
    public static Cloud start(
            CloudDirectory directory, CloudConfig config, RegistryOpener registryOpener)
            throws IOException {
        Cloud cloud = new Cloud();
        try {
            cloud.assemble(directory, config, registryOpener);
            return cloud;
        } catch (IOException | RuntimeException e) {
            cloud.close();
            throw e;
        }
    }

    /** Where the AS listens (TCP). */
    public List<InetSocketAddress> authenticationAddresses() {
        return authenticationServer.addresses();
    }

    /** Where the NMS listens (UDP). */
    public List<InetSocketAddress> nodeManagementAddresses() {
        return nmsServer.addresses();
    }

    /** Where the relay listens (UDP); nowhere if there is none. */
    public List<InetSocketAddress> relayAddresses() {
        return relay.map(RelayService::server).stream()
                .flatMap(server -> Stream.of(server.ipv4(), server.ipv6()))
                .filter(Objects::nonNull)
                .toList();
    }

    /** Where the TLS gateway listens (TCP); nowhere if there is none. */
    public List<InetSocketAddress> gatewayAddresses() {
        return gateway.map(TlsGateway::addresses).orElse(List.of());
    }

    /**
     * Completed with the reason when this cloud cannot serve any more and only a new process can;
     * never if all goes well.
     */
    public CompletableFuture<String> failure() {
        return failure;
    }

    /** Stops everything; every part bounds the time it takes. Idempotent. */
    @Override
    public synchronized void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                // The others are to be closed all the same.
                LOG.warn("Closing a part of the cloud failed", e);
            }
        }
    }

    private void assemble(
            CloudDirectory directory, CloudConfig config, RegistryOpener registryOpener)
            throws IOException {
        SecureRandom random = new SecureRandom();
        InstantSource clock = InstantSource.system();

        opened(
                CloudLock.tryAcquire(directory)
                        .orElseThrow(
                                () ->
                                        new IOException(
                                                directory.path()
                                                        + ": in use; the cloud is running"
                                                        + " already")));
        CertificateAuthority authority =
                opened(CertificateAuthority.load(directory.path(), random));
        byte[] nmsSecret = readSecret(directory);
        opened(() -> Arrays.fill(nmsSecret, (byte) 0));
        RegistryOpener.Opened log = opened(registryOpener.open(directory, config));
        Registry registry = log.registry();
        failure = log.failure();

        byte[] relaySecret = RelayRole.secret(directory, random);
        opened(() -> Arrays.fill(relaySecret, (byte) 0));
        relay = RelayRole.open(config, relaySecret, random, clock);
        relay.ifPresent(this::opened);
        List<RelayServer> relays = new ArrayList<>();
        relay.map(RelayService::server).ifPresent(relays::add);
        relays.addAll(config.relay().others());

        NmsCounters counters = new NmsCounters();
        NodeManagement nodeManagement =
                new NodeManagement(
                        registry,
                        nmsSecret,
                        random,
                        counters,
                        new RelayGrants(relays, relaySecret, config.relay().limit()),
                        System::nanoTime);
        nmsServer =
                opened(
                        NmsServer.open(
                                config.listen(),
                                config.stunAlternatePort(),
                                nodeManagement,
                                counters,
                                clock,
                                System::nanoTime,
                                random));
        SSLContext tls = tls(authority, config, clock);
        AuthenticationService authentication =
                new AuthenticationService(
                        registry,
                        authority,
                        nmsSecret,
                        settings(config, nmsServer.addresses(), relays),
                        clock,
                        random);
        authenticationServer =
                opened(AuthenticationServer.open(config.listen(), tls, authentication));
        gateway =
                new GatewayRole(
                                registry,
                                authority.caCertificate(),
                                clock,
                                nodeManagement,
                                nmsServer,
                                relay)
                        .open(config, tls, authentication);
        gateway.ifPresent(this::opened);
        RevocationPush push =
                opened(
                        new RevocationPush(
                                registry, nodeManagement, relays, relaySecret, nmsServer, clock));
        relay.ifPresent(RelayService::start);
        gateway.ifPresent(TlsGateway::start);
        nmsServer.start();
        push.start();
        metrics.add(new CloudMetrics(authenticationServer, counters, registry, clock));
        relay.ifPresent(service -> metrics.add(new RelayMetrics(service)));
        gateway.ifPresent(open -> metrics.add(new GatewayMetrics(open)));
        metrics.addAll(log.metrics());
        metrics.add(new ProcessSource(Cloud.class.getPackage().getImplementationVersion()));
        if (config.metricsListen().isPresent()) {
            opened(MetricsServer.open(config.metricsListen().get(), metrics));
        }
        opened(
                AdminServer.open(
                        directory.adminSocket(),
                        new LocalAdministration(
                                registry, config, authority.fingerprint(), clock, random)));
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    private static byte[] readSecret(CloudDirectory directory) throws IOException {
        byte[] secret = PrivateFiles.readSecret(directory.nmsSecret());
        if (secret.length != CommonKeys.SECRET_LENGTH) {
            throw new IOException(
                    "%s: has %d bytes, must have %d"
                            .formatted(
                                    directory.nmsSecret(),
                                    secret.length,
                                    CommonKeys.SECRET_LENGTH));
        }
        return secret;
    }

    private static SSLContext tls(
            CertificateAuthority authority, CloudConfig config, InstantSource clock) {
        return TlsContexts.server(
                new ServerIdentities(
                        authority,
                        config.listen().stream().map(InetSocketAddress::getAddress).toList(),
                        clock));
    }

    private static AuthenticationSettings settings(
            CloudConfig config, List<InetSocketAddress> nmsEndpoints, List<RelayServer> relays) {
        return new AuthenticationSettings(
                config.zone(),
                config.ipv4().length(),
                config.ipv6().length(),
                nmsEndpoints,
                config.keepAliveSeconds(),
                Duration.ofDays(config.certificateDays()),
                Duration.ofHours(config.loginHours()),
                relays);
    }
}
