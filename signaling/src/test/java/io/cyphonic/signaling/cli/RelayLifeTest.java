package io.cyphonic.signaling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** A relay in a process of its own, made from the directory of a cloud. */
@Timeout(120)
class RelayLifeTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    @TempDir Path temporary;

    @Test
    void shouldRelayApartFromItsCloud() throws Exception {
        Path cloud = temporary.resolve("cloud");
        Path relay = temporary.resolve("relay");
        CloudProcess.run(temporary, "init", "--dir", cloud, "--listen", "127.0.0.1:7447");
        int port;
        try (DatagramSocket free = new DatagramSocket(0, LOOPBACK)) {
            port = free.getLocalPort();
        }

        String entry =
                CloudProcess.run(
                        temporary,
                        "relay-init",
                        "--cloud",
                        cloud,
                        "--dir",
                        relay,
                        "--id",
                        "2",
                        "--listen",
                        "127.0.0.1",
                        "--port",
                        port);

        assertThat(entry).isEqualTo("  - \"2 127.0.0.1:" + port + "\"\n");
        assertThat(Files.readAllBytes(relay.resolve("keys/relay.secret")))
                .hasSize(32)
                .isEqualTo(Files.readAllBytes(cloud.resolve("keys/relay.secret")));
        try (CloudProcess process = CloudProcess.start(temporary, "relay", "--dir", relay);
                DatagramSocket socket = new DatagramSocket(0, LOOPBACK)) {
            assertThat(process.line())
                    .isEqualTo("ready cyphonic-cloud trs=udp/127.0.0.1:" + port + " id=2");
            byte[] stun = new byte[20];
            stun[1] = 1;
            System.arraycopy(new byte[] {0x21, 0x12, (byte) 0xA4, 0x42}, 0, stun, 4, 4);
            socket.setSoTimeout(20_000);
            socket.send(new DatagramPacket(stun, 20, new InetSocketAddress(LOOPBACK, port)));
            socket.receive(new DatagramPacket(new byte[600], 600));
            process.terminate();
            assertThat(process.exitCode()).isZero();
        }
    }
}
