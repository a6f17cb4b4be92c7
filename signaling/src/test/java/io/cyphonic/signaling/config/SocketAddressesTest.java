package io.cyphonic.signaling.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SocketAddressesTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.1,             192.0.2.1:7447",
        "192.0.2.1:80,          192.0.2.1:80",
        "2001:db8::1,           [2001:db8::1]:7447",
        "[2001:db8::1],         [2001:db8::1]:7447",
        "[2001:db8::1]:80,      [2001:db8::1]:80",
        "::,                    [::]:7447",
        "::1,                   [::1]:7447",
        "fe80::,                [fe80::]:7447",
        "1:0:0:2:0:0:0:3,       [1:0:0:2::3]:7447",
        "1:0:0:2:0:0:3:4,       [1::2:0:0:3:4]:7447",
        "1:0:2:3:4:5:6:7,       [1:0:2:3:4:5:6:7]:7447",
    })
    void shouldReadEveryForm(String text, String expected) {
        assertThat(SocketAddresses.format(SocketAddresses.parse(text))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":80",
                "localhost",
                "7447",
                "10.1",
                "192.0.2.1:",
                "192.0.2.1:0",
                "192.0.2.1:65536",
                "192.0.2.1:x",
                "[::1",
                "[::1]x",
                "[::1]:",
                "[192.0.2.999]:1",
                "example.org:80"
            })
    void shouldRefuseEverythingElse(String text) {
        assertThatThrownBy(() -> SocketAddresses.parse(text))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
