package io.cyphonic.signaling.cluster;

import static io.cyphonic.signaling.registry.RegistrySamples.hash;
import static io.cyphonic.signaling.registry.RegistrySamples.id;
import static io.cyphonic.signaling.registry.RegistrySamples.network;
import static io.cyphonic.signaling.registry.RegistrySamples.overIpv4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.NodeRecord;
import io.cyphonic.signaling.registry.OverlayNetwork;
import io.cyphonic.signaling.registry.Registry;

import org.agrona.IoUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

@Timeout(180)
class ClusterRegistryTest {
    private static final ClusterOptions OPTIONS = ClusterOptions.defaults(network());

    @TempDir private Path directory;

    private ClusterRegistry open(ClusterOptions options) throws IOException {
        return ClusterRegistry.open(directory.resolve("log"), options, new SecureRandom());
    }

    @Test
    void shouldFindEverythingAgainWhenReopened() throws Exception {
        final Registry.Redeemed alice;
        try (ClusterRegistry registry = open(OPTIONS)) {
            assertThat(registry.invite(id(1), "alice", hash(1), Long.MAX_VALUE))
                    .isEqualTo(Status.OK);
            alice = registry.redeem(id(1), hash(1), hash(9), 0);
            assertThat(alice.status()).isEqualTo(Status.OK);
            assertThat(registry.storeCertificate(alice.nodeId(), new byte[] {1, 2, 3}))
                    .isEqualTo(Status.OK);
            assertThat(registry.register(alice.nodeId(), overIpv4(7, 1, 1000)))
                    .isEqualTo(Status.OK);
        }

        try (ClusterRegistry registry = open(OPTIONS)) {
            final NodeRecord node = registry.findByFqdn(alice.fqdn()).orElseThrow();
            assertThat(node.nodeId()).isEqualTo(alice.nodeId());
            assertThat(node.certificate()).containsExactly(1, 2, 3);
            assertThat(node.registration().observedIpv4().getPort()).isEqualTo(1000);
            assertThat(registry.redeem(id(1), hash(1), hash(9), 0)).isEqualTo(alice);
            assertThat(registry.revoke("alice")).isEqualTo(Status.OK);
            assertThat(registry.revokedAfter(0, 10)).containsExactly(alice.nodeId());
        }
    }

    @Test
    void shouldRefuseADirectoryThatIsOpen() throws Exception {
        try (ClusterRegistry _ = open(OPTIONS)) {
            assertThatThrownBy(() -> open(OPTIONS))
                    .isInstanceOf(DirectoryInUseException.class)
                    .hasMessageContaining("log");
        }
    }

