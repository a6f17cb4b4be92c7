package io.cyphonic.signaling.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

class MetricsServerTest {
    private static final InetSocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 0);
    private static final Pattern SAMPLE =
            Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*(\\{.*\\})? [-+0-9.eEInfNa]+");

    private final List<MetricsSource> sources = new ArrayList<>();

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        try (MetricsServer server = MetricsServer.open(LOOPBACK, sources);
                HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.address().getPort() + path);
            HttpRequest.Builder request = HttpRequest.newBuilder(uri);
            if (headers.length > 0) {
                request.headers(headers);
            }
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void shouldServeWhatTheSourcesWriteWhenScraped() throws Exception {
        sources.add(out -> out.counter("cyphonic_things", "Things so far.", 3));
        sources.add(
                out ->
                        out.gauge(
                                "cyphonic_heat", "By \"place\".", s -> s.value(0.5, "at", "a\"b")));
        sources.add(new ProcessSource(null));

        HttpResponse<String> answer = get("/metrics");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
                .startsWith("text/plain; version=0.0.4");
        assertThat(answer.body())
                .contains("# HELP cyphonic_things_total Things so far.\n")
                .contains("# TYPE cyphonic_things_total counter\ncyphonic_things_total 3.0\n")
                .contains("cyphonic_heat{at=\"a\\\"b\"} 0.5\n")
                .contains("process_cpu_seconds_total ")
                .contains("jvm_memory_used_bytes{area=\"heap\"} ")
                .contains("jvm_gc_collection_seconds_count{gc=")
                .contains("cyphonic_build_info{version=\"development\"} 1")
                .contains("cyphonic_process_context_switches_total{kind=\"voluntary\"} ");
    }

    @Test
    void shouldWriteOnlyLinesThatPrometheusReads() throws Exception {
        sources.add(new ProcessSource("1.0"));

        for (String line : get("/metrics").body().split("\n")) {
            assertThat(line.startsWith("# ") || SAMPLE.matcher(line).matches()).as(line).isTrue();
        }
    }

    @Test
    void shouldServeOpenMetricsWhenAskedForIt() throws Exception {
        HttpResponse<String> answer =
                get("/metrics", "Accept", "application/openmetrics-text; version=1.0.0");

        assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
                .startsWith("application/openmetrics-text");
        assertThat(answer.body()).endsWith("# EOF\n");
    }

    @Test
    void shouldSayThatItFailedWhenASourceFails() throws Exception {
        sources.add(
                _ -> {
                    throw new IllegalStateException("injected");
                });

        assertThat(get("/metrics").statusCode()).isEqualTo(500);
    }

    @Test
    void shouldServeNothingElse() throws Exception {
        assertThat(get("/").statusCode()).isEqualTo(404);
        assertThat(get("/metrics/../etc/passwd").statusCode()).isEqualTo(404);
    }

    @Test
    void shouldNameTheKeyWhenItCannotListen() throws Exception {
        try (MetricsServer first = MetricsServer.open(LOOPBACK, sources)) {
            assertThatThrownBy(() -> MetricsServer.open(first.address(), sources))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("metrics.listen");
        }
    }
}
