package io.cyphonic.engine.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Random;

class PortPredictionTest {
    private static InetSocketAddress at(int port) {
        return new InetSocketAddress("198.51.100.1", port);
    }

    @Test
    void shouldGoOnCountingAsTheNatDid() {
        List<InetSocketAddress> guesses = PortPrediction.guess(List.of(at(40_002), at(40_000)));

        assertThat(guesses).contains(at(40_004), at(40_006), at(39_998));
        assertThat(guesses).doesNotContain(at(40_000), at(40_002));
        assertThat(guesses).hasSizeLessThanOrEqualTo(PortPrediction.MAX_GUESSES);
    }

    @Test
    void shouldGuessNothingWhenPortsAreDrawnAtRandom() {
        assertThat(PortPrediction.guess(List.of(at(40_000), at(51_234)))).isEmpty();
    }

    @Test
    void shouldGuessNothingWhenEverybodySeesTheSamePort() {
        assertThat(PortPrediction.guess(List.of(at(40_000), at(40_000)))).isEmpty();
        assertThat(PortPrediction.guess(List.of())).isEmpty();
    }

    @Test
    void shouldGuessNothingForIpv6WhichHasNoSuchNats() {
        InetSocketAddress one = new InetSocketAddress("2001:db8::1", 4000);
        InetSocketAddress two = new InetSocketAddress("2001:db8::1", 4001);

        assertThat(PortPrediction.guess(List.of(one, two))).isEmpty();
    }

    @Test
    void shouldStayWithinItsLimitsWhateverWasSeen() {
        Random random = new Random(4);
        for (int i = 0; i < 1_000; i++) {
            int base = 1 + random.nextInt(65_500);
            List<InetSocketAddress> guesses =
                    PortPrediction.guess(
                            List.of(at(base), at(Math.min(65_535, base + random.nextInt(100)))));
            assertThat(guesses).hasSizeLessThanOrEqualTo(PortPrediction.MAX_GUESSES);
            assertThat(guesses).allSatisfy(each -> assertThat(each.getPort()).isPositive());
        }
    }
}
