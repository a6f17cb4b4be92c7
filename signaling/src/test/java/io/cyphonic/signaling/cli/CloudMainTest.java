package io.cyphonic.signaling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;

import io.cyphonic.signaling.Cloud;
import io.cyphonic.signaling.RegistryOpener;
import io.cyphonic.signaling.config.CloudConfig;
import io.cyphonic.signaling.config.CloudConfigFile;
import io.cyphonic.signaling.config.CloudDirectory;
import io.cyphonic.signaling.credential.Invitation;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.OverlayNetwork;
import io.cyphonic.signaling.registry.Registry;
import io.cyphonic.signaling.registry.VolatileRegistry;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The commands in this process, on a registry without a log that outlives each of them. */
class CloudMainTest {
    @TempDir Path temporary;

    private final VolatileRegistry registry =
            new VolatileRegistry(
                    new OverlayNetwork(
                            "lab.internal",
                            (Inet4Address) InetAddress.ofLiteral("10.121.0.0"),
                            16,
                            (Inet6Address) InetAddress.ofLiteral("fd00:1:2:3::"),
                            64),
                    InstantSource.system(),
                    new SecureRandom());
    private final RegistryOpener opener = (_, _) -> new RegistryOpener.Opened(registry, () -> {});

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @AfterEach
    void close() {
        registry.close();
        System.clearProperty("org.slf4j.simpleLogger.log.io.cyphonic");
    }

    @Test
    void shouldMakeACloudThatOnlyItsOwnerCanRead() throws Exception {
        Path directory = temporary.resolve("a/cloud");

        assertThat(run("init", "--dir", directory, "--listen", "192.0.2.1", "--listen", "[::1]:80"))
                .isEqualTo(0);

        CloudConfig config = CloudConfigFile.load(directory.resolve("cloud.yaml"));
        assertThat(config.zone()).isEqualTo("cyphonic.internal");
        assertThat(config.listen()).hasSize(2);
        assertThat(config.ipv6().toString()).startsWith("fd");
        assertThat(mode(directory)).isEqualTo("rwx------");
        assertThat(mode(directory.resolve("ca/ca.key"))).isEqualTo("rw-------");
        assertThat(mode(directory.resolve("keys/nms.secret"))).isEqualTo("rw-------");
        assertThat(names(directory)).containsExactlyInAnyOrder("ca", "cloud.yaml", "keys");
        assertThat(names(directory.getParent())).containsExactly("cloud");
    }

