package io.cyphonic.signaling.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.stun.StunCodec;
import io.cyphonic.signaling.stun.StunMessage;
import io.cyphonic.signaling.stun.StunTransactionId;

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

@Timeout(60)
class StunServiceTest {
    private static final InetAddress FIRST = InetAddress.ofLiteral("127.0.0.1");
    private static final InetAddress SECOND = InetAddress.ofLiteral("127.0.0.2");

    private final NmsFixture fixture = new NmsFixture();
    private int port;
    private int alternatePort;
    private NmsServer server;
    private DatagramSocket socket;

    @BeforeEach
    void start() throws IOException {
        port = freePort();
        alternatePort = freePort();
        server =
                NmsServer.open(
                        List.of(
                                new InetSocketAddress(FIRST, port),
                                new InetSocketAddress(SECOND, port)),
                        alternatePort,
                        fixture.nms,
                        fixture.counters,
                        () -> Instant.ofEpochMilli(fixture.nowMillis),
                        () -> 0L,
                        fixture.random);
        server.start();
        socket = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0));
        socket.setSoTimeout(20_000);
    }

    private static int freePort() throws IOException {
        try (DatagramSocket any = new DatagramSocket(new InetSocketAddress("0.0.0.0", 0))) {
            return any.getLocalPort();
        }
    }

    @AfterEach
    void stop() {
        socket.close();
        server.close();
        fixture.close();
    }

    private void send(byte[] datagram, InetAddress to, int toPort) throws IOException {
        socket.send(new DatagramPacket(datagram, datagram.length, to, toPort));
    }

    private DatagramPacket ask(int change, InetAddress to, int toPort) throws IOException {
        send(
                StunCodec.encode(
                        StunMessage.request(
                                StunTransactionId.random(fixture.random), change, false)),
                to,
                toPort);
        DatagramPacket answer = new DatagramPacket(new byte[600], 600);
        socket.receive(answer);
        return answer;
    }

    private static StunMessage read(DatagramPacket packet) {
        return StunCodec.decode(
                Arrays.copyOf(packet.getData(), packet.getLength()), packet.getLength());
    }

    @Test
    void shouldTellTheSourceOnTheSocketOfTheNms() throws IOException {
        DatagramPacket answer = ask(StunMessage.ABSENT, FIRST, port);

        assertThat(answer.getSocketAddress()).isEqualTo(new InetSocketAddress(FIRST, port));
        assertThat(read(answer).mapped()).isEqualTo(socket.getLocalSocketAddress());
        assertThat(read(answer).other()).isEqualTo(new InetSocketAddress(SECOND, alternatePort));
        // It counts when it has sent; once it is closed it has counted.
        server.close();
        assertThat(fixture.counters.get(NmsCounter.STUN_ANSWERED)).isEqualTo(1);
    }

    @Test
    void shouldAnswerFromTheOtherPortAndAddressWhenAsked() throws IOException {
        assertThat(ask(StunMessage.CHANGE_PORT, FIRST, port).getSocketAddress())
                .isEqualTo(new InetSocketAddress(FIRST, alternatePort));
        assertThat(ask(StunMessage.CHANGE_ADDRESS, FIRST, port).getSocketAddress())
                .isEqualTo(new InetSocketAddress(SECOND, port));
        assertThat(ask(6, FIRST, port).getSocketAddress())
                .isEqualTo(new InetSocketAddress(SECOND, alternatePort));
        assertThat(ask(6, SECOND, alternatePort).getSocketAddress())
                .isEqualTo(new InetSocketAddress(FIRST, port));
    }

    @Test
    void shouldStopAnsweringWhenASourceAsksTooMuch() throws IOException {
        byte[] request = StunCodec.encode(StunMessage.request(new StunTransactionId(1, 1)));
        for (int i = 0; i < 150; i++) {
            send(request, FIRST, port);
        }
        // The clock stands still, hence nothing becomes due again.
        int answers = 0;
        socket.setSoTimeout(1000);
        try {
            while (true) {
                socket.receive(new DatagramPacket(new byte[600], 600));
                answers++;
            }
        } catch (java.net.SocketTimeoutException _) {
            assertThat(answers).isEqualTo(100);
        }
        assertThat(fixture.counters.get(NmsCounter.RATE_LIMITED)).isEqualTo(50);
    }

    @Test
    void shouldCountNoiseOnTheSecondPort() throws IOException {
        send(new byte[] {1, 2, 3}, FIRST, alternatePort);

        ask(StunMessage.ABSENT, FIRST, alternatePort);

        assertThat(fixture.counters.get(NmsCounter.MALFORMED)).isEqualTo(1);
    }

    @Test
    void shouldGoOnWithoutTheSecondPortWhenItIsTaken() throws IOException {
        try (NmsServer other =
                NmsServer.open(
                        List.of(new InetSocketAddress(FIRST, 0)),
                        alternatePort,
                        fixture.nms,
                        fixture.counters,
                        () -> Instant.EPOCH,
                        () -> 0L,
                        fixture.random)) {
            other.start();

            DatagramPacket answer =
                    ask(StunMessage.CHANGE_PORT, FIRST, other.addresses().getFirst().getPort());

            assertThat(read(answer).errorCode()).isEqualTo(420);
        }
    }
}
