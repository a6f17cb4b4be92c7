package io.cyphonic.signaling.registry;

import static io.cyphonic.signaling.registry.RegistrySamples.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.net.Inet4Address;
import java.net.Inet6Address;

class OverlayNetworkTest {
    private static OverlayNetwork network(
            String ipv4, int ipv4Length, String ipv6, int ipv6Length) {
        return new OverlayNetwork(
                "z.internal",
                (Inet4Address) address(ipv4),
                ipv4Length,
                (Inet6Address) address(ipv6),
                ipv6Length);
    }

    @Test
    void shouldUseEveryHostOfASmallPrefixOnce() {
        final OverlayNetwork network = network("10.0.0.8", 29, "fd00::", 64);
        int number = 0;
        for (int expected = 1; expected <= 6; expected++) {
            number = network.nextNumber(number);
            assertThat(number).isEqualTo(expected);
            assertThat(network.ipv4(number)).isEqualTo(address("10.0.0." + (8 + expected)));
        }

        assertThat(network.nextNumber(number)).isZero();
    }

    @Test
    void shouldSkipNetworkAndBroadcastLookalikes() {
        final OverlayNetwork network = network("10.121.0.0", 16, "fd00::", 64);

        assertThat(network.nextNumber(253)).isEqualTo(254);
        assertThat(network.nextNumber(254)).isEqualTo(257);
        assertThat(network.ipv4(257)).isEqualTo(address("10.121.1.1"));
        assertThat(network.ipv6(257)).isEqualTo(address("fd00::101"));
        assertThat(network.nextNumber(65_534)).isZero();
    }

    @Test
    void shouldRefusePrefixesOutOfRange() {
        assertThatThrownBy(() -> network("10.0.0.1", 16, "fd00::", 64))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("10.0.0.1/16");
        assertThatThrownBy(() -> network("10.0.0.0", 31, "fd00::", 64))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("8 to 30");
        assertThatThrownBy(() -> network("10.0.0.0", 16, "fd00::", 97))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () ->
                                new OverlayNetwork(
                                        "Z.internal",
                                        (Inet4Address) address("10.0.0.0"),
                                        16,
                                        (Inet6Address) address("fd00::"),
                                        64))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Z.internal");
    }
}
