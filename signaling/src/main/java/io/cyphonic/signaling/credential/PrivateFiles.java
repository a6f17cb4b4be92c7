package io.cyphonic.signaling.credential;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Writes files so that a reader, also after a crash, finds the old content or the new one and
 * nothing between; and keeps secrets readable to their owner only. Stateless, thread-safe; blocks
 * on the disk. Needs a POSIX file system.
 */
public final class PrivateFiles {
    /** Longest file that is read, in bytes: keys and certificates are far shorter. */
    public static final int MAX_LENGTH = 64 * 1024;

    private static final Set<PosixFilePermission> OWNER_ONLY_FILE =
            PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> READABLE_FILE =
            PosixFilePermissions.fromString("rw-r--r--");
    private static final Set<PosixFilePermission> OWNER_ONLY_DIRECTORY =
            PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> OWNER =
            EnumSet.of(
                    PosixFilePermission.OWNER_READ,
                    PosixFilePermission.OWNER_WRITE,
                    PosixFilePermission.OWNER_EXECUTE);

    private PrivateFiles() {}

    /**
     * Makes a directory with mode 0700, and its missing parents. One that exists keeps its mode:
     * its owner may have had a reason.
     */
    public static void createDirectory(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        FileAttribute<?> mode = PosixFilePermissions.asFileAttribute(OWNER_ONLY_DIRECTORY);
        try {
            Files.createDirectories(directory, mode);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(directory + " is in the way: it is not a directory", e);
        }
    }

    /** Writes a secret with mode 0600, replacing the file at once. */
    public static void writeSecret(Path file, byte[] content) throws IOException {
        write(file, content, OWNER_ONLY_FILE);
    }

    /** Writes a file that everyone may read, mode 0644, replacing it at once. */
    public static void writeReadable(Path file, byte[] content) throws IOException {
        write(file, content, READABLE_FILE);
    }

    /**
     * Reads a secret.
     *
     * @throws IOException if it is missing, not a regular file, longer than {@value #MAX_LENGTH}
     *     bytes, or open to anyone but its owner; the message says which, and what to do
     */
    public static byte[] readSecret(Path file) throws IOException {
        Set<PosixFilePermission> mode;
        try {
            mode = EnumSet.copyOf(Files.getPosixFilePermissions(file));
        } catch (NoSuchFileException e) {
            throw new IOException("no key file at " + file, e);
        }
        if (!OWNER.containsAll(mode)) {
            throw new IOException(
                    ("%s is open to others (mode %s): run chmod 600 on it, and replace the key if"
                                    + " others could have read it")
                            .formatted(file, PosixFilePermissions.toString(mode)));
        }
        return read(file);
    }

    /**
     * Reads a short file.
     *
     * @throws IOException if it is missing, not a regular file, or longer than {@value #MAX_LENGTH}
     *     bytes; the message says which
     */
    public static byte[] read(Path file) throws IOException {
        if (Files.notExists(file)) {
            throw new IOException("no file at " + file);
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + " is not a regular file");
        }
        long length = Files.size(file);
        if (length > MAX_LENGTH) {
            throw new IOException(
                    "%s has %d bytes; at most %d are allowed".formatted(file, length, MAX_LENGTH));
        }
        return Files.readAllBytes(file);
    }

    private static void write(Path file, byte[] content, Set<PosixFilePermission> mode)
            throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        // Created with 0600 whatever the umask: at no moment is a secret open to others.
        Path temporary =
                Files.createTempFile(
                        directory,
                        "." + file.getFileName(),
                        ".tmp",
                        PosixFilePermissions.asFileAttribute(OWNER_ONLY_FILE));
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.setPosixFilePermissions(temporary, mode);
            Files.move(
                    temporary,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        syncDirectory(directory);
    }

    /** A rename is durable only once the directory is (fsync(2), notes). */
    private static void syncDirectory(Path directory) throws IOException {
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
