package io.cyphonic.engine.local;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
                        "packetsOut");
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
        assertThat((Map<?, ?>) section("engine").get("drops"))
                .isEqualTo(Map.of("OUTBOUND_NO_TUNNEL", 7, "INBOUND_REPLAYED", 0));
    }

    @Test
    void shouldServeTheSameCountersOverHttp() throws Exception {
        try (MetricsServer server =
                        MetricsServer.open(
                                new InetSocketAddress("127.0.0.1", 0),
                                () -> MetricsPage.of(new FakeNode()));
                HttpClient client = HttpClient.newHttpClient()) {
            URI page = URI.create("http://127.0.0.1:" + server.address().getPort() + "/metrics");

            HttpResponse<String> answer =
                    client.send(
                            HttpRequest.newBuilder(page).build(),
                            HttpResponse.BodyHandlers.ofString());

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body())
                    .contains(
                            "cyphonic_engine_dropped_packets_total{reason=\"outbound_no_tunnel\"}"
                                    + " 7\n")
                    .contains("cyphonic_peers{state=\"up\"} 1\n")
                    .contains(
                            "cyphonic_peer_sent_bytes_total{peer=\"bob.cyphonic.internal\"}"
                                    + " 2500000");
        }
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
