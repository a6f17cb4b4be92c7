package io.cyphonic.signaling.config;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * Holds a cloud directory for this process: only one may open the log at a time. The kernel
 * releases the lock when the process ends, however it ends.
 */
public final class CloudLock implements AutoCloseable {
    private final FileChannel channel;

    private CloudLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock if it is free.
     *
     * @return empty if another process, or another part of this one, holds it
     * @throws IOException if there is no such directory, or no permission
     */
    public static Optional<CloudLock> tryAcquire(CloudDirectory directory) throws IOException {
        Path file = directory.lock();
        FileChannel channel =
                FileChannel.open(
                        file,
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return Optional.of(new CloudLock(channel));
            }
        } catch (OverlappingFileLockException _) {
            // Held by this process; the same answer as for another.
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        channel.close();
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
