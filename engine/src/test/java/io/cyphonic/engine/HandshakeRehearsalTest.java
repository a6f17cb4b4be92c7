package io.cyphonic.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.NodeDirectory;
import io.cyphonic.engine.fixtures.SignalingNetwork;
import io.cyphonic.engine.fixtures.SimulatedCloud;
import io.cyphonic.engine.fixtures.VirtualTime;
import io.cyphonic.signaling.credential.NodeKeys;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.TimeUnit;

class HandshakeRehearsalTest {
    @TempDir private Path directory;
    private NodeDirectory node;

    @BeforeEach
    void join() throws Exception {
        SecureRandom random = new SecureRandom();
        node = new NodeDirectory(Files.createDirectory(directory.resolve("node")));
        try (SimulatedCloud cloud =
                        new SimulatedCloud(
                                new SignalingNetwork(new VirtualTime(), 1),
                                System::currentTimeMillis,
                                random,
                                Files.createDirectory(directory.resolve("cloud")));
                NodeKeys keys = NodeKeys.generate(random)) {
            node.storeJoined(
                    cloud.enrol("alice", keys),
                    cloud.authority().caCertificate(),
                    SimulatedCloud.ZONE,
                    16,
                    48,
                    List.of(new InetSocketAddress("192.0.2.1", 7447)));
        }
    }

    @Test
    void shouldMakeAllItsHandshakesWhenThereIsTime() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);

        assertThat(HandshakeRehearsal.run(node, deadline)).isEqualTo(HandshakeRehearsal.ROUNDS);
    }

    @Test
    void shouldMakeNoneWhenTheTimeIsOver() throws Exception {
        assertThat(HandshakeRehearsal.run(node, System.nanoTime() - 1)).isZero();
    }
}
