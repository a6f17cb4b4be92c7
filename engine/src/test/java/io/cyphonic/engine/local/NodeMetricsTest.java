package io.cyphonic.engine.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.signaling.metrics.MetricsPage;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

class NodeMetricsTest {
    private final FakeNode node = new FakeNode();

    private String page() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new MetricsPage(List.of(new NodeMetrics(node))).write(null, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shouldShowEveryCounterUnderItsName() throws IOException {
        node.counters().newLane().add(Counter.UDP_SENDS, 4);

        String page = page();

        assertThat(page).contains("cyphonic_udp_sends_total 4.0\n");
        for (Counter counter : Counter.values()) {
            assertThat(page)
                    .contains("# TYPE cyphonic_" + counter.name().toLowerCase(Locale.ROOT) + "_");
        }
    }

    @Test
    void shouldShowDropsRingsAndTasks() throws IOException {
        assertThat(page())
                .contains("cyphonic_dropped_packets_total{reason=\"outbound_no_tunnel\"} 7.0\n")
                .contains("cyphonic_ring_occupied_slots{direction=\"outbound\"} 3.0\n")
                .contains("cyphonic_control_tasks{state=\"running\"} 2.0\n")
                .contains("cyphonic_control_tasks{state=\"waiting\"} 5.0\n")
                .contains("cyphonic_control_tasks_started_total 40.0\n")
                .contains("cyphonic_control_task_seconds_total 1.5\n");
    }

    @Test
    void shouldLeaveOutWhatWasNotMeasured() throws IOException {
        assertThat(page())
                .contains("cyphonic_peers{state=\"up\"} 1.0\n")
                .contains(
                        "cyphonic_peer_sent_bytes_total{peer=\"bob.cyphonic.internal\"}"
                                + " 2500000.0\n")
                .contains(
                        "cyphonic_peer_path{path=\"direct\",peer=\"bob.cyphonic.internal\"} 1.0\n")
                .doesNotContain("cyphonic_peer_rtt_seconds{");
    }
}
