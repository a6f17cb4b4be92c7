package io.cyphonic.signaling.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.signaling.net.AddressText;
import io.cyphonic.signaling.protocol.RelayServer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;

class CloudConfigFileTest {
    private static final String VALID =
            """
            zone: lab.internal
            listen:
              - "192.0.2.1:7500"
              - 2001:db8::1
            network:
              ipv4: 10.121.0.0/16
              ipv6: "fd00:1:2:3::/64"
            keep-alive-seconds: 20
            certificate-days: 7
            login-hours: 6
            metrics:
              listen: "[::1]:9448"
            relay:
              port: 7500
              tls-port: 0
              path-megabits: 50
            relays:
              - 2 203.0.113.9:7448 [2001:db8::9]:7449 tls=443
            """;

    @TempDir Path directory;

    @Test
    void shouldReadEveryKey() {
        CloudConfig config = CloudConfigFile.parse("cloud.yaml", VALID);

        assertThat(config)
                .isEqualTo(
                        new CloudConfig(
                                "lab.internal",
                                List.of(
                                        SocketAddresses.parse("192.0.2.1:7500"),
                                        SocketAddresses.parse("[2001:db8::1]:7447")),
                                IpPrefix.parse("10.121.0.0/16"),
                                IpPrefix.parse("fd00:1:2:3::/64"),
                                20,
                                7,
                                6,
                                7449,
                                AddressText.parse("[::1]:9448", -1),
                                new RelayConfig(
                                        7500,
                                        0,
                                        50,
                                        List.of(
                                                new RelayServer(
                                                        2,
                                                        SocketAddresses.parse("203.0.113.9:7448"),
                                                        SocketAddresses.parse("[2001:db8::9]:7449"),
                                                        443)))));
    }

    @Test
    void shouldReadBackWhatItWrote() throws Exception {
        CloudConfig config =
                CloudConfig.withDefaults(
                        CloudConfig.DEFAULT_ZONE,
                        List.of(
                                SocketAddresses.parse("192.0.2.1"),
                                SocketAddresses.parse("2001:db8::1")),
                        new SecureRandom());
        Path file = directory.resolve("cloud.yaml");

        CloudConfigFile.write(file, config);

        assertThat(CloudConfigFile.load(file)).isEqualTo(config);
    }

    @Test
    void shouldReadBackWhereTheMetricsAreServed() {
        CloudConfig config = CloudConfigFile.parse("cloud.yaml", VALID);

        assertThat(CloudConfigFile.parse("cloud.yaml", CloudConfigFile.render(config)))
                .isEqualTo(config);
    }

    @Test
    void shouldRefuseMetricsWithoutAPort() {
        String portless = VALID.replace("\"[::1]:9448\"", "127.0.0.1");

        assertThatThrownBy(() -> CloudConfigFile.parse("cloud.yaml", portless))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("metrics.listen: '127.0.0.1' is not allowed")
                .hasMessageContaining("ADDRESS:PORT");
    }

    @Test
    void shouldRefuseRelaysThatMakeNoSense() {
        for (String wrong :
                List.of(
                        "1 203.0.113.9:7448",
                        "2",
                        "two 203.0.113.9",
                        "2 203.0.113.9 203.0.113.10",
                        "2 203.0.113.9 tls=0",
                        "70000 203.0.113.9")) {
            String text = VALID.replaceFirst("- 2 203.*", "- \"" + wrong + "\"");
            assertThatThrownBy(() -> CloudConfigFile.parse("cloud.yaml", text))
                    .as(wrong)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("relays");
        }
    }

    @Test
    void shouldUseDefaultsWhenNumbersAreLeftOut() {
        String shorter = VALID.substring(0, VALID.indexOf("keep-alive"));

        CloudConfig config = CloudConfigFile.parse("cloud.yaml", shorter);

        assertThat(config.keepAliveSeconds()).isEqualTo(15);
        assertThat(config.certificateDays()).isEqualTo(30);
        assertThat(config.loginHours()).isEqualTo(24);
    }

