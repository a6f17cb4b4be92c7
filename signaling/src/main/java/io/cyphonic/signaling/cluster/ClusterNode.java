package io.cyphonic.signaling.cluster;

import io.aeron.Aeron;
import io.aeron.CommonContext;
import io.aeron.RethrowingErrorHandler;
import io.aeron.archive.Archive;
import io.aeron.archive.ArchiveThreadingMode;
import io.aeron.archive.client.AeronArchive;
import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.service.ClusteredServiceContainer;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.exceptions.AeronException;

import org.agrona.CloseHelper;
import org.agrona.ErrorHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * One cluster member in this process: media driver, archive, consensus module, service.
 *
 * <p>Everything between them goes through shared memory. The consensus module still opens a socket
 * for members it does not have: on the loopback address, at a port the kernel chooses, so two
 * clouds on one machine never meet.
 */
final class ClusterNode implements AutoCloseable {
    static final String INGRESS_CHANNEL = "aeron:ipc?term-length=128k";
    static final String EGRESS_CHANNEL = "aeron:ipc?term-length=128k";
    static final int CLUSTER_ID = 0;
    static final int LOG_TERM_LENGTH = 256 * 1024;
    static final int SEGMENT_LENGTH = 256 * 1024;

    /**
     * Silence after which one part takes another for dead. All of them are threads of this process:
     * they stand still together when it is stopped or its machine sleeps, and none can be dead
     * alone. With Aeron's ten seconds each would give the others up on waking.
     */
    private static final long LIVENESS_NS = TimeUnit.DAYS.toNanos(7);

    private static final Logger LOG = LoggerFactory.getLogger(ClusterNode.class);
    private static final int COUNTERS_LENGTH = 1024 * 1024;
    private static final int TERM_LENGTH = 128 * 1024;
    private static final String LOG_CHANNEL = "aeron:ipc?term-length=" + LOG_TERM_LENGTH;
    private static final String SNAPSHOT_CHANNEL = "aeron:ipc?term-length=128k|alias=snapshot";
    private static final String REPLAY_CHANNEL = "aeron:ipc?term-length=256k";
    private static final String CONTROL_CHANNEL = "aeron:ipc?term-length=128k";
    private static final String LOOPBACK_ANY_PORT = "127.0.0.1:0";
    private static final String REPLICATION_CHANNEL = "aeron:udp?endpoint=" + LOOPBACK_ANY_PORT;
    private static final String MEMBERS =
            "0," + (LOOPBACK_ANY_PORT + ",").repeat(4) + LOOPBACK_ANY_PORT;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final MemberDirectory directory;
    private final AgentPacing pacing;
    private final int fileSyncLevel;

    private ConsensusModule consensusModule;
    private Aeron client;

    private ClusterNode(MemberDirectory directory, AgentPacing pacing, int fileSyncLevel) {
        this.directory = directory;
        this.pacing = pacing;
        this.fileSyncLevel = fileSyncLevel;
    }

