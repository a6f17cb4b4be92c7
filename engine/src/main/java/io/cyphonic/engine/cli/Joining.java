package io.cyphonic.engine.cli;

import io.cyphonic.engine.config.NodeDirectory;
import io.cyphonic.engine.local.DirectoryLock;
import io.cyphonic.signaling.credential.AuthenticationClient;
import io.cyphonic.signaling.credential.AuthenticationResult;
import io.cyphonic.signaling.credential.AuthenticationResult.EnrolResult;
import io.cyphonic.signaling.credential.AuthenticationResult.Enrolled;
import io.cyphonic.signaling.credential.Invitation;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.credential.PrivateFiles;
import io.cyphonic.signaling.protocol.ControlMessage.EnrolResponse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;

/**
 * Makes a directory that of a node: keys, enrolment, files. The cloud gives an invitation to the
 * first key that redeems it and the same answer to the same key ever after, so the keys stay when
 * the answer may have been lost: repeating the command then finishes what was begun.
 */
final class Joining {
    private final NodeDirectory directory;
    private final AuthenticationClient client;

    Joining(NodeDirectory directory, AuthenticationClient client) {
        this.directory = directory;
        this.client = client;
    }

    /** Joins, or throws {@link CommandException} with the reason. */
    Enrolled join(Invitation invitation) throws IOException {
        Path path = directory.path();
        if (directory.isJoined()) {
            throw alreadyJoined();
        }
        boolean madeDirectory = Files.notExists(path);
        PrivateFiles.createDirectory(path);
        try (DirectoryLock _ = lock(path)) {
            if (directory.isJoined()) {
                throw alreadyJoined();
            }
            boolean hadKeys = hasBothKeys(path);
            try (NodeKeys keys = hadKeys ? NodeKeys.load(path) : newKeys(path)) {
                EnrolResult result = client.enrol(invitation, keys);
                if (result instanceof Enrolled enrolled) {
                    store(enrolled, invitation);
                    return enrolled;
                }
                if (isCertain(result) && !hadKeys) {
                    forget(path, madeDirectory);
                }
                throw new CommandException(
                        "joining failed: " + ((AuthenticationResult.Failure) result).text());
            }
        }
    }

    private void store(Enrolled enrolled, Invitation invitation) throws IOException {
        EnrolResponse response = enrolled.response();
        directory.storeJoined(
                enrolled.certificate(),
                enrolled.caCertificate(),
                response.zone(),
                response.ipv4PrefixLength(),
                response.ipv6PrefixLength(),
                invitation.cloud());
    }

    /** Whether the cloud certainly gave nothing to these keys, so that they are of no use. */
    private static boolean isCertain(EnrolResult result) {
        return !(result instanceof AuthenticationResult.Unreachable);
    }

    private static NodeKeys newKeys(Path path) throws IOException {
        NodeKeys keys = NodeKeys.generate(new SecureRandom());
        keys.store(path);
        return keys;
    }

    /** One key alone was never used: they are written before the cloud is asked. */
    private static boolean hasBothKeys(Path path) {
        return Files.exists(path.resolve("keys/identity.key"))
                && Files.exists(path.resolve("keys/tunnel.key"));
    }

    private static void forget(Path path, boolean directoryToo) throws IOException {
        Files.deleteIfExists(path.resolve("keys/identity.key"));
        Files.deleteIfExists(path.resolve("keys/tunnel.key"));
        Files.deleteIfExists(path.resolve("keys"));
        if (directoryToo) {
            Files.deleteIfExists(path.resolve("lock"));
            Files.deleteIfExists(path);
        }
    }

    private static DirectoryLock lock(Path path) throws IOException {
        Optional<DirectoryLock> lock = DirectoryLock.tryAcquire(path);
        return lock.orElseThrow(
                () -> new CommandException("another cyphonic command works on " + path));
    }

    private CommandException alreadyJoined() throws IOException {
        return new CommandException(
                "%s belongs to the node %s already; choose another directory"
                        .formatted(directory.path(), directory.membership().fqdn()));
    }
}
