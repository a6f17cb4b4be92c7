package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.SignalingNetwork;
import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.engine.fixtures.SimulatedOverlay;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.DatagramType;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;

class HostileInputTest {
    private static final long SEED = 97;
    private static final Endpoint SOMEBODY = Endpoint.of(new InetSocketAddress("10.66.6.6", 666));
    private static final byte[] TYPES = {
        DatagramType.TUNNEL_REQUEST,
        DatagramType.TUNNEL_RESPONSE,
        DatagramType.COOKIE_REPLY,
        DatagramType.CONTROL,
        0,
        (byte) 0xFF
    };

    @TempDir Path directory;

    private final Random random = new Random(SEED);
    private SimulatedOverlay overlay;
    private SimulatedNode alpha;
    private SimulatedNode beta;

    @BeforeEach
    void start() throws Exception {
        overlay = new SimulatedOverlay(SEED, directory);
        alpha = overlay.node("alpha");
        beta = overlay.node("beta");
        overlay.awaitRegistered();
        overlay.network().recording(true);
        overlay.connect(alpha, beta);
        overlay.advance(Duration.ofSeconds(3));
        overlay.network().recording(false);
    }

    @AfterEach
    void stop() {
        overlay.close();
    }

    @Test
    void shouldCountEachDatagramOnceWhenItIsRandom() {
        for (int i = 0; i < 3000; i++) {
            byte[] datagram = new byte[random.nextInt(1500)];
            random.nextBytes(datagram);
            if (datagram.length > 0) {
                datagram[0] = TYPES[random.nextInt(TYPES.length)];
            }
            if (datagram.length > 4 && random.nextBoolean()) {
                datagram[1] = 1;
                datagram[2] = (byte) (1 + random.nextInt(2));
                datagram[3] = 0;
            }
            assertCountedOnce(() -> alpha.plane().onSignalingDatagram(datagram, SOMEBODY), i);
        }
        assertUnchanged();
    }

    @Test
    void shouldCountEachDatagramOnceWhenABitOfARealOneIsFlipped() {
        List<SignalingNetwork.Sent> real =
                overlay.network().recorded().stream()
                        .filter(sent -> sent.datagram()[0] != DatagramType.CAPSULE)
                        .filter(sent -> sent.to().equals(beta.endpoint()))
                        .toList();
        assertThat(real).hasSizeGreaterThan(1);
        for (int i = 0; i < 1000; i++) {
            SignalingNetwork.Sent sent = real.get(random.nextInt(real.size()));
            byte[] datagram = sent.datagram().clone();
            // The first byte decides what it is, the last sixteen are a cookie that is not asked
            // for.
            int at = 1 + random.nextInt(datagram.length - 17);
            datagram[at] ^= (byte) (1 << random.nextInt(8));
            assertCountedOnce(() -> beta.plane().onSignalingDatagram(datagram, sent.from()), i);
        }
        assertUnchanged();
    }

    @Test
    void shouldCountEachCapsuleOnceWhenItsMessageIsRandom() {
        for (int i = 0; i < 3000; i++) {
            byte[] message = new byte[random.nextInt(100)];
            random.nextBytes(message);
            assertCountedOnce(() -> alpha.plane().onControlMessage(0, message, SOMEBODY), i);
        }
        assertUnchanged();
    }

    @Test
    void shouldSurviveWhenTunnelIndicesAreMadeUp() {
        for (int i = 0; i < 100; i++) {
            alpha.plane().onEndpointChanged(random.nextInt(), SOMEBODY);
            alpha.plane().onSessionConfirmed(random.nextInt(), random.nextInt());
        }
        overlay.advance(Duration.ofSeconds(1));
        assertUnchanged();
    }

    @Test
    void shouldSendNothingIntoTheOverlayWhenAPeerSpeaksFromThere() {
        Endpoint inside =
                Endpoint.of(new InetSocketAddress(beta.certificate().virtualIpv4(), 7000));
        byte[] request =
                overlay.network().recorded().stream()
                        .map(SignalingNetwork.Sent::datagram)
                        .filter(datagram -> datagram[0] == DatagramType.TUNNEL_REQUEST)
                        .findFirst()
                        .orElseThrow();
        overlay.network().recording(true);

        assertCountedOnce(() -> beta.plane().onSignalingDatagram(request, inside), 0);
        for (int tunnel = 0; tunnel < 64; tunnel++) {
            int index = tunnel;
            assertCountedOnce(() -> alpha.plane().onEndpointChanged(index, inside), index);
        }

        overlay.advance(Duration.ofSeconds(5));
        assertThat(overlay.network().recorded())
                .noneMatch(sent -> sent.to().equals(inside) || sent.from().equals(inside));
        assertUnchanged();
    }

    private void assertCountedOnce(Runnable input, int round) {
        int before = alpha.drops() + beta.drops();
        input.run();
        overlay.advance(Duration.ofMillis(1));
        assertThat(alpha.drops() + beta.drops() - before)
                .as("round %d, seed %d", round, SEED)
                .isEqualTo(1);
    }

    private void assertUnchanged() {
        assertThat(alpha.isUp(beta)).isTrue();
        assertThat(beta.isUp(alpha)).isTrue();
        assertThat(alpha.plane().peers()).hasSize(1);
        TunnelAssertions.assertMatchingKeys(alpha, beta);
    }
}
