package io.cyphonic.engine.local;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** The keys are the contract of {@code status --json}; scripts outside the project read them. */
class StatusReportTest {
    private final Map<String, Object> report = reread(StatusReport.of(new FakeNode()));

    @Test
    void shouldHaveEveryKeyOfTheContract() {
        assertThat(report).containsOnlyKeys("node", "cloud", "engine", "peers");
        assertThat(section("node"))
                .containsKeys("fqdn", "virtualIpv4", "virtualIpv6", "state", "interface", "mtu");
        assertThat(section("cloud")).containsKeys("address", "reachable");
        assertThat(section("engine"))
                .containsKeys("mode", "ringSize", "workers", "offloads", "threads", "drops");
        assertThat((Map<?, ?>) section("engine").get("threads"))
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
                .containsOnlyKeys("platform", "virtual");
        assertThat(peer())
                .containsOnlyKeys(
                        "fqdn",
                        "virtualIpv4",
                        "virtualIpv6",
                        "state",
                        "path",
                        "endpoint",
                        "rttMillis",
                        "pathMtu",
                        "handshakeAgeSeconds",
                        "bytesIn",
                        "bytesOut",
                        "packetsIn",
                        "packetsOut",
                        "pathChanges",
                        "outages",
                        "lastOutageMillis",
                        "worstOutageMillis");
    }

    @Test
    void shouldUseTheWordsOfTheContract() {
        assertThat(section("node")).containsEntry("state", "registered");
        assertThat(section("engine")).containsEntry("mode", "adaptive");
        assertThat(peer())
                .containsEntry("state", "up")
                .containsEntry("path", "direct")
                .containsEntry("endpoint", "192.0.2.3:41000")
                .containsEntry("rttMillis", null);
        assertThat(section("engine")).containsEntry("outOfOrder", 2);
        assertThat((Map<?, ?>) section("engine").get("drops"))
                .isEqualTo(Map.of("OUTBOUND_NO_TUNNEL", 7, "INBOUND_REPLAYED", 0));
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> section(String key) {
        return (Map<String, Object>) report.get(key);
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> peer() {
        return (Map<String, Object>) ((List<?>) report.get("peers")).getFirst();
    }

    private static Map<String, Object> reread(Map<String, Object> report) {
        try {
            return JsonText.read(JsonText.line(report));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