    /** Each row replaces a piece of the valid file and says how the complaint must begin. */
    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "login-hours: 6      | logn-hours: 6         | cloud.yaml:10: unknown key"
                        + " 'logn-hours' (value '6'); allowed are certificate-days",
                "ipv4: 10            | ipv5: 10              | cloud.yaml:6: unknown key"
                        + " 'network.ipv5' (value '10.121.0.0/16'); allowed are ipv4, ipv6",
                "seconds: 20         | seconds: 3            | cloud.yaml:8: keep-alive-seconds:"
                        + " '3' is not allowed; allowed is 5 to 300",
                "seconds: 20         | seconds: soon         | cloud.yaml:8: keep-alive-seconds:"
                        + " 'soon' is not allowed: not a whole number",
                "seconds: 20         | seconds:              | cloud.yaml:8: keep-alive-seconds:"
                        + " found ''; needs one value",
                "days: 7             | days: 366             | cloud.yaml:9: certificate-days:"
                        + " '366' is not allowed; allowed is 1 to 365",
                "zone: lab.internal  | zone: Lab_1           | cloud.yaml:1: zone: 'Lab_1' is not"
                        + " allowed; allowed is a DNS zone",
                "zone: lab.internal  | # no zone             | cloud.yaml:2: zone: missing",
                "192.0.2.1:7500      | host.example:7500     | cloud.yaml:3: listen:"
                        + " 'host.example:7500' is not allowed: not an IPv4 or IPv6 address",
                "192.0.2.1:7500      | 192.0.2.1:70000       | cloud.yaml:3: listen:"
                        + " '192.0.2.1:70000' is not allowed: the port is not 1 to 65535",
                "192.0.2.1:7500      | 0.0.0.0:7500          | cloud.yaml:3: listen: '0.0.0.0:7500'"
                        + " is not allowed; allowed is an address of this machine",
                "192.0.2.1:7500      | [2001:db8::1]:7447    | cloud.yaml:3: listen:"
                        + " '[2001:db8::1]:7447 twice' is not allowed",
                "10.121.0.0/16       | 10.121.0.0            | cloud.yaml:6: network.ipv4:"
                        + " '10.121.0.0' is not allowed: no prefix length",
                "10.121.0.0/16       | 10.121.0.1/16         | cloud.yaml:6: network.ipv4:"
                        + " '10.121.0.1/16' is not allowed: 10.121.0.1 has bits set beyond /16",
                "10.121.0.0/16       | fd00::/64             | cloud.yaml:6: network.ipv4:"
                        + " 'fd00::/64' is not allowed; allowed is an IPv4 network",
                "ipv4: 10.121.0.0/16 | ipv4: [a, b]          | cloud.yaml:6: network.ipv4: found 'a"
                        + " list'; needs one value",
                "zone: lab.internal  | zone: [a              | cloud.yaml:",
                "zone: lab.internal  | login-hours: 5        | cloud.yaml:10: login-hours: given"
                        + " twice",
            })
    void shouldNameFileLineKeyValueAndWhatIsAllowed(
            String found, String replacement, String complaint) {
        String text = VALID.replace(found, replacement);

        assertThatThrownBy(() -> CloudConfigFile.parse("cloud.yaml", text))
                .isInstanceOf(ConfigException.class)
                .message()
                .startsWith(complaint)
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "''",
                "just text",
                "- a",
                "'!!javax.script.ScriptEngineManager []'",
                "'a: &x [*x]'"
            })
    void shouldRefuseWhatIsNoConfiguration(String text) {
        assertThatThrownBy(() -> CloudConfigFile.parse("cloud.yaml", text))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("cloud.yaml");
    }

    @Test
    void shouldSayHowToMakeACloudWhenThereIsNoFile() {
        assertThatThrownBy(() -> CloudConfigFile.load(directory.resolve("cloud.yaml")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no such file")
                .hasMessageContaining("init");
    }
}
