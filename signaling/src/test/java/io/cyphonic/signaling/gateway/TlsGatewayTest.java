package io.cyphonic.signaling.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.signaling.credential.CertificateAuthority;
import io.cyphonic.signaling.credential.CertificateRequest;
import io.cyphonic.signaling.credential.CertificateVerifier;
import io.cyphonic.signaling.credential.DatagramConnection;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.credential.TlsContexts;
import io.cyphonic.signaling.handshake.RelayCode;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.handshake.RelaySeal;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.RelayMessage;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.relay.RelayService;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

@Timeout(60)
class TlsGatewayTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final InstantSource CLOCK = InstantSource.system();
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final byte[] SECRET = new byte[RelayKeys.SECRET_LENGTH];
    private static final Id128 NODE = new Id128(5, 6);

    @TempDir Path directory;

    private final NodeKeys keys = NodeKeys.generate(RANDOM);
    private final BlockingQueue<byte[]> received = new ArrayBlockingQueue<>(10_000);
    private CertificateAuthority ca;
    private RelayService relay;
    private TlsGateway gateway;

    @BeforeEach
    void open() throws Exception {
        ca = CertificateAuthority.create(directory, "lab.internal", RANDOM, CLOCK.millis());
        relay =
                RelayService.open(
                        new RelayServer(1, new InetSocketAddress(LOOPBACK, 0), null, 0),
                        SECRET,
                        RANDOM,
                        CLOCK);
        relay.start();
        CertificateVerifier verifier = new CertificateVerifier(ca.caCertificate());
        gateway =
                TlsGateway.open(
                        List.of(new InetSocketAddress(LOOPBACK, 0)),
                        TlsContexts.server(ca.issueServer(List.of(LOOPBACK), CLOCK.millis())),
                        Optional.empty(),
                        certificate ->
                                verifier.verify(certificate, CLOCK.millis())
                                        instanceof CertificateVerifier.Verdict.Valid,
                        (datagram, source, local, stream) -> {
                            if (datagram[0] == 0x47 || datagram[0] == 0x48) {
                                relay.receive(datagram, source, stream);
                                return true;
                            }
                            if (datagram[0] == 'f') {
                                byte[] much = new byte[1400];
                                for (int i = 0; i < 1000; i++) {
                                    stream.offer(much, 0, much.length);
                                }
                                return true;
                            }
                            return received.offer(datagram)
                                    && stream.offer(datagram, 0, datagram.length);
                        },
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(30));
        gateway.start();
    }

    @AfterEach
    void close() {
        gateway.close();
        relay.close();
        ca.close();
        keys.close();
    }

    @Test
    void shouldCarryDatagramsBothWays() throws Exception {
        try (DatagramConnection node = connect(ca)) {
            for (int length : new int[] {1, 2, 1232, 9216, 7}) {
                byte[] datagram = new byte[length];
                Arrays.fill(datagram, (byte) 'a');
                node.send(datagram, 0, length);

                assertThat(node.receive()).isEqualTo(datagram);
            }
            byte[] unasked = {1, 2, 3};
            gateway.send(unasked, node.localAddress());
            assertThat(node.receive()).isEqualTo(unasked);
        }
        assertThat(received).hasSize(5);
    }

    @Test
    void shouldRelayBetweenAConnectionAndUdp() throws Exception {
        try (DatagramConnection alice = connect(ca);
                DatagramSocket bob = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0))) {
            bob.setSoTimeout(20_000);
            End aliceEnd = new End(RelayHeader.INITIATOR);
            End bobEnd = new End(RelayHeader.RESPONDER);
            bobEnd.bind(
                    bind -> {
                        bob.send(new DatagramPacket(bind, bind.length, relay.server().ipv4()));
                        return receive(bob);
                    });
            aliceEnd.bind(
                    bind -> {
                        alice.send(bind, 0, bind.length);
                        return alice.receive();
                    });

            byte[] toBob = aliceEnd.datagram();
            alice.send(toBob, 0, toBob.length);
            assertThat(receive(bob)).isEqualTo(toBob);
            byte[] toAlice = bobEnd.datagram();
            bob.send(new DatagramPacket(toAlice, toAlice.length, relay.server().ipv4()));
            assertThat(alice.receive()).isEqualTo(toAlice);
        }
    }

    @Test
    void shouldRefuseACertificateOfAnotherCloud(@TempDir Path elsewhere) throws Exception {
        CertificateAuthority other =
                CertificateAuthority.create(elsewhere, "evil.internal", RANDOM, CLOCK.millis());
        try (DatagramConnection node = connect(other)) {
            assertThat(receiveOrEnd(node)).isEmpty();
        }
        assertThat(await(GatewayCounter.REJECTED_CERTIFICATE)).isTrue();
    }

    @Test
    void shouldNotBeTrustedByANodeOfAnotherCloud(@TempDir Path elsewhere) throws Exception {
        CertificateAuthority other =
                CertificateAuthority.create(elsewhere, "evil.internal", RANDOM, CLOCK.millis());
        byte[] certificate = certificate(ca);
        assertThatThrownBy(
                        () ->
                                DatagramConnection.open(
                                        gateway.addresses().getFirst(),
                                        other.caCertificate(),
                                        keys,
                                        certificate,
                                        CLOCK,
                                        TIMEOUT))
                .isInstanceOf(IOException.class);
    }

    @Test
    void shouldCutAConnectionThatIsNotTls() throws Exception {
        try (Socket stranger = new Socket()) {
            stranger.connect(gateway.addresses().getFirst());
            stranger.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
            assertThat(await(GatewayCounter.REJECTED_TLS)).isTrue();
        }
    }

    @Test
    void shouldDropAndNotBufferWhenTheReaderIsSlow() throws Exception {
        try (DatagramConnection node = connect(ca)) {
            byte[] flood = {'f'};
            for (int i = 0; i < 20; i++) {
                node.send(flood, 0, 1);
            }
            // The node does not read: 28 MB were offered, and no buffer anywhere holds that much.
            assertThat(await(GatewayCounter.DROPPED_FULL)).isTrue();
            // One buffer full is there for certain, even if the writer never ran meanwhile.
            for (int i = 0; i < OutgoingDatagrams.CAPACITY / (1400 + 2); i++) {
                assertThat(node.receive()).hasSize(1400);
            }
        }
    }

    @Test
    void shouldForgetAConnectionThatEnds() throws Exception {
        try (DatagramConnection node = connect(ca)) {
            node.send(new byte[] {1}, 0, 1);
            node.receive();
            assertThat(gateway.openConnections()).isEqualTo(1);
        }
        assertThat(await(GatewayCounter.DATAGRAMS)).isTrue();
        while (gateway.openConnections() > 0) {
            Thread.onSpinWait();
        }
    }

    private byte[] certificate(CertificateAuthority issuer) {
        return issuer.issueNode(
                        CertificateRequest.parse(keys.certificateRequest()).orElseThrow(),
                        "alice.lab.internal",
                        new Id128(1, 2),
                        (Inet4Address) InetAddress.ofLiteral("10.121.0.2"),
                        (Inet6Address) InetAddress.ofLiteral("fd00::2"),
                        CLOCK.millis(),
                        Duration.ofDays(1))
                .der();
    }

    private DatagramConnection connect(CertificateAuthority issuer) throws IOException {
        return DatagramConnection.open(
                gateway.addresses().getFirst(),
                ca.caCertificate(),
                keys,
                certificate(issuer),
                CLOCK,
                TIMEOUT);
    }

    private boolean await(GatewayCounter counter) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (gateway.counters().get(counter) == 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        return gateway.counters().get(counter) > 0;
    }

    private static byte[] receive(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        socket.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    private static byte[] receiveOrEnd(DatagramConnection node) {
        try {
            return node.receive();
        } catch (IOException _) {
            return new byte[0];
        }
    }

    private interface Exchange {
        byte[] ask(byte[] bind) throws IOException;
    }

    /** One end of a path. */
    private static final class End {
        private final int side;
        private final long expiryMillis = CLOCK.millis() + 60_000;
        private final Id128 path = new Id128(7, 7);
        private final RelaySeal seal;
        private final RelayCode code;
        private int channel;

        End(int side) {
            this.side = side;
            byte[] key = RelayKeys.channelKey(SECRET, 1, path, side, NODE, expiryMillis, 1000);
            seal = new RelaySeal(key);
            code = new RelayCode(key);
        }

        void bind(Exchange exchange) throws IOException {
            byte[] challenge = exchange.ask(message(1, new byte[16]));
            byte[] cookie =
                    ((RelayMessage.Challenge) RelayMessage.decode(challenge, challenge.length))
                            .cookie();
            byte[] bound = exchange.ask(message(2, cookie));
            channel = ((RelayMessage.Bound) RelayMessage.decode(bound, bound.length)).channel();
        }

        private byte[] message(long sequence, byte[] cookie) {
            return code.signed(
                    new RelayMessage.Bind(side, path, NODE, expiryMillis, 1000, sequence, cookie));
        }

        byte[] datagram() {
            byte[] datagram = new byte[200];
            RelayHeader.write(datagram, 0, side, 5, channel);
            seal.seal(datagram, 0, datagram.length);
            return datagram;
        }
    }
}
