package io.cyphonic.signaling.admin;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * Offers {@link Administration} on a socket in the cloud's directory, to its owner only. One
 * virtual thread per connection, a bounded number at once, each within a deadline.
 */
public final class AdminServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);

    /** What sockaddr_un holds, less the terminating zero (unix(7)). */
    private static final int MAX_PATH_BYTES = 107;

    private static final int MAX_CONNECTIONS = 16;
    private static final Duration DEADLINE = Duration.ofSeconds(15);
    private static final Duration ACCEPT_RETRY = Duration.ofMillis(100);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

    private final ServerSocketChannel channel;
    private final Path path;
    private final Administration administration;
    private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
    private final Thread acceptor;

    private AdminServer(ServerSocketChannel channel, Path path, Administration administration) {
        this.channel = channel;
        this.path = path;
        this.administration = administration;
        this.acceptor = Thread.ofVirtual().name("admin-accept").unstarted(this::accept);
    }

    /**
     * Binds the socket and starts to serve. The caller holds the cloud's lock, so a socket file
     * that exists is left from a process that was killed, and is replaced.
     *
     * @throws IOException if the path is too long or the socket cannot be bound
     */
    public static AdminServer open(Path path, Administration administration) throws IOException {
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_PATH_BYTES) {
            throw new IOException(
                    "%s is too long for a socket: %d bytes, at most %d; choose a shorter directory"
                            .formatted(path, length, MAX_PATH_BYTES));
        }
        Files.deleteIfExists(path);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            // The directory is closed to others, so nobody can slip in before the mode is set.
            channel.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        AdminServer server = new AdminServer(channel, path, administration);
        server.acceptor.start();
        return server;
    }

    /** Stops accepting and removes the socket. */
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
        try {
            if (!acceptor.join(CLOSE_TIMEOUT)) {
                LOG.warn("The administration socket did not stop in {}", CLOSE_TIMEOUT);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept() {
        while (channel.isOpen()) {
            try {
                connections.acquire();
                if (!acceptOne()) {
                    connections.release();
                }
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    private boolean acceptOne() throws InterruptedException {
        try {
            SocketChannel connection = channel.accept();
            Thread.ofVirtual().name("admin").start(() -> withinDeadline(connection));
            return true;
        } catch (ClosedChannelException _) {
            return false;
        } catch (IOException e) {
            // Mostly for want of descriptors; it would fail again at once.
            LOG.warn("Accepting on {} failed: {}", path, e.getMessage());
            Thread.sleep(ACCEPT_RETRY);
            return false;
        }
    }

    private void withinDeadline(SocketChannel connection) {
        try (connection) {
            Thread worker = Thread.ofVirtual().name("admin-work").start(() -> serve(connection));
            if (!worker.join(DEADLINE)) {
                LOG.warn("An administration command took longer than {}", DEADLINE);
            }
        } catch (IOException e) {
            LOG.debug("Closing an administration connection failed", e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            connections.release();
        }
    }

    private void serve(SocketChannel connection) {
        try {
            Map<String, Object> request =
                    AdminProtocol.read(connection, AdminProtocol.MAX_REQUEST_BYTES);
            if (request != null) {
                AdminProtocol.write(connection, answer(request));
            }
        } catch (IOException e) {
            LOG.debug("An administration connection failed", e);
        }
    }

    private Map<String, Object> answer(Map<String, Object> request) {
        try {
            return switch (String.valueOf(request.get("command"))) {
                case "invite" ->
                        AdminProtocol.ok(administration.invite(name(request), life(request)));
                case "devices" -> AdminProtocol.ok(administration.devices().toJson());
                case "revoke" -> AdminProtocol.ok(administration.revoke(name(request)));
                default -> AdminProtocol.error("unknown command");
            };
        } catch (AdministrationException e) {
            return AdminProtocol.error(e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("An administration command failed", e);
            return AdminProtocol.error("internal error in the cloud, see its log: " + e);
        }
    }

    private static String name(Map<String, Object> request) throws AdministrationException {
        if (request.get("name") instanceof String name) {
            return name;
        }
        throw new AdministrationException("the command needs a name");
    }

    private static Duration life(Map<String, Object> request) throws AdministrationException {
        if (request.get("seconds") instanceof Number seconds) {
            return Duration.ofSeconds(seconds.longValue());
        }
        throw new AdministrationException("the command needs a number of seconds");
    }
}
