package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** TUN devices in private network namespaces, made and removed by each test. */
@Timeout(120)
class LinuxTunDeviceTest {
    private static final String PREFIX = "cyos-" + ProcessHandle.current().pid() + "-";

    private final List<String> namespaces = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void cleanUp() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        for (String namespace : namespaces) {
            run("ip", "netns", "del", namespace);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "a-name-that-is-too-long,NAME_TOO_LONG,choose a shorter one",
        "a/b,NAME_NOT_ALLOWED,use letters",
        "tun%d,NAME_NOT_ALLOWED,use letters",
        "'',NAME_NOT_ALLOWED,use letters"
    })
    void shouldSayWhatToDoWhenTheNameIsNotAllowed(
            String name, TunOpenException.Reason reason, String advice) {
        assertThatThrownBy(() -> LinuxTunDevice.open(TunOptions.of(name, 1400)))
                .isInstanceOfSatisfying(
                        TunOpenException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageContaining(advice);
    }

    @ParameterizedTest
    @CsvSource({
        "1,NOT_PERMITTED,CAP_NET_ADMIN",
        "13,NOT_PERMITTED,CAP_NET_ADMIN",
        "2,NO_TUN_DEVICE,modprobe tun",
        "19,NO_TUN_DEVICE,modprobe tun",
        "24,REFUSED,EMFILE"
    })
    void shouldSayWhatToDoWhenTheDeviceCannotBeOpened(
            int errno, TunOpenException.Reason reason, String advice) {
        TunOpenException exception = TunOpenException.ofOpen(errno);

        assertThat(exception.reason()).isEqualTo(reason);
        assertThat(exception).hasMessageContaining(advice);
    }

    @Test
    @Tag("netns")
    void shouldSetUpTheInterfaceAndLeaveNothingWhenTheProcessIsKilled() throws Exception {
        String namespace = newNamespace();
        Process lab = start(namespace, "hold", "cytest0");
        assertThat(readLine(lab)).isEqualTo("READY");

        String link = run("ip", "-n", namespace, "-d", "addr", "show", "cytest0");
        String routes = run("ip", "-n", namespace, "route");
        String ipv6Routes = run("ip", "-n", namespace, "-6", "route");
        assertThat(link)
                .contains(
                        "mtu 1390",
                        "UP",
                        "vnet_hdr on",
                        "persist off",
                        "multi_queue",
                        "numqueues 4",
                        "qdisc noqueue",
                        "gso_max_size 60000",
                        "qlen 2000")
                .contains("inet 10.121.0.5/16", "inet6 fd00:1::5/64")
                .doesNotContain("fe80::")
                .doesNotContain("tentative");
        assertThat(routes).contains("10.121.0.0/16 dev cytest0", "10.122.0.0/16 dev cytest0");
        assertThat(ipv6Routes).contains("fd00:1::/64 dev cytest0", "fd00:2::/64 dev cytest0");

        Process second = start(namespace, "hold", "cytest0");
        second.waitFor();
        String errors = new String(second.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(errors).contains("there is already a network interface 'cytest0'");

        lab.destroyForcibly().waitFor();
        assertThat(run("ip", "-n", namespace, "link")).doesNotContain("cytest0");
    }

    @Test
    @Tag("netns")
    void shouldCarrySuperPacketsWhenTcpRunsOverTwoDevices() throws Exception {
        String left = newNamespace();
        String right = newNamespace();
        Process lab = start(left, "relay", "cyleft", "cyright");
        assertThat(readLine(lab)).isEqualTo("READY");
        run("ip", "-n", left, "link", "set", "cyright", "netns", right);
        run("ip", "-n", left, "addr", "add", "10.9.0.1/24", "dev", "cyleft");
        run("ip", "-n", left, "link", "set", "cyleft", "up");
        run("ip", "-n", right, "addr", "add", "10.9.0.2/24", "dev", "cyright");
        run("ip", "-n", right, "link", "set", "cyright", "up");
        Process server =
                startCommand("ip", "netns", "exec", right, "iperf3", "-s", "-1", "--forceflush");
        while (!readLine(server).contains("listening")) {
            // Read on.
        }

        String report =
                run("ip", "netns", "exec", left, "iperf3", "-c", "10.9.0.2", "-n", "20M", "-J");
        lab.getOutputStream().close();
        String result = readLine(lab);

        assertThat(report).contains("\"end\"").doesNotContain("\"error\"");
        assertThat(result).startsWith("SUPER ");
        String[] words = result.split(" ");
        assertThat(Integer.parseInt(words[1])).as("super-packets").isPositive();
        assertThat(Integer.parseInt(words[3])).as("largest").isGreaterThan(10_000);
    }

    @Test
    @Tag("netns")
    void shouldReadAPingBeforeTheRestOfTheBulkInFrontOfItWhenFlowsHaveQueues() throws Exception {
        Process lab = start(newNamespace(), "queues", "true");

        assertThat(readLine(lab))
                .matches("PING AT [1-4][0-9] OF 300 IN ORDER 300, .* flow queues on");
    }

    @Test
    @Tag("netns")
    void shouldHaveOneQueueWhenTheKernelTakesNoProgramFromThisProcess() throws Exception {
        assumeThat(Path.of("/proc/sys/kernel/unprivileged_bpf_disabled"))
                .as("here every process may load programs")
                .content()
                .doesNotStartWith("0");
        String without = "--bounding-set=-bpf,-sys_admin";
        List<String> launcher = List.of("ip", "netns", "exec", newNamespace(), "setpriv", without);

        Process lab = startVia(launcher, "queues", "true");

        assertThat(readLine(lab)).matches("PING AT 300 OF 300 IN ORDER 300, .* flow queues off");
    }

    @Test
    @Tag("netns")
    void shouldReadInTheOrderOfTheHostWhenThereIsOneQueue() throws Exception {
        Process lab = start(newNamespace(), "queues", "false");

        assertThat(readLine(lab)).matches("PING AT 300 OF 300 IN ORDER 300, .* flow queues off");
    }

    @Test
    @Tag("netns")
    void shouldSayThatDatagramsAreTooLongForThePathAndKeepSegmentationOn() throws Exception {
        String namespace = newNamespace();
        run("ip", "-n", namespace, "link", "add", "small", "type", "veth", "peer", "name", "far");
        run("ip", "-n", namespace, "link", "set", "far", "up");
        run("ip", "-n", namespace, "link", "set", "small", "mtu", "1280", "up");
        run("ip", "-n", namespace, "addr", "add", "10.9.0.1/24", "dev", "small");

        Process lab = start(namespace, "oversize", "10.9.0.2");

        assertThat(readLine(lab)).isEqualTo("SENT -90 2000 OVERSIZED 1 GSO true");
    }

    @Test
    @Tag("netns")
    void shouldSendWholeDatagramsFromTheFrontWhenTheSocketIsFull() throws Exception {
        String namespace = newNamespace();
        run("ip", "-n", namespace, "link", "add", "near", "type", "veth", "peer", "name", "far");
        run("ip", "-n", namespace, "link", "set", "far", "up");
        run("ip", "-n", namespace, "link", "set", "near", "up");
        run("ip", "-n", namespace, "addr", "add", "10.9.0.1/24", "dev", "near");

        // Nobody answers for the address, so datagrams stay in the small socket buffer.
        Process lab = start(namespace, "full", "10.9.0.2");

        assertThat(readLine(lab)).matches("ONE-BY-ONE [1-9]0?000 THEN 0 BATCH 0");
    }

    /** Else an ordinary datagram behind an urgent one would come to the urgent one's socket. */
    @ParameterizedTest
    @CsvSource({"10.9.0.1/24, 10.9.0.2/24", "fd09::1/64, fd09::2/64"})
    @Tag("netns")
    void shouldNotLetAKernelJoinUrgentCapsulesWithOthers(String near, String far) throws Exception {
        String left = newNamespace();
        String right = newNamespace();
        run("ip", "-n", left, "link", "add", "near", "type", "veth", "peer", "far", "netns", right);
        run("ip", "-n", left, "addr", "add", near, "dev", "near", "nodad");
        run("ip", "-n", right, "addr", "add", far, "dev", "far", "nodad");
        run("ip", "-n", left, "link", "set", "near", "up");
        run("ip", "-n", right, "link", "set", "far", "up");
        Process receiver = start(right, "join", "far");
        String port = readLine(receiver).substring("READY ".length());

        String target = far.substring(0, far.indexOf('/'));
        // The neighbour is known then, and nothing is lost while it is looked for.
        run("ip", "netns", "exec", left, "ping", "-c", "1", "-w", "10", target);
        Process sender = start(left, "alternate", target, port);

        assertThat(readLine(sender)).isEqualTo("SENT");
        // So that nothing mixed means something: alike in all the kernel sees, they are joined.
        assertThat(readLine(receiver)).matches("APART 0 OF [1-9][0-9]* ALIKE [1-9][0-9]*");
    }

    private String newNamespace() throws Exception {
        String name = PREFIX + namespaces.size();
        run("ip", "netns", "add", name);
        namespaces.add(name);
        return name;
    }

    private Process start(String namespace, String... arguments) throws IOException {
        return startVia(List.of("ip", "netns", "exec", namespace), arguments);
    }

    private Process startVia(List<String> launcher, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(launcher);
        command.addAll(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.cyphonic.signaling.os.TunLab"));
        command.addAll(Arrays.asList(arguments));
        return startCommand(command.toArray(String[]::new));
    }

    private Process startCommand(String... command) throws IOException {
        Process process = new ProcessBuilder(command).start();
        processes.add(process);
        return process;
    }

    private static String readLine(Process process) throws IOException {
        BufferedReader reader = process.inputReader();
        String line = reader.readLine();
        if (line == null) {
            throw new AssertionError(
                    new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        }
        return line;
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(String.join(" ", command) + "\n" + output).isZero();
        return output;
    }
}