    @Test
    void shouldTakeAnEmptyDirectoryAndNoOther() throws Exception {
        Path directory = Files.createDirectory(temporary.resolve("cloud"));
        assertThat(run("init", "--dir", directory, "--listen", "192.0.2.1")).isEqualTo(0);
        byte[] key = Files.readAllBytes(directory.resolve("ca/ca.key"));

        assertThat(run("init", "--dir", directory, "--listen", "192.0.2.1")).isEqualTo(1);

        assertThat(complaint()).contains("there is a cloud already");
        assertThat(directory.resolve("ca/ca.key")).hasBinaryContent(key);

        Path other = Files.createDirectory(temporary.resolve("other"));
        Files.writeString(other.resolve("file"), "mine");
        assertThat(run("init", "--dir", other, "--listen", "192.0.2.1")).isEqualTo(1);
        assertThat(complaint()).contains("not empty");
        assertThat(names(other)).containsExactly("file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "init",
                "init --dir X",
                "init --dir X --listen nowhere",
                "init --dir X --listen 0.0.0.0",
                "init --dir X --listen 192.0.2.1 --listen 192.0.2.1",
                "init --dir X --listen 192.0.2.1 --zone UPPER",
                "init --dir X --listen 192.0.2.1 --ipv4 10.0.0.1/8",
                "init --dir X --listen 192.0.2.1 --unknown",
                "serve",
                "invite --dir X",
                "invite a b --dir X",
                "invite a --dir X --expires 0h",
                "invite a --dir X --expires 31d",
                "invite a --dir X --expires soon",
                "devices",
                "devices extra --dir X",
                "revoke --dir X",
            })
    void shouldEndWithTwoAndOneLineWhenUsedWrongly(String line) {
        Object[] arguments =
                Stream.of(line.replace("X", temporary.resolve("x").toString()).split(" "))
                        .filter(word -> !word.isEmpty())
                        .toArray();

        assertThat(run(arguments)).isEqualTo(2);

        assertThat(complaint()).startsWith("cyphonic-cloud: ").contains("--help");
        assertThat(out.toString()).isEmpty();
        assertThat(temporary.resolve("x")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "invite a", "devices", "revoke a"})
    void shouldEndWithOneAndOneLineWhenThereIsNoCloud(String line) {
        Object[] arguments =
                Stream.concat(
                                Stream.of(line.split(" ")),
                                Stream.of("--dir", temporary.resolve("x")))
                        .toArray();

        assertThat(run(arguments)).isEqualTo(1);

        assertThat(complaint()).contains("cloud.yaml").contains("no such file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "init", "serve", "invite", "devices", "revoke"})
    void shouldExplainEveryCommand(String command) {
        Object[] arguments =
                command.isEmpty() ? new Object[] {"--help"} : new Object[] {command, "--help"};

        assertThat(run(arguments)).isEqualTo(0);

        assertThat(out.toString()).contains("Usage: cyphonic-cloud").contains("cyphonic-cloud ");
        assertThat(run("--version")).isEqualTo(0);
    }

    @Test
    void shouldInviteListAndRevokeWhileNothingServes() throws Exception {
        Path directory = cloud("192.0.2.1:7500");

        assertThat(run("invite", "alice", "--dir", directory)).isEqualTo(0);
        String line = out.toString();
        assertThat(line.lines()).hasSize(1);
        Invitation invitation = Invitation.parse(line);
        assertThat(invitation.cloud()).containsExactly(new InetSocketAddress("192.0.2.1", 7500));
        assertThat(devices(directory).get("invitations").toString()).contains("alice.lab.internal");

        join(invitation);
        assertThat(run("devices", "--dir", directory)).isEqualTo(0);
        assertThat(out.toString()).contains("alice.lab.internal", "offline", "10.121.0.1");
        assertThat(run("invite", "alice", "--dir", directory)).isEqualTo(1);
        assertThat(complaint()).contains("has joined already");

        assertThat(run("revoke", "Alice.lab.internal", "--dir", directory)).isEqualTo(0);
        assertThat(run("devices", "--dir", directory)).isEqualTo(0);
        assertThat(out.toString()).contains("revoked");
        assertThat(run("revoke", "bob", "--dir", directory)).isEqualTo(1);
        assertThat(complaint()).contains("bob.lab.internal");
        assertThat(run("invite", "not_a_name", "--dir", directory)).isEqualTo(1);
        assertThat(complaint()).contains("not_a_name");
    }

    @Test
    void shouldAdministerARunningCloudThroughItsSocket() throws Exception {
        int port = freePort();
        Path directory = cloud("127.0.0.1:" + port);
        CloudDirectory cloudDirectory = new CloudDirectory(directory);
        CloudConfig config = CloudConfigFile.load(cloudDirectory.configFile());
        RegistryOpener notAgain =
                (_, _) -> {
                    throw new IOException("opened by the command although the cloud runs");
                };
        try (Cloud cloud = Cloud.start(cloudDirectory, config, opener)) {
            assertThat(cloud.nodeManagementAddresses())
                    .containsExactly(new InetSocketAddress("127.0.0.1", port));
            assertThat(mode(cloudDirectory.adminSocket())).isEqualTo("rw-------");

            assertThat(runWith(notAgain, "invite", "alice", "--dir", directory)).isEqualTo(0);
            join(Invitation.parse(out.toString()));
            assertThat(runWith(notAgain, "devices", "--dir", directory, "--json")).isEqualTo(0);
            assertThat(out.toString()).contains("alice.lab.internal");
            assertThat(runWith(notAgain, "revoke", "alice", "--dir", directory)).isEqualTo(0);
            assertThat(runWith(notAgain, "revoke", "bob", "--dir", directory)).isEqualTo(1);
            assertThat(complaint()).contains("bob.lab.internal");

            assertThat(run("serve", "--dir", directory)).isEqualTo(1);
            assertThat(complaint()).contains("running already");
        }
        assertThat(cloudDirectory.adminSocket()).doesNotExist();
        assertThat(run("devices", "--dir", directory)).isEqualTo(0);
    }

    @Test
    void shouldSayThatThePortIsInUseAndReleaseTheRest() throws Exception {
        try (DatagramSocket taken = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0))) {
            Path directory = cloud("127.0.0.1:" + taken.getLocalPort());

            assertThat(run("serve", "--dir", directory)).isEqualTo(1);

            assertThat(complaint()).contains("UDP", "" + taken.getLocalPort(), "in use");
            assertThat(run("devices", "--dir", directory)).isEqualTo(0);
        }
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress("127.0.0.1", 0));
            Path directory = temporary.resolve("tcp");
            run("init", "--dir", directory, "--listen", "127.0.0.1:" + taken.getLocalPort());

