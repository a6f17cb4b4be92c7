package io.cyphonic.signaling.cluster;

import io.aeron.archive.client.AeronArchive;
import io.aeron.cluster.ClusterControl;
import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.RecordingLog;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.File;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps the files of a member small: takes a snapshot whenever the log has grown by a set number of
 * bytes, keeps the newest two with the log since the older one, and deletes what is before. So a
 * snapshot that turns out to be damaged still leaves one to start from.
 *
 * <p>One thread that looks once a second; a problem is logged and tried again after some growth.
 * What stays for good is about 300 bytes for each snapshot in the recording log and the catalogue.
 */
final class LogUpkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogUpkeep.class);
    private static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long SNAPSHOT_DEADLINE_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long JOIN_MILLIS = 10_000;
    private static final int SNAPSHOTS_KEPT = 2;
    private static final int MAX_INTERVALS = 3;

    private final File clusterDirectory;
    private final ClusterNode node;
    private final RegistryService service;
    private final AgentPacing pacing;
    private final long snapshotEveryBytes;
    private final Thread thread;
    private volatile boolean running = true;
    private long lastCutPosition;
    private long logStartPosition;

    LogUpkeep(
            MemberDirectory directory,
            ClusterNode node,
            RegistryService service,
            AgentPacing pacing,
            long snapshotEveryBytes) {
        this.clusterDirectory = directory.cluster().toFile();
        this.node = node;
        this.service = service;
        this.pacing = pacing;
        this.snapshotEveryBytes = snapshotEveryBytes;
        thread = Thread.ofPlatform().daemon().name("cl-upkeep").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        lastCutPosition = newestSnapshotPosition();
        logStartPosition = lastCutPosition;
        while (running) {
            final long position = service.appliedPosition();
            // The second condition shortens what a burst left behind the older snapshot.
            if (position - lastCutPosition >= snapshotEveryBytes
                    || position - logStartPosition >= MAX_INTERVALS * snapshotEveryBytes) {
                lastCutPosition = position;
                try {
                    cut();
                } catch (RuntimeException e) {
                    // Not again before it has grown by as much as last time.
                    logStartPosition = position;
                    LOG.warn("cannot cut the cluster log, it grows meanwhile: {}", e.toString());
                }
            } else {
                LockSupport.parkNanos(PERIOD_NS);
            }
        }
    }

    private long newestSnapshotPosition() {
        try (RecordingLog recordings = new RecordingLog(clusterDirectory, false)) {
            final RecordingLog.Entry newest =
                    recordings.getLatestSnapshot(ConsensusModule.Configuration.SERVICE_ID);
            return newest == null ? 0 : newest.logPosition;
        }
    }

    private void cut() {
        takeSnapshot();
        try (RecordingLog recordings = new RecordingLog(clusterDirectory, false);
                AeronArchive archive = AeronArchive.connect(node.archiveClientContext())) {
            final List<RecordingLog.Entry> snapshots =
                    recordings.entries().stream()
                            .filter(e -> e.isValid && e.type == RecordingLog.ENTRY_TYPE_SNAPSHOT)
                            .toList();
            final List<Long> positions =
                    snapshots.stream().map(e -> e.logPosition).distinct().sorted().toList();
            if (positions.size() < SNAPSHOTS_KEPT) {
                return;
            }
            final long keepFrom = positions.get(positions.size() - SNAPSHOTS_KEPT);
            for (final RecordingLog.Entry snapshot : snapshots) {
                if (snapshot.logPosition < keepFrom) {
                    purge(archive, snapshot.recordingId);
                }
            }
            purgeLogBefore(archive, recordings.findLastTermRecordingId(), keepFrom);
        }
    }

    private void takeSnapshot() {
        final ConsensusModule.Context consensus = node.consensus();
        final long before = consensus.snapshotCounter().get();
        if (!ClusterControl.ToggleState.SNAPSHOT.toggle(consensus.controlToggleCounter())) {
            throw new IllegalStateException("snapshot refused");
        }
        final long deadlineNs = System.nanoTime() + SNAPSHOT_DEADLINE_NS;
        while (consensus.snapshotCounter().get() == before) {
            if (!running || deadlineNs - System.nanoTime() <= 0) {
                throw new IllegalStateException("snapshot not finished");
            }
            pacing.wake();
            pacing.park();
        }
    }

    private static void purge(AeronArchive archive, long recordingId) {
        if (archive.listRecording(
                        recordingId, (_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _) -> {})
                == 0) {
            return;
        }
        archive.purgeRecording(recordingId);
    }

    private void purgeLogBefore(AeronArchive archive, long recordingId, long position) {
        final long start = archive.getStartPosition(recordingId);
        final long newStart =
                AeronArchive.segmentFileBasePosition(
                        start, position, ClusterNode.LOG_TERM_LENGTH, ClusterNode.SEGMENT_LENGTH);
        if (newStart > start) {
            archive.purgeSegments(recordingId, newStart);
        }
        logStartPosition = Math.max(start, newStart);
    }

    @Override
    public void close() {
        running = false;
        LockSupport.unpark(thread);
        try {
            thread.join(JOIN_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
