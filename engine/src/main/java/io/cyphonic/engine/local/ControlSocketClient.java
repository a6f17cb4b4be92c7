package io.cyphonic.engine.local;

import io.cyphonic.signaling.credential.ConnectionDeadline;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

/** The client end of {@code DIR/control.sock}; waits for the answers, for each a bounded time. */
public final class ControlSocketClient {
    /** Longest wait for one answer: looking a name up and bringing its tunnel up takes ten. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);

    private final Path directory;
    private final Duration answerLimit;

    /** Talks to the node that runs on this directory. */
    public ControlSocketClient(Path directory) {
        this(directory, ANSWER_LIMIT);
    }

    /** Waits another time for each answer. */
    ControlSocketClient(Path directory, Duration answerLimit) {
        this.directory = directory;
        this.answerLimit = answerLimit;
    }

    /**
     * Sends one request and hands over every answer as it comes.
     *
     * @throws LocalCommandException if no node runs there, it may not be asked, or it says no
     */
    public void ask(Map<String, Object> request, Consumer<Map<String, Object>> onReply)
            throws LocalCommandException {
        Path file = directory.resolve(ControlSocket.FILE_NAME);
        if (!Files.isDirectory(directory)) {
            throw new LocalCommandException("there is no directory " + directory);
        }
        if (!Files.isExecutable(directory)) {
            throw new LocalCommandException(
                    "only the owner of the node may talk to it: no access to " + directory);
        }
        if (!Files.exists(file)) {
            throw notRunning();
        }
        if (!Files.isWritable(file)) {
            throw new LocalCommandException(
                    "only the owner of the node may talk to it: no access to " + file);
        }
        try (SocketChannel channel = connect(file)) {
            channel.write(
                    ByteBuffer.wrap(
                            (JsonText.line(request) + "\n").getBytes(StandardCharsets.UTF_8)));
            BufferedReader in =
                    new BufferedReader(
                            new InputStreamReader(
                                    Channels.newInputStream(channel), StandardCharsets.UTF_8));
            boolean answered = false;
            for (String line = next(in, channel); line != null; line = next(in, channel)) {
                Map<String, Object> reply = JsonText.read(line);
                if (reply.get("error") instanceof String error) {
                    throw new LocalCommandException(error);
                }
                onReply.accept(reply);
                answered = true;
            }
            if (!answered) {
                throw new LocalCommandException("the node ended before it answered");
            }
        } catch (IOException e) {
            throw new LocalCommandException("talking to the node failed: " + e.getMessage());
        }
    }

    /** The next answer; a node that hangs is one clear line and not a command that hangs. */
    private String next(BufferedReader in, SocketChannel channel)
            throws IOException, LocalCommandException {
        try (ConnectionDeadline deadline = ConnectionDeadline.after(answerLimit)) {
            deadline.guard(channel);
            try {
                return in.readLine();
            } catch (IOException e) {
                if (deadline.expired()) {
                    throw new LocalCommandException(
                            "the node in %s does not answer".formatted(directory));
                }
                throw e;
            }
        }
    }

    private SocketChannel connect(Path file) throws IOException, LocalCommandException {
        try {
            return SocketChannel.open(UnixDomainSocketAddress.of(file));
        } catch (java.net.ConnectException _) {
            throw notRunning();
        }
    }

    private LocalCommandException notRunning() {
        return new LocalCommandException(
                "the node in %s is not running; start it with: cyphonic up --dir %s"
                        .formatted(directory, directory));
    }
}
