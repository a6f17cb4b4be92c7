package io.cyphonic.signaling.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;

class AddressTextTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1",
        "2001:db8:0:0:0:0:0:1, 2001:db8::1",
        "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "0:0:0:0:0:0:0:0, ::",
        "0:0:0:0:0:0:0:1, ::1",
        "fd00:0:0:0:0:0:0:0, fd00::",
    })
    void shouldWriteAddressesCanonically(String text, String canonical) {
        assertThat(AddressText.format(InetAddress.ofLiteral(text))).isEqualTo(canonical);
    }

    @Test
    void shouldReadAndWriteAnAddressWithItsPort() {
        InetSocketAddress address = AddressText.parse("[2001:db8:0::1]:7447", -1).orElseThrow();

        assertThat(AddressText.format(address)).isEqualTo("[2001:db8::1]:7447");
        assertThat(Endpoint.of(address)).hasToString("[2001:db8::1]:7447");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "1.2.3.4",
                "1.2.3:80",
                "1.2.3.4:0",
                "1.2.3.4:65536",
                "1.2.3.4:a",
                "::1:80",
                "[::1]80",
                "[::1",
                "host:80",
                "[1.2.3.4]:-1",
                "0x7f.0.0.1:80"
            })
    void shouldRefuseWhatIsNoAddressWithAPort(String text) {
        assertThat(AddressText.parse(text, -1)).isEmpty();
    }
}
