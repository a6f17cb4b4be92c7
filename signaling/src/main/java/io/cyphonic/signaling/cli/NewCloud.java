package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.config.CloudConfig;
import io.cyphonic.signaling.config.CloudConfigFile;
import io.cyphonic.signaling.config.CloudDirectory;
import io.cyphonic.signaling.credential.CertificateAuthority;
import io.cyphonic.signaling.credential.CommonKeys;
import io.cyphonic.signaling.credential.PrivateFiles;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes the directory of a new cloud, all of it or nothing: it grows beside its final place and is
 * renamed when complete.
 */
final class NewCloud {
    private NewCloud() {}

    static void create(
            CloudDirectory target, CloudConfig config, SecureRandom random, long nowMillis)
            throws IOException {
        requireFree(target);
        Path parent = target.path().getParent();
        if (parent == null) {
            throw new IOException(target.path() + " cannot be the directory of a cloud");
        }
        Path draft = draftIn(parent, target.path().getFileName());
        try {
            fill(new CloudDirectory(draft), config, random, nowMillis);
            publish(draft, target.path());
        } catch (IOException | RuntimeException e) {
            deleteTree(draft);
            throw e;
        }
    }

    private static Path draftIn(Path parent, Path name) throws IOException {
        try {
            Files.createDirectories(parent);
            return Files.createTempDirectory(
                    parent,
                    "." + name + ".",
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (AccessDeniedException e) {
            throw new IOException(parent + ": no permission to make a directory there", e);
        }
    }

    private static void requireFree(CloudDirectory target) throws IOException {
        Path path = target.path();
        if (Files.exists(target.configFile(), LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(
                    path + ": there is a cloud already; remove it or choose another directory");
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(path + ": exists and is not a directory");
            }
            try (Stream<Path> entries = Files.list(path)) {
                if (entries.findAny().isPresent()) {
                    throw new IOException(path + ": not empty; choose another directory");
                }
            }
        }
    }

    private static void fill(
            CloudDirectory draft, CloudConfig config, SecureRandom random, long nowMillis)
            throws IOException {
        CertificateAuthority.create(draft.path(), config.zone(), random, nowMillis).close();
        byte[] secret = new byte[CommonKeys.SECRET_LENGTH];
        try {
            random.nextBytes(secret);
            PrivateFiles.createDirectory(draft.nmsSecret().getParent());
            PrivateFiles.writeSecret(draft.nmsSecret(), secret);
            random.nextBytes(secret);
            PrivateFiles.writeSecret(draft.relaySecret(), secret);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
        CloudConfigFile.write(draft.configFile(), config);
    }

    private static void publish(Path draft, Path target) throws IOException {
        try {
            // rename(2) also replaces an empty directory, and nothing else.
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
            throw new IOException(target + ": somebody else made it meanwhile", e);
        } catch (FileSystemException e) {
            throw new IOException(
                    "%s: cannot be put in place (%s); choose a directory that does not exist yet"
                            .formatted(target, e.getReason()),
                    e);
        }
    }

    private static void deleteTree(Path root) throws IOException {
        List<Path> paths;
        try (Stream<Path> tree = Files.walk(root)) {
            paths = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : paths) {
            Files.deleteIfExists(path);
        }
    }
}
