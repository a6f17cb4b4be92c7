package io.cyphonic.signaling.cluster;

import org.agrona.IoUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;

/**
 * Where a member keeps its files, locked for this process.
 *
 * <pre>
 *  DIR/lock      held while open
 *  DIR/archive   recordings of log and snapshots
 *  DIR/cluster   which recordings make up the log
 *  /dev/shm/cyphonic-cloud-HASH   buffers of the media driver and mark files; no state
 * </pre>
 *
 * <p>The buffers change a hundred times a second, so they are kept off the disk where the system
 * has {@code /dev/shm}. Their name comes from the path of DIR: what a killed process left is found
 * and removed by the next one.
 */
final class MemberDirectory implements AutoCloseable {
    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rwx------");
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final String NAME_PREFIX = "cyphonic-cloud-";
    private static final String OWNER_FILE = "directory";
    private static final int HASH_DIGITS = 24;
    private static final Logger LOG = LoggerFactory.getLogger(MemberDirectory.class);

    private final Path root;
    private final Path volatileRoot;
    private final FileChannel lockFile;
    private final FileLock lock;

    private MemberDirectory(Path root, Path volatileRoot, FileChannel lockFile, FileLock lock) {
        this.root = root;
        this.volatileRoot = volatileRoot;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /**
     * Creates what is missing and takes the lock.
     *
     * @throws DirectoryInUseException when somebody else has it
     */
    static MemberDirectory open(Path directory) throws IOException {
        Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        final Path root = directory.toRealPath();
        final FileChannel lockFile =
                FileChannel.open(
                        root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            final FileLock lock = tryLock(lockFile);
            if (lock == null) {
                throw new DirectoryInUseException(directory);
            }
            final Path volatileRoot = newVolatileRoot(root);
            return new MemberDirectory(root, volatileRoot, lockFile, lock);
        } catch (IOException | RuntimeException e) {
            lockFile.close();
            throw e;
        }
    }

    private static FileLock tryLock(FileChannel lockFile) throws IOException {
        try {
            return lockFile.tryLock();
        } catch (OverlappingFileLockException _) {
            return null;
        }
    }

    private static Path newVolatileRoot(Path root) throws IOException {
        Path volatileRoot = root.resolve("driver");
        if (Files.isDirectory(SHARED_MEMORY) && Files.isWritable(SHARED_MEMORY)) {
            removeOrphans(root);
            volatileRoot = SHARED_MEMORY.resolve(NAME_PREFIX + hash(root));
            // Somebody else's directory of this name is not one to put a log into.
            if (Files.exists(volatileRoot, LinkOption.NOFOLLOW_LINKS)
                    && !isOwnDirectory(volatileRoot, root)) {
                volatileRoot = root.resolve("driver");
            }
        }
        IoUtil.delete(volatileRoot.toFile(), true);
        Files.createDirectory(volatileRoot, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        Files.writeString(volatileRoot.resolve(OWNER_FILE), root.toString());
        return volatileRoot;
    }

    /** Frees the memory of clouds that were killed and whose directory is gone since. */
    private static void removeOrphans(Path root) {
        try (DirectoryStream<Path> candidates =
                Files.newDirectoryStream(SHARED_MEMORY, NAME_PREFIX + "*")) {
            for (final Path candidate : candidates) {
                final Path ownerFile = candidate.resolve(OWNER_FILE);
                if (isOwnDirectory(candidate, root)
                        && Files.isRegularFile(ownerFile, LinkOption.NOFOLLOW_LINKS)
                        && !Files.exists(Path.of(Files.readString(ownerFile)))) {
                    IoUtil.delete(candidate.toFile(), true);
                }
            }
        } catch (IOException | DirectoryIteratorException | InvalidPathException e) {
            // Another cloud cleans up at the same time, or it is not ours to clean.
            LOG.debug("shared memory of former clouds not removed: {}", e.toString());
        }
    }

    private static boolean isOwnDirectory(Path path, Path own) throws IOException {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                && Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own));
    }

    private static String hash(Path path) {
        try {
            final byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(path.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).substring(0, HASH_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    Path archive() {
        return root.resolve("archive");
    }

    Path cluster() {
        return root.resolve("cluster");
    }

    Path driver() {
        return volatileRoot.resolve("driver");
    }

    /** Mark files say that a process is alive; after a kill they would lie for ten seconds. */
    Path marks() {
        return volatileRoot.resolve("marks");
    }

    @Override
    public void close() throws IOException {
        try (lockFile) {
            IoUtil.delete(volatileRoot.toFile(), true);
            lock.release();
        }
    }
}
