package io.cyphonic.engine.local;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The server end of {@code DIR/control.sock}, mode 0600. A connection carries one request, an
 * object on one line whose {@code command} names what is wanted, and any number of answers, one per
 * line.
 *
 * <p>The caller holds the {@link DirectoryLock} of DIR, so a socket that is already there is what a
 * crash left behind, and is replaced.
 */
public final class ControlSocket implements AutoCloseable {
    /** Name of the socket inside a node's directory. */
    public static final String FILE_NAME = "control.sock";

    private static final int MAX_CONNECTIONS = 16;
    private static final int MAX_REQUEST_LENGTH = 4096;
    private static final long BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final Logger LOG = LoggerFactory.getLogger(ControlSocket.class);

    private final Path file;
    private final ServerSocketChannel server;
    private final Map<String, LocalCommand> commands;
    private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("local-", 0).factory());

    private ControlSocket(
            Path file, ServerSocketChannel server, Map<String, LocalCommand> commands) {
        this.file = file;
        this.server = server;
        this.commands = Map.copyOf(commands);
    }

    /** Opens the socket and serves until it is closed. */
    public static ControlSocket open(Path directory, Map<String, LocalCommand> commands)
            throws IOException {
        Path file = directory.resolve(FILE_NAME);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            bindPrivately(server, file);
        } catch (IOException e) {
            server.close();
            throw new IOException(
                    "cannot make the socket %s: %s".formatted(file, e.getMessage()), e);
        }
        ControlSocket socket = new ControlSocket(file, server, commands);
        socket.threads.submit(socket::accept);
        return socket;
    }

    /** Bound where nobody else can look, closed to others, then moved: never open for a moment. */
    private static void bindPrivately(ServerSocketChannel server, Path file) throws IOException {
        Path hidden =
                Files.createTempDirectory(
                        file.toAbsolutePath().getParent(),
                        ".s",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
        Path made = hidden.resolve("s");
        try {
            server.bind(UnixDomainSocketAddress.of(made));
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
            Files.deleteIfExists(file);
            Files.move(made, file);
        } finally {
            Files.deleteIfExists(made);
            Files.deleteIfExists(hidden);
        }
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel channel = server.accept();
                if (connections.tryAcquire()) {
                    threads.submit(() -> serve(channel));
                } else {
                    channel.close();
                }
            } catch (ClosedChannelException _) {
                return;
            } catch (IOException e) {
                // No file descriptor left, for one: it would fail again and again at once.
                LOG.debug("accepting on {}: {}", file, e.toString());
                LockSupport.parkNanos(BACK_OFF_NANOS);
            }
        }
    }

    private void serve(SocketChannel channel) {
        try (channel) {
            OutputStream out = Channels.newOutputStream(channel);
            LocalCommand.Replies replies =
                    object ->
                            out.write(
                                    (JsonText.line(object) + "\n")
                                            .getBytes(StandardCharsets.UTF_8));
            answer(requestOf(channel), replies);
        } catch (IOException e) {
            LOG.debug("the client of {} has gone: {}", file, e.toString());
        } catch (RuntimeException e) {
            LOG.error("a command failed; this is a bug", e);
        } finally {
            connections.release();
        }
    }

    private static String requestOf(SocketChannel channel) throws IOException {
        BufferedReader in =
                new BufferedReader(
                        new InputStreamReader(
                                Channels.newInputStream(channel), StandardCharsets.UTF_8));
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.append((char) c);
            if (line.length() > MAX_REQUEST_LENGTH) {
                throw new IOException("request too long");
            }
        }
        return line.toString();
    }

    private void answer(String line, LocalCommand.Replies replies) throws IOException {
        Map<String, Object> request;
        try {
            request = JsonText.read(line);
        } catch (IOException _) {
            replies.send(Map.of("error", "the request is not a JSON object on one line"));
            return;
        }
        LocalCommand command = commands.get(String.valueOf(request.get("command")));
        if (command == null) {
            replies.send(Map.of("error", "unknown command; known are " + commands.keySet()));
        } else {
            command.run(request, replies);
        }
    }

    /** Ends the service and removes the socket. Idempotent. */
    @Override
    public void close() {
        try {
            if (server.isOpen()) {
                server.close();
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.warn("closing {}: {}", file, e.toString());
        }
        threads.shutdownNow();
    }
}