    /** Starts the four parts; returns before the member is leader. */
    static ClusterNode launch(
            MemberDirectory directory,
            AgentPacing pacing,
            int fileSyncLevel,
            RegistryService service) {
        final ClusterNode node = new ClusterNode(directory, pacing, fileSyncLevel);
        // Archive and consensus module make clients of their own, which have no other setting.
        System.setProperty(
                CommonContext.DRIVER_TIMEOUT_PROP_NAME,
                Long.toString(TimeUnit.NANOSECONDS.toMillis(LIVENESS_NS)));
        try {
            node.parts.push(MediaDriver.launch(node.driverContext()));
            node.parts.push(Archive.launch(node.archiveContext()));
            node.consensusModule = ConsensusModule.launch(node.consensusContext());
            node.parts.push(node.consensusModule);
            node.client = Aeron.connect(node.clientContext());
            node.parts.push(node.client);
            node.parts.push(ClusteredServiceContainer.launch(node.serviceContext(service)));
            return node;
        } catch (RuntimeException e) {
            try {
                node.close();
            } catch (RuntimeException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private String driverName() {
        return directory.driver().toString();
    }

    /** Whether one of its parts has ended by itself; it cannot be used any more. */
    boolean isBroken() {
        return client.isClosed();
    }

    /** Counters to command it by. */
    ConsensusModule.Context consensus() {
        return consensusModule.context();
    }

    /** For whoever talks to the cluster from this process. */
    Aeron client() {
        return client;
    }

    /** One line per problem. */
    static ErrorHandler errorHandler(String part) {
        return problem -> {
            if (AeronException.isFatal(problem)) {
                LOG.error("cluster {}: {}", part, problem.toString());
            } else {
                LOG.warn("cluster {}: {}", part, problem.toString());
            }
        };
    }

    private Aeron.Context clientContext() {
        return new Aeron.Context()
                .aeronDirectoryName(driverName())
                .driverTimeoutMs(TimeUnit.NANOSECONDS.toMillis(LIVENESS_NS))
                .idleStrategy(pacing.idleStrategy())
                .awaitingIdleStrategy(pacing.waitingStrategy())
                .threadFactory(pacing.threads("cl-conductor"))
                // The service shares it, and must see what goes wrong in its own callbacks.
                .subscriberErrorHandler(RethrowingErrorHandler.INSTANCE)
                .errorHandler(errorHandler("client"));
    }

    private MediaDriver.Context driverContext() {
        return new MediaDriver.Context()
                .aeronDirectoryName(driverName())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .clientLivenessTimeoutNs(LIVENESS_NS)
                .publicationUnblockTimeoutNs(2 * LIVENESS_NS)
                .threadingMode(ThreadingMode.SHARED)
                .sharedIdleStrategy(pacing.idleStrategy())
                .sharedThreadFactory(pacing.threads("cl-driver"))
                .asyncExecutorEnabled(false)
                .termBufferSparseFile(true)
                .counterValuesBufferLength(COUNTERS_LENGTH)
                .ipcTermBufferLength(TERM_LENGTH)
                .publicationTermBufferLength(TERM_LENGTH)
                .errorHandler(errorHandler("driver"));
    }

    private Archive.Context archiveContext() {
        return new Archive.Context()
                .aeronDirectoryName(driverName())
                .archiveDir(directory.archive().toFile())
                .markFileDir(directory.marks().toFile())
                .controlChannelEnabled(false)
                .archiveClientContext(
                        new AeronArchive.Context().controlResponseChannel(CONTROL_CHANNEL))
                .localControlChannel(CONTROL_CHANNEL)
                .replicationChannel(REPLICATION_CHANNEL)
                .recordingEventsEnabled(false)
                .threadingMode(ArchiveThreadingMode.SHARED)
                .idleStrategySupplier(pacing::idleStrategy)
                .threadFactory(pacing.threads("cl-archive"))
                .segmentFileLength(SEGMENT_LENGTH)
                .fileSyncLevel(fileSyncLevel)
                .catalogFileSyncLevel(fileSyncLevel)
                .controlTermBufferLength(TERM_LENGTH)
                .errorHandler(errorHandler("archive"));
    }

    AeronArchive.Context archiveClientContext() {
        return new AeronArchive.Context()
                .aeronDirectoryName(driverName())
                .controlRequestChannel(CONTROL_CHANNEL)
                .controlResponseChannel(CONTROL_CHANNEL)
                .controlTermBufferLength(TERM_LENGTH)
                .idleStrategy(pacing.waitingStrategy())
                .errorHandler(errorHandler("archive client"));
    }

    private ConsensusModule.Context consensusContext() {
        return new ConsensusModule.Context()
                .aeronDirectoryName(driverName())
                .clusterDir(directory.cluster().toFile())
                .markFileDir(directory.marks().toFile())
                .clusterId(CLUSTER_ID)
                .clusterMemberId(0)
                .clusterMembers(MEMBERS)
                .isIpcIngressAllowed(true)
                .ingressChannel(INGRESS_CHANNEL)
                .egressChannel(EGRESS_CHANNEL)
                .logChannel(LOG_CHANNEL)
                .replayChannel(REPLAY_CHANNEL)
                .controlChannel(CONTROL_CHANNEL)
                .snapshotChannel(SNAPSHOT_CHANNEL)
                .replicationChannel(REPLICATION_CHANNEL)
                .archiveContext(archiveClientContext())
                .fileSyncLevel(fileSyncLevel)
                .idleStrategySupplier(pacing::idleStrategy)
                .threadFactory(pacing.threads("cl-consensus"))
                .errorHandler(errorHandler("consensus"));
    }

    private ClusteredServiceContainer.Context serviceContext(RegistryService service) {
        return new ClusteredServiceContainer.Context()
                .aeron(client)
                .aeronDirectoryName(driverName())
                .clusterDir(directory.cluster().toFile())
                .markFileDir(directory.marks().toFile())
                .clusterId(CLUSTER_ID)
                .clusteredService(service)
                .controlChannel(CONTROL_CHANNEL)
                .replayChannel(REPLAY_CHANNEL)
                .snapshotChannel(SNAPSHOT_CHANNEL)
                .archiveContext(archiveClientContext())
                .idleStrategySupplier(pacing::idleStrategy)
                .threadFactory(pacing.threads("cl-service"))
                .errorHandler(errorHandler("service"));
    }

    /** Closes in reverse order; all of them, whatever one throws. */
    @Override
    public void close() {
        pacing.holdAwake(true);
        CloseHelper.closeAll(parts);
        parts.clear();
    }
}
