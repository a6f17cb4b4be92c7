package io.cyphonic.engine.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

@Timeout(20)
class ControlSocketTest {
    private static final Map<String, LocalCommand> COMMANDS =
            Map.of(
                    "count",
                            (request, replies) -> {
                                for (int i = 0; i < (Integer) request.get("to"); i++) {
                                    replies.send(Map.of("value", i));
                                }
                            },
                    "fail", (_, replies) -> replies.send(Map.of("error", "not today")),
                    "bug",
                            (_, _) -> {
                                throw new IllegalStateException("expected by a test");
                            });

    @TempDir Path directory;

    @Test
    void shouldOnlyBeOpenToItsOwner() throws Exception {
        try (ControlSocket _ = ControlSocket.open(directory, COMMANDS)) {
            Path file = directory.resolve(ControlSocket.FILE_NAME);

            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            try (var files = Files.list(directory)) {
                assertThat(files).containsExactly(file);
            }
        }
        try (var files = Files.list(directory)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void shouldHandOverEveryAnswerInOrder() throws Exception {
        List<Object> values = new ArrayList<>();
        try (ControlSocket _ = ControlSocket.open(directory, COMMANDS)) {
            client().ask(
                            Map.of("command", "count", "to", 3),
                            reply -> values.add(reply.get("value")));
        }

        assertThat(values).containsExactly(0, 1, 2);
    }

    @Test
    void shouldGiveUpWhenTheNodeHangs() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        LocalCommand hang =
                (_, _) -> {
                    try {
                        end.await();
                    } catch (InterruptedException _) {
                        Thread.currentThread().interrupt();
                    }
                };
        try (ControlSocket _ = ControlSocket.open(directory, Map.of("hang", hang))) {
            ControlSocketClient client = new ControlSocketClient(directory, Duration.ofMillis(50));

            assertThatThrownBy(() -> client.ask(Map.of("command", "hang"), _ -> {}))
                    .isInstanceOf(LocalCommandException.class)
                    .hasMessageContaining("does not answer");
        } finally {
            end.countDown();
        }
    }

    @Test
    void shouldReplaceWhatACrashLeftBehind() throws Exception {
        Files.writeString(directory.resolve(ControlSocket.FILE_NAME), "stale");

        try (ControlSocket _ = ControlSocket.open(directory, COMMANDS)) {
            List<Object> replies = new ArrayList<>();
            client().ask(Map.of("command", "count", "to", 1), replies::add);

            assertThat(replies).hasSize(1);
        }
    }

    @Test
    void shouldPassErrorsOnAndSurviveBugs() throws Exception {
        try (ControlSocket _ = ControlSocket.open(directory, COMMANDS)) {
            assertThatThrownBy(() -> client().ask(Map.of("command", "fail"), _ -> {}))
                    .hasMessage("not today");
            assertThatThrownBy(() -> client().ask(Map.of("command", "bug"), _ -> {}))
                    .hasMessageContaining("ended before it answered");
            assertThatThrownBy(() -> client().ask(Map.of("command", "dance"), _ -> {}))
                    .hasMessageContaining("unknown command");
            client().ask(Map.of("command", "count", "to", 1), _ -> {});
        }
    }

    @Test
    void shouldSayHowToStartItWhenNoNodeRuns() {
        assertThatThrownBy(() -> client().ask(Map.of("command", "count"), _ -> {}))
                .isInstanceOf(LocalCommandException.class)
                .hasMessageContaining("start it with: cyphonic up --dir " + directory);
    }

    @Test
    void shouldGiveTheLockToOneOnly() throws Exception {
        DirectoryLock first = DirectoryLock.tryAcquire(directory).orElseThrow();

        assertThat(DirectoryLock.tryAcquire(directory)).isEmpty();
        first.close();
        DirectoryLock.tryAcquire(directory).orElseThrow().close();
    }

    private ControlSocketClient client() {
        return new ControlSocketClient(directory);
    }
}
