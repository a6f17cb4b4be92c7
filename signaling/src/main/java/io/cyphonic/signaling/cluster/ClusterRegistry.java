package io.cyphonic.signaling.cluster;

import io.aeron.cluster.client.AeronCluster;
import io.cyphonic.signaling.metrics.MetricsSource;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.LoggedRegistry;
import io.cyphonic.signaling.registry.RegistryCommand;
import io.cyphonic.signaling.registry.RegistryCommandCodec;
import io.cyphonic.signaling.registry.RegistryStateMachine;
import io.cyphonic.signaling.registry.RegistryView;
import io.cyphonic.signaling.state.ChronicleStateStore;

import org.agrona.CloseHelper;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/**
 * The registry of a cloud, on the cluster log in its directory. Writes wait until they are on disk
 * and applied; reads never wait. One process at a time has a directory open.
 */
public final class ClusterRegistry extends LoggedRegistry implements AutoCloseable {
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final RegistryView view;
    private final CommandClient client;
    private final ClusterMetrics metrics;

    private ClusterRegistry(Path directory, ClusterOptions options, SecureRandom random)
            throws IOException {
        super(random);
        try {
            final MemberDirectory member = opened(MemberDirectory.open(directory));
            final ChronicleStateStore store = opened(new ChronicleStateStore());
            final RegistryStateMachine stateMachine =
                    new RegistryStateMachine(store, options.limits());
            final RegistryService service = new RegistryService(stateMachine);
            metrics = new ClusterMetrics(service);
            final AgentPacing pacing = new AgentPacing();
            view = stateMachine.view();
            pacing.holdAwake(true);
            final ClusterNode node =
                    opened(ClusterNode.launch(member, pacing, options.fileSyncLevel(), service));
            client =
                    opened(
                            new CommandClient(
                                    () -> clientContext(node, pacing, options),
                                    pacing,
                                    options.writeDeadline().toNanos(),
                                    node::isBroken));
            client.start();
            configure(options);
            opened(new LogUpkeep(member, node, service, pacing, options.snapshotEveryBytes()))
                    .start();
            pacing.holdAwake(false);
        } catch (IOException | RuntimeException e) {
            close(e);
            throw e;
        }
    }

    /**
     * Opens the registry of a directory, creates it if there is none, and returns when it has read
     * its log and takes writes.
     *
     * @param directory of the log alone; created with access for its owner only
     * @throws DirectoryInUseException when another process has it open
     * @throws IOException when the files cannot be used, or it takes too long
     * @throws IllegalArgumentException when the log was started with another zone or prefix
     */
    public static ClusterRegistry open(Path directory, ClusterOptions options, SecureRandom random)
            throws IOException {
        return new ClusterRegistry(directory, options, random);
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    private static AeronCluster.Context clientContext(
            ClusterNode node, AgentPacing pacing, ClusterOptions options) {
        return new AeronCluster.Context()
                .aeron(node.client())
                .ownsAeronClient(false)
                .ingressChannel(ClusterNode.INGRESS_CHANNEL)
                .egressChannel(ClusterNode.EGRESS_CHANNEL)
                .idleStrategy(pacing.waitingStrategy())
                .messageTimeoutNs(options.startDeadline().toNanos())
                .errorHandler(ClusterNode.errorHandler("client"));
    }

    /** The first entry of a log; later ones check that the configuration is still the same. */
    private void configure(ClusterOptions options) throws IOException {
        final long deadlineNs = System.nanoTime() + options.startDeadline().toNanos();
        Status status = Status.UNAVAILABLE;
        while (status == Status.UNAVAILABLE && deadlineNs - System.nanoTime() > 0) {
            status = submit(new RegistryCommand.Configure(options.network())).status();
        }
        if (status == Status.UNAVAILABLE) {
            throw new IOException("the cluster took no write within " + options.startDeadline());
        }
        if (status != Status.OK) {
            throw new IllegalArgumentException(
                    "zone and prefixes must stay those of the log, %s, found %s"
                            .formatted(view.network().orElse(null), options.network()));
        }
    }

    @Override
    protected RegistryView view() {
        return view;
    }

    @Override
    protected Redeemed submit(RegistryCommand command) {
        final long beganNs = System.nanoTime();
        final Redeemed outcome = call(command);
        metrics.count(outcome.status(), System.nanoTime() - beganNs);
        return outcome;
    }

    private Redeemed call(RegistryCommand command) {
        try {
            final Redeemed outcome = client.call(RegistryCommandCodec.encode(command));
            if (outcome != null) {
                return outcome;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return new Redeemed(Status.UNAVAILABLE, null, null, null, null);
    }

    /** Completed with the reason if the log takes no writes any more until the process is new. */
    public CompletableFuture<String> failure() {
        return client.failure();
    }

    /** What the log has to show. */
    public MetricsSource metrics() {
        return metrics;
    }

    private void close(Exception cause) {
        try {
            close();
        } catch (RuntimeException suppressed) {
            cause.addSuppressed(suppressed);
        }
    }

    /** Ends the member and releases the directory; everything acknowledged is on disk already. */
    @Override
    public void close() {
        CloseHelper.closeAll(parts);
        parts.clear();
    }
}