    @Test
    void shouldRefuseAnotherNetworkThanThatOfTheLog() throws Exception {
        open(OPTIONS).close();
        final OverlayNetwork other =
                new OverlayNetwork(
                        "other.internal",
                        network().ipv4Prefix(),
                        network().ipv4PrefixLength(),
                        network().ipv6Prefix(),
                        network().ipv6PrefixLength());

        assertThatThrownBy(() -> open(ClusterOptions.defaults(other)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cyphonic.internal")
                .hasMessageContaining("other.internal");
    }

    @Test
    void shouldRunTwoCloudsAtOnce() throws Exception {
        try (ClusterRegistry one = open(OPTIONS);
                ClusterRegistry two =
                        ClusterRegistry.open(
                                directory.resolve("other"), OPTIONS, new SecureRandom())) {
            assertThat(one.invite(id(1), "alice", hash(1), Long.MAX_VALUE)).isEqualTo(Status.OK);
            assertThat(two.invite(id(2), "bob", hash(2), Long.MAX_VALUE)).isEqualTo(Status.OK);

            assertThat(one.openInvitations(0)).extracting("fqdn").containsExactly(fqdn("alice"));
            assertThat(two.openInvitations(0)).extracting("fqdn").containsExactly(fqdn("bob"));
        }
    }

    @Test
    void shouldLeaveNothingBehindInSharedMemory() throws Exception {
        final Path own;
        try (MemberDirectory member = MemberDirectory.open(directory.resolve("log"))) {
            own = member.driver().getParent();
            assertThat(own).isDirectory();
        }
        open(OPTIONS).close();

        assertThat(own).doesNotExist();
    }

    @Test
    void shouldFreeTheSharedMemoryOfAKilledCloudWhoseDirectoryIsGone() throws Exception {
        final Path gone = directory.resolve("gone");
        final MemberDirectory killed = MemberDirectory.open(gone);
        final Path orphan = killed.driver().getParent();
        IoUtil.delete(gone.toFile(), false);

        MemberDirectory.open(directory.resolve("log")).close();

        assertThat(orphan).doesNotExist();
        killed.close();
    }

    @Test
    void shouldKeepEveryAcknowledgedWriteWhenKilled() throws Exception {
        int next = 1;
        for (int round = 0; round < 2; round++) {
            final Process writer = startWriter(next);
            try (BufferedReader acknowledged = writer.inputReader()) {
                String line;
                final int killAt = next + 40;
                while ((line = acknowledged.readLine()) != null) {
                    if (!line.matches("\\d+")) {
                        throw new AssertionError("writer said: " + line);
                    }
                    next = Integer.parseInt(line) + 1;
                    if (next == killAt) {
                        // Not Process.destroyForcibly(): that closes the stream being read.
                        writer.toHandle().destroyForcibly();
                    }
                }
            }
            assertThat(writer.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(next).as("writer wrote").isGreaterThan(40);
        }

        try (ClusterRegistry registry = open(OPTIONS)) {
            final List<String> names =
                    registry.openInvitations(0).stream()
                            .map(Registry.OpenInvitation::fqdn)
                            .toList();
            for (int number = 1; number < next; number++) {
                assertThat(names).contains(fqdn("n" + number));
            }
            assertThat(names).as("at most one more than acknowledged").hasSizeLessThan(next + 2);
        }
    }

    private static String fqdn(String label) {
        return label + ".cyphonic.internal";
    }

    private Process startWriter(int firstNumber) throws IOException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("-cp");
        command.add(
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(AcknowledgingWriter.class.getName());
        command.add(directory.resolve("log").toString());
        command.add(Integer.toString(firstNumber));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    @Test
    void shouldBoundTheDiskByCuttingTheLog() throws Exception {
        final ClusterOptions options = OPTIONS.withSnapshotEveryBytes(256 * 1024);
        final int entries = 20_000;
        final Id128 node;
        try (ClusterRegistry registry = open(options)) {
            registry.invite(id(1), "alice", hash(1), Long.MAX_VALUE);
            node = registry.redeem(id(1), hash(1), hash(9), 0).nodeId();
            try (var callers = Executors.newFixedThreadPool(32)) {
                final List<Future<Status>> writes = new ArrayList<>();
                for (int i = 1; i <= entries; i++) {
                    final int counter = i;
                    writes.add(
                            callers.submit(
                                    () -> registry.register(node, overIpv4(7, counter, 1000))));
                }
                for (final Future<Status> write : writes) {
                    assertThat(write.get()).isIn(Status.OK, Status.UNAVAILABLE);
                }
            }
            assertThat(registry.register(node, overIpv4(7, entries + 1, 1001)))
                    .isEqualTo(Status.OK);

            // A catalogue of 1 MB; two snapshots of two recordings, three intervals of log and
            // the segments at its ends. Without cutting, the log alone has 5 MB.
            final long bound = 1024 * 1024 + 10 * 256 * 1024;
            final Path archive = directory.resolve("log").resolve("archive");
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (bytesIn(archive) > bound && deadlineNs - System.nanoTime() > 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
            assertThat(bytesIn(archive)).isLessThanOrEqualTo(bound);
        }

        try (ClusterRegistry registry = open(options)) {
            final NodeRecord found = registry.findById(node).orElseThrow();
            assertThat(found.registration().counter()).isEqualTo(entries + 1);
            assertThat(found.registration().observedIpv4().getPort()).isEqualTo(1001);
            assertThat(registry.revoke("alice")).isEqualTo(Status.OK);
        }
    }

    private static long bytesIn(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(
                            file -> {
                                try {
                                    return Files.size(file);
                                } catch (IOException _) {
                                    return 0; // deleted meanwhile
                                }
                            })
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
