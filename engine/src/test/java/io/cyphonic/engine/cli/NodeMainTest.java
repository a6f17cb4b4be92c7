package io.cyphonic.engine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.local.ControlSocket;
import io.cyphonic.engine.local.FakeNode;
import io.cyphonic.engine.local.JsonText;
import io.cyphonic.engine.local.LocalCommands;
import io.cyphonic.signaling.credential.Invitation;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import picocli.CommandLine;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

@Timeout(60)
class NodeMainTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @TempDir Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @ValueSource(strings = {"", "join", "up", "status", "ping", "netcheck", "down"})
    void shouldHelpWithAnExample(String command) {
        assertThat(run((command + " --help").strip().split(" "))).isZero();
        assertThat(out.toString()).contains("Usage: cyphonic").contains("Examples:");
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dance",
                "status --jsn",
                "ping",
                "ping bob -c zero",
                "ping bob -c 0",
                "join",
                "up",
                "up more --dir /nowhere"
            })
    void shouldReturnTwoAndPointToHelpWhenUsedWrongly(String line) {
        assertThat(run(line.split(" "))).isEqualTo(2);
        assertThat(err.toString()).startsWith("cyphonic: ").contains("--help");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void shouldReturnTwoWhenThereIsNoCommand() {
        assertThat(run()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"status", "status --json", "ping bob", "netcheck", "down"})
    void shouldReturnOneWithOneLineWhenNoNodeRuns(String line) {
        assertThat(runHere(line)).isEqualTo(1);
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .isEqualTo(
                        "cyphonic: the node in %s is not running; start it with: cyphonic up --dir %s"
                                .formatted(directory, directory));
    }

    @Test
    void shouldPrintAStackTraceOnlyWhenAsked() {
        assertThat(runHere("status -v")).isEqualTo(1);
        assertThat(err.toString()).contains("\tat ");
    }

    @Test
    void shouldPrintStatusAsTextAndAsJson() throws Exception {
        try (ControlSocket _ = node()) {
            assertThat(runHere("status")).isZero();
            assertThat(out.toString())
                    .contains("alice.cyphonic.internal is registered")
                    .contains("bob.cyphonic.internal")
                    .contains("2.5 MB")
                    .contains("OUTBOUND_NO_TUNNEL 7");
            out.getBuffer().setLength(0);
            assertThat(runHere("status --json")).isZero();
            assertThat(JsonText.read(out.toString()))
                    .containsOnlyKeys("node", "cloud", "engine", "peers");
        }
    }

    @Test
    void shouldPingAPeerByItsShortName() throws Exception {
        try (ControlSocket _ = node()) {
            assertThat(runHere("ping bob -c 1")).isZero();
            assertThat(out.toString())
                    .contains(
                            "bob.cyphonic.internal: probe 1: 1.500 ms, direct via 192.0.2.3:41000")
                    .contains("1 probes, 1 answered, min/avg/max 1.500/1.500/1.500 ms");
        }
    }

    @Test
    void shouldSayWhyAPeerCannotBePinged() throws Exception {
        try (ControlSocket _ = node()) {
            assertThat(runHere("ping carol")).isEqualTo(1);
            assertThat(runHere("ping dave")).isEqualTo(1);
            assertThat(runHere("ping www.example.org")).isEqualTo(1);
            assertThat(runHere("ping alice")).isEqualTo(1);
        }
        assertThat(err.toString().lines())
                .containsExactly(
                        "cyphonic: the cloud knows no carol.cyphonic.internal",
                        "cyphonic: dave.cyphonic.internal cannot be reached: it is offline",
                        "cyphonic: www.example.org is not in the zone cyphonic.internal",
                        "cyphonic: alice.cyphonic.internal is this node itself");
    }

    @Test
    void shouldReportOnlyWhatNetcheckMeasured() throws Exception {
        try (ControlSocket _ = node()) {
            assertThat(runHere("netcheck --json")).isZero();
        }
        assertThat(JsonText.read(out.toString()))
                .containsKeys("localAddresses", "listenPort", "nms", "udp", "advice");
    }

    @Test
    void shouldTellTheNodeToEnd() throws Exception {
        AtomicInteger ends = new AtomicInteger();
        try (ControlSocket _ =
                ControlSocket.open(
                        directory,
                        LocalCommands.of(
                                new FakeNode(),
                                List.of(),
                                System::nanoTime,
                                ends::incrementAndGet))) {
            assertThat(runHere("down")).isZero();
        }
        assertThat(ends).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello", "cyphonic-AAAA", "cyphonic-####"})
    void shouldRefuseWhatIsNoInvitationAndWriteNothing(String text) throws Exception {
        Path target = directory.resolve("node");

        assertThat(run("join", text, "--dir", target.toString())).isEqualTo(1);

        assertThat(err.toString().lines()).hasSize(1);
        assertThat(target).doesNotExist();
    }

    @Test
    void shouldKeepTheKeysForAnotherTryWhenTheCloudIsUnreachable() throws Exception {
        Path target = directory.resolve("node");
        String invitation = invitationToNobody();

        assertThat(run("join", invitation, "--dir", target.toString())).isEqualTo(1);
        byte[] keys = Files.readAllBytes(target.resolve("keys/identity.key"));
        assertThat(run("join", invitation, "--dir", target.toString())).isEqualTo(1);

        assertThat(Files.readAllBytes(target.resolve("keys/identity.key"))).isEqualTo(keys);
        assertThat(target.resolve("node.yaml")).doesNotExist();
        assertThat(err.toString().lines())
                .hasSize(2)
                .allMatch(line -> line.startsWith("cyphonic: joining failed: "));
    }

    @Test
    void shouldPointToJoinWhenThereIsNothingToBringUp() {
        assertThat(runHere("up")).isEqualTo(1);
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .contains("cyphonic join INVITATION --dir");
    }

    private ControlSocket node() throws Exception {
        return ControlSocket.open(
                directory, LocalCommands.of(new FakeNode(), List.of(), System::nanoTime, () -> {}));
    }

    /** An invitation of a cloud whose port was just closed. */
    private static String invitationToNobody() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
            port = socket.getLocalPort();
        }
        return Invitation.create(
                        List.of(new InetSocketAddress(LOOPBACK, port)),
                        new byte[32],
                        new SecureRandom())
                .encode();
    }

    private int runHere(String line) {
        return run((line + " --dir " + directory).split(" "));
    }

    private int run(String... arguments) {
        CommandLine commandLine =
                NodeMain.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true));
        return arguments.length == 1 && arguments[0].isEmpty()
                ? commandLine.execute()
                : commandLine.execute(arguments);
    }
}
