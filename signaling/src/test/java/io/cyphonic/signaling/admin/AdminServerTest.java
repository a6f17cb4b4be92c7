package io.cyphonic.signaling.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;

@Timeout(60)
class AdminServerTest {
    private static final Inventory INVENTORY =
            new Inventory(
                    "lab.internal",
                    List.of(
                            new Inventory.Device(
                                    "alice.lab.internal",
                                    "00ff",
                                    "10.121.0.1",
                                    "fd00::1",
                                    true,
                                    List.of("192.0.2.7:40000"),
                                    Instant.parse("2026-12-22T00:00:00Z"),
                                    false),
                            new Inventory.Device(
                                    "bob.lab.internal",
                                    "00fe",
                                    "10.121.0.2",
                                    "fd00::2",
                                    false,
                                    List.of(),
                                    null,
                                    true)),
                    List.of(
                            new Inventory.OpenInvitation(
                                    "carol.lab.internal", Instant.parse("2026-11-23T00:00:00Z"))));

    @TempDir Path directory;

    private Path socket;
    private AdminServer server;

    @BeforeEach
    void serve() throws IOException {
        socket = directory.resolve("cloud.sock");
        Files.writeString(socket, "left from a process that was killed");
        server = AdminServer.open(socket, new FixedAdministration());
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        server.close();
    }

    @Test
    void shouldCarryEveryOperation() throws Exception {
        AdminClient client = new AdminClient(socket);

        assertThat(client.isServed()).isTrue();
        assertThat(client.invite("alice", Duration.ofMinutes(90))).isEqualTo("alice for PT1H30M");
        assertThat(client.devices()).isEqualTo(INVENTORY);
        assertThat(client.revoke("alice")).isEqualTo("alice.lab.internal");
        assertThatThrownBy(() -> client.revoke("nobody"))
                .isInstanceOf(AdministrationException.class)
                .hasMessage("no such \"device\"\tat all");
        assertThatThrownBy(() -> client.revoke("bug"))
                .isInstanceOf(AdministrationException.class)
                .hasMessageContaining("internal error");
    }

    @Test
    void shouldBeOpenToItsOwnerOnlyAndGoneAfterwards() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");

        server.close();

        assertThat(socket).doesNotExist();
        assertThat(new AdminClient(socket).isServed()).isFalse();
        assertThatThrownBy(() -> new AdminClient(socket).devices())
                .isInstanceOf(AdministrationException.class)
                .hasMessageContaining("cloud.sock");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"command\":5}",
                "{\"command\":\"nonsense\"}",
                "{\"command\":\"invite\"}",
                "{\"command\":\"invite\",\"name\":\"a\"}",
                "{\"command\":\"invite\",\"name\":[],\"seconds\":1}",
                "{\"command\":\"revoke\",\"name\":null}",
            })
    void shouldAnswerAWrongRequestWithAnError(String line) throws Exception {
        assertThat(exchange((line + "\n").getBytes(StandardCharsets.UTF_8)))
                .startsWith("{\"ok\":false,\"error\":\"");
    }

    @Test
    void shouldServeOnAfterRandomBytes() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 50; i++) {
            byte[] noise = new byte[random.nextInt(6000)];
            random.nextBytes(noise);
            exchange(noise);
        }

        assertThat(new AdminClient(socket).devices()).as("seed %d", seed).isEqualTo(INVENTORY);
    }

    @Test
    void shouldRefuseAPathThatNoSocketCanHave() {
        Path tooLong = directory.resolve("x".repeat(100)).resolve("cloud.sock");

        assertThatThrownBy(() -> AdminServer.open(tooLong, new FixedAdministration()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("too long");
    }

    /** Sends bytes, ends the sending side and reads whatever comes. */
    private String exchange(byte[] bytes) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            try {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.shutdownOutput();
                return new String(
                        Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException _) {
                // The server may close before it has read everything.
                return "";
            }
        }
    }

    /** Answers what the test expects. */
    private static final class FixedAdministration implements Administration {
        @Override
        public String invite(String name, Duration life) {
            return name + " for " + life;
        }

        @Override
        public Inventory devices() {
            return INVENTORY;
        }

        @Override
        public String revoke(String name) throws AdministrationException {
            return switch (name) {
                case "alice" -> "alice.lab.internal";
                case "bug" -> throw new IllegalStateException("a bug, on purpose");
                default -> throw new AdministrationException("no such \"device\"\tat all");
            };
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
