package io.cyphonic.signaling.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAlive;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAliveAck;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationNotice;
import io.cyphonic.signaling.protocol.RelayRevocation;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

@Timeout(60)
class NmsServerTest {
    private final NmsFixture fixture = new NmsFixture();
    private NmsServer server;
    private DatagramSocket socket;

    @BeforeEach
    void start() throws IOException {
        server =
                NmsServer.open(
                        List.of(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0)),
                        0,
                        fixture.nms,
                        fixture.counters,
                        () -> Instant.ofEpochMilli(fixture.nowMillis),
                        () -> 0L,
                        fixture.random);
        server.start();
        socket = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0));
        socket.setSoTimeout(20_000);
    }

    @AfterEach
    void stop() {
        socket.close();
        server.close();
        server.close();
        fixture.close();
    }

    @Test
    void shouldAnswerOverUdp() throws IOException {
        NmsFixture.Node alice = fixture.node("alice");
        send(alice.seal(new RegistrationRequest(1, List.of())));

        DatagramPacket answer = receive();

        assertThat(answer.getSocketAddress()).isEqualTo(server.addresses().getFirst());
        RegistrationResponse response = open(alice, answer, RegistrationResponse.class);
        assertThat(response.status()).isEqualTo(Status.OK);
        assertThat(response.observed()).isEqualTo(socket.getLocalSocketAddress());
    }

    @Test
    void shouldSurviveRandomBytes() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        NmsFixture.Node alice = fixture.node("alice");
        for (int i = 0; i < 300; i++) {
            byte[] noise = new byte[random.nextInt(1500)];
            random.nextBytes(noise);
            send(noise);
        }

        send(alice.seal(new KeepAlive(1)));

        assertThat(open(alice, receive(), KeepAliveAck.class).status())
                .as("seed %d", seed)
                .isEqualTo(Status.NOT_REGISTERED);
        assertThat(fixture.counters.get(NmsCounter.FAILED)).isZero();
    }

    @Test
    void shouldPushARevocationSeveralTimes() throws IOException {
        NmsFixture.Node alice = fixture.node("alice");
        send(alice.seal(new RegistrationRequest(1, List.of())));
        receive();
        NmsFixture.Node bob = fixture.node("bob");
        try (RevocationPush push =
                new RevocationPush(
                        fixture.registry,
                        fixture.nms,
                        List.of(),
                        new byte[RelayKeys.SECRET_LENGTH],
                        server,
                        () -> Instant.ofEpochMilli(fixture.nowMillis))) {
            push.start();

            fixture.registry.revoke(bob.fqdn);

            for (int round = 0; round < RevocationPush.ROUNDS; round++) {
                assertThat(open(alice, receive(), RevocationNotice.class).revoked())
                        .containsExactly(bob.id);
            }
        }
    }

    @Test
    void shouldTellARelayOfRevocationsOldAndNew() throws IOException {
        NmsFixture.Node alice = fixture.node("alice");
        NmsFixture.Node bob = fixture.node("bob");
        fixture.registry.revoke(alice.fqdn);
        InetSocketAddress relay = new InetSocketAddress("127.0.0.1", socket.getLocalPort());
        try (RevocationPush push =
                new RevocationPush(
                        fixture.registry,
                        fixture.nms,
                        List.of(new RelayServer(1, relay, null, 0)),
                        new byte[RelayKeys.SECRET_LENGTH],
                        server,
                        () -> Instant.ofEpochMilli(fixture.nowMillis))) {
            push.start();
            assertThat(RelayRevocation.decode(bytes(receive())).nodeIds())
                    .containsExactly(alice.id);

            fixture.registry.revoke(bob.fqdn);

            assertThat(RelayRevocation.decode(bytes(receive())).nodeIds())
                    .containsExactly(alice.id, bob.id);
        }
    }

    @Test
    void shouldNotStartWhenThePortIsTaken() {
        assertThatThrownBy(
                        () ->
                                NmsServer.open(
                                        server.addresses(),
                                        0,
                                        fixture.nms,
                                        fixture.counters,
                                        () -> Instant.EPOCH,
                                        () -> 0L,
                                        fixture.random))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("in use")
                .hasMessageContaining("" + server.addresses().getFirst().getPort());
    }

    @Test
    void shouldDropAndCountWhatExceedsItsCapacityAndWhatFails() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        DatagramHandler stuck =
                (_, _, _, _, _) -> {
                    try {
                        release.await();
                    } catch (InterruptedException _) {
                        Thread.currentThread().interrupt();
                    }
                    throw new IllegalStateException("a bug, on purpose");
                };
        try (NmsServer overloaded =
                NmsServer.open(
                        List.of(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0)),
                        0,
                        stuck,
                        fixture.counters,
                        () -> Instant.EPOCH,
                        System::nanoTime,
                        fixture.random)) {
            overloaded.start();
            byte[] datagram = new byte[60];

            while (fixture.counters.get(NmsCounter.OVERLOADED) < 10) {
                socket.send(
                        new DatagramPacket(
                                datagram, datagram.length, overloaded.addresses().getFirst()));
            }
            release.countDown();
        }
        // What still lay in the socket when the room came free was taken too.
        assertThat(fixture.counters.get(NmsCounter.FAILED))
                .isGreaterThanOrEqualTo(NmsServer.MAX_MESSAGES_IN_WORK);
    }

    private void send(byte[] datagram) throws IOException {
        socket.send(new DatagramPacket(datagram, datagram.length, server.addresses().getFirst()));
    }

    private DatagramPacket receive() throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        socket.receive(packet);
        return packet;
    }

    private static byte[] bytes(DatagramPacket packet) {
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    private <T extends ControlMessage> T open(
            NmsFixture.Node node, DatagramPacket packet, Class<T> type) {
        byte[] datagram = bytes(packet);
        return node.open(new Reply(datagram, null, null), type);
    }
}
