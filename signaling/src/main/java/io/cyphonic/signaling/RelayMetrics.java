package io.cyphonic.signaling;

import io.cyphonic.signaling.metrics.MetricsSource;
import io.cyphonic.signaling.metrics.MetricsWriter;
import io.cyphonic.signaling.relay.RelayService;

/** The figures of the relay. Listed in docs/metrics.md. */
final class RelayMetrics implements MetricsSource {
    private final RelayService relay;

    RelayMetrics(RelayService relay) {
        this.relay = relay;
    }

    @Override
    public void collect(MetricsWriter out) {
        out.counter(
                "cyphonic_relay_datagrams",
                "Datagrams to the relay, by what became of them.",
                "outcome",
                relay.counters().snapshot());
        out.gauge("cyphonic_relay_channels", "Channels of the relay at present.", relay.channels());
    }
}
