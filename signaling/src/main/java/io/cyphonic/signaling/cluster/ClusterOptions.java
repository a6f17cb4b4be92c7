package io.cyphonic.signaling.cluster;

import io.cyphonic.signaling.registry.OverlayNetwork;
import io.cyphonic.signaling.registry.RegistryLimits;

import java.time.Duration;

/**
 * How a cluster member runs.
 *
 * @param network zone and prefixes; must be those the log was started with
 * @param limits how much the registry holds
 * @param fileSyncLevel 0: leave writing back to the kernel; 1: fdatasync before a write is
 *     acknowledged; 2: fsync
 * @param snapshotEveryBytes growth of the log after which it is cut
 * @param writeDeadline how long a write waits for its outcome
 * @param startDeadline how long opening waits for the member to be leader
 */
public record ClusterOptions(
        OverlayNetwork network,
        RegistryLimits limits,
        int fileSyncLevel,
        long snapshotEveryBytes,
        Duration writeDeadline,
        Duration startDeadline) {
    private static final long MIN_SNAPSHOT_BYTES = 64 * 1024;

    /** Checks the ranges. */
    public ClusterOptions {
        if (fileSyncLevel < 0 || fileSyncLevel > 2) {
            throw new IllegalArgumentException(
                    "file sync level must be 0 to 2, found " + fileSyncLevel);
        }
        if (snapshotEveryBytes < MIN_SNAPSHOT_BYTES) {
            throw new IllegalArgumentException(
                    "snapshot interval must be at least %d bytes, found %d"
                            .formatted(MIN_SNAPSHOT_BYTES, snapshotEveryBytes));
        }
    }

    /** Durable writes, a log of about a megabyte, three seconds for a write. */
    public static ClusterOptions defaults(OverlayNetwork network) {
        return new ClusterOptions(
                network,
                RegistryLimits.DEFAULT,
                1,
                1024 * 1024,
                Duration.ofSeconds(3),
                Duration.ofSeconds(30));
    }

    /** The same with another growth of the log between snapshots. */
    public ClusterOptions withSnapshotEveryBytes(long bytes) {
        return new ClusterOptions(
                network, limits, fileSyncLevel, bytes, writeDeadline, startDeadline);
    }
}