            assertThat(run("serve", "--dir", directory)).isEqualTo(1);

            assertThat(complaint()).contains("TCP", "" + taken.getLocalPort(), "in use");
        }
    }

    @Test
    void shouldSayThatTheAddressIsNotOfThisMachine() throws Exception {
        Path directory = cloud("192.0.2.1:7447");

        assertThat(run("serve", "--dir", directory)).isEqualTo(1);

        assertThat(complaint()).contains("192.0.2.1", "this machine does not have the address");
    }

    @Test
    void shouldRefuseAKeyThatOthersCanRead() throws Exception {
        Path directory = cloud("127.0.0.1:7447");
        Files.setPosixFilePermissions(
                directory.resolve("keys/nms.secret"), PosixFilePermissions.fromString("rw-r--r--"));

        assertThat(run("serve", "--dir", directory)).isEqualTo(1);

        assertThat(complaint()).contains("nms.secret", "open to others");
    }

    @Test
    void shouldShowTheStackTraceOnlyWhenAsked() {
        run("serve", "--dir", temporary.resolve("x"));
        assertThat(err.toString()).doesNotContain("\tat ");

        run("serve", "-v", "--dir", temporary.resolve("x"));
        assertThat(err.toString()).contains("\tat ");
    }

    private Path cloud(String listen) {
        Path directory = temporary.resolve("cloud");
        assertThat(run("init", "--dir", directory, "--listen", listen, "--zone", "lab.internal"))
                .isEqualTo(0);
        return directory;
    }

    private void join(Invitation invitation) {
        Registry.Redeemed redeemed =
                registry.redeem(
                        invitation.id(),
                        invitation.secretHash(),
                        new byte[32],
                        System.currentTimeMillis());
        assertThat(redeemed.status()).isEqualTo(Status.OK);
    }

    private Map<String, Object> devices(Path directory) throws IOException {
        assertThat(run("devices", "--dir", directory, "--json")).isEqualTo(0);
        return JSON.std.mapFrom(out.toString());
    }

    private int run(Object... arguments) {
        return runWith(opener, arguments);
    }

    private int runWith(RegistryOpener registryOpener, Object... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        String[] words = Stream.of(arguments).map(Object::toString).toArray(String[]::new);
        return CloudMain.commandLine(registryOpener, new PrintWriter(out), new PrintWriter(err))
                .execute(words);
    }

    /** The one line on standard error. */
    private String complaint() {
        assertThat(err.toString().lines()).hasSize(1);
        return err.toString();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        }
    }
}
