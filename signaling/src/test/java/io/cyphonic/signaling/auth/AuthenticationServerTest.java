package io.cyphonic.signaling.auth;

import static io.cyphonic.signaling.auth.AuthenticationLab.RANDOM;
import static io.cyphonic.signaling.auth.InMemoryRegistry.ip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cyphonic.signaling.credential.AuthenticationResult.Enrolled;
import io.cyphonic.signaling.credential.Invitation;
import io.cyphonic.signaling.credential.NodeKeys;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

@Timeout(60)
class AuthenticationServerTest {
    private final NodeKeys keys = NodeKeys.generate(RANDOM);
    private AuthenticationLab lab;

    @BeforeEach
    void open(@TempDir Path directory) throws Exception {
        lab = new AuthenticationLab(directory);
    }

    @AfterEach
    void close() {
        lab.close();
        keys.close();
    }

    @Test
    void shouldGoOnServingWhenRandomBytesArrive() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int connections = 50;
        for (int i = 0; i < connections; i++) {
            byte[] bytes = new byte[random.nextInt(5000)];
            random.nextBytes(bytes);
            if (bytes.length > 2 && random.nextBoolean()) {
                bytes[0] = 22; // Looks like a TLS handshake record.
                bytes[1] = 3;
            }
            try (Socket socket = connect()) {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (IOException _) {
                // The server hung up first: its right.
            }
        }
        await(() -> lab.server.openConnections() == 0);

        assertThat(lab.server.count(AuthenticationCounter.ACCEPTED)).isEqualTo(connections);
        assertThat(lab.server.count(AuthenticationCounter.REJECTED_TLS))
                .as("seed %d", seed)
                .isEqualTo(connections);
        assertThat(lab.enrolled("alice", keys)).isInstanceOf(Enrolled.class);
    }

    @Test
    void shouldGoOnServingWhenRandomBytesArriveInsideTls() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int connections = 20;
        for (int i = 0; i < connections; i++) {
            byte[] bytes = new byte[1 + random.nextInt(2000)];
            random.nextBytes(bytes);
            if (random.nextBoolean()) {
                bytes[0] = 0;
            }
            try (SSLSocket socket = blindTls("TLSv1.3")) {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (IOException _) {
                // The server hung up first: its right.
            }
        }
        await(() -> lab.server.openConnections() == 0);

        assertThat(
                        lab.server.count(AuthenticationCounter.REJECTED_REQUEST)
                                + lab.server.count(AuthenticationCounter.BROKEN))
                .as("seed %d", seed)
                .isEqualTo(connections);
        assertThat(lab.enrolled("alice", keys)).isInstanceOf(Enrolled.class);
    }

    @Test
    void shouldRefuseWhenTheClientSpeaksOldTls() throws Exception {
        try (SSLSocket socket = blindTls("TLSv1.2")) {
            assertThat(catchThrowableOfType(SSLException.class, socket::startHandshake))
                    .isNotNull();
        }
    }

    @Test
    void shouldEndTheConnectionWhenTheClientTakesTooLong(@TempDir Path other) throws Exception {
        try (AuthenticationLab strict = new AuthenticationLab(other, Duration.ofMillis(500))) {
            try (Socket halfOpen = connect(strict);
                    Socket dripping = connect(strict)) {
                byte[] record = {22, 3, 1, 2, 0, 1, 0, 1, (byte) 252, 3, 3};
                for (int i = 0; strict.server.count(AuthenticationCounter.TIMED_OUT) < 2; i++) {
                    if (i < record.length) {
                        dripping.getOutputStream().write(record[i]);
                    }
                    Thread.yield();
                }
                assertThat(halfOpen.getInputStream().read()).isEqualTo(-1);
            }
            await(() -> strict.server.openConnections() == 0);
        }
    }

    @Test
    void shouldTurnAwayTheSurplusWhenOneSourceOpensTooMany() throws Exception {
        List<Socket> idle = new ArrayList<>();
        try {
            for (int i = 0; i < ConnectionLimits.MAX_PER_SOURCE + 5; i++) {
                idle.add(connect());
            }
            await(() -> lab.server.count(AuthenticationCounter.REJECTED_BUSY) == 5);
            assertThat(lab.server.openConnections()).isEqualTo(ConnectionLimits.MAX_PER_SOURCE);
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }

        await(() -> lab.server.openConnections() == 0);
        assertThat(lab.enrolled("alice", keys)).isInstanceOf(Enrolled.class);
    }

    @Test
    void shouldCountHowItEndedWhenARequestIsAnswered() {
        Invitation invitation = lab.invite("alice");
        lab.enrol(invitation, keys);
        try (NodeKeys others = NodeKeys.generate(RANDOM)) {
            lab.enrol(invitation, others);
        }

        await(() -> lab.server.openConnections() == 0);
        assertThat(lab.server.count(AuthenticationCounter.GRANTED)).isEqualTo(1);
        assertThat(lab.server.count(AuthenticationCounter.REFUSED)).isEqualTo(1);
    }

    @Test
    void shouldNameTheAddressWhenThePortIsInUse() {
        ListenException trouble =
                catchThrowableOfType(
                        ListenException.class,
                        () -> AuthenticationServer.open(List.of(lab.address()), null, null));

        assertThat(trouble.reason()).isEqualTo(ListenException.Reason.PORT_IN_USE);
        assertThat(trouble.address()).isEqualTo(lab.address());
        assertThat(trouble)
                .hasMessage(
                        "cannot listen on TCP 127.0.0.1:%d: the port is in use"
                                .formatted(lab.address().getPort()));
    }

    @Test
    void shouldSaySoWhenTheAddressIsNotOfThisMachine() {
        InetSocketAddress foreign = new InetSocketAddress(ip("192.0.2.77"), 7447);

        ListenException trouble =
                catchThrowableOfType(
                        ListenException.class,
                        () -> AuthenticationServer.open(List.of(foreign), null, null));

        assertThat(trouble.reason()).isEqualTo(ListenException.Reason.NOT_LOCAL);
    }

    @Test
    void shouldCutConnectionsWhenClosed() throws Exception {
        try (Socket socket = connect()) {
            await(() -> lab.server.openConnections() == 1);

            lab.server.close();

            await(() -> lab.server.openConnections() == 0);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void shouldForgetTheOldestWhenTooManySourcesFail() {
        FailedEnrolments failed = new FailedEnrolments();
        for (int i = 0; i <= FailedEnrolments.MAX_SOURCES; i++) {
            failed.add(ip("10.%d.%d.1".formatted(i >> 8, i & 0xFF)), 0);
        }

        assertThat(failed.size()).isEqualTo(FailedEnrolments.MAX_SOURCES);
    }

    @Test
    void shouldBlockTheWholeSiteWhenItsHostsFail() {
        FailedEnrolments failed = new FailedEnrolments();
        for (int i = 0; i < FailedEnrolments.MAX_FAILURES; i++) {
            failed.add(ip("2001:db8:0:1::" + i), 0);
        }

        assertThat(failed.blocks(ip("2001:db8:0:1:ffff::1"), 1)).isTrue();
        assertThat(failed.blocks(ip("2001:db8:0:2::1"), 1)).isFalse();
        assertThat(failed.blocks(ip("2001:db8:0:1::1"), FailedEnrolments.WINDOW_MILLIS)).isFalse();
    }

    private Socket connect() throws IOException {
        return connect(lab);
    }

    private static Socket connect(AuthenticationLab lab) throws IOException {
        return new Socket(lab.address().getAddress(), lab.address().getPort());
    }

    /** TLS from a client that trusts anybody. */
    private SSLSocket blindTls(String version) throws Exception {
        SSLContext context = SSLContext.getInstance(version);
        context.init(null, new TrustManager[] {new TrustAnybody()}, null);
        SSLSocket socket =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket(lab.address().getAddress(), lab.address().getPort());
        socket.setEnabledProtocols(new String[] {version});
        return socket;
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait(); // Ended by the timeout of the class.
            Thread.yield();
        }
    }
}
