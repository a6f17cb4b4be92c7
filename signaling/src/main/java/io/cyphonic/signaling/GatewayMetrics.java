package io.cyphonic.signaling;

import io.cyphonic.signaling.gateway.TlsGateway;
import io.cyphonic.signaling.metrics.MetricsSource;
import io.cyphonic.signaling.metrics.MetricsWriter;

/** The figures of the TLS gateway. Listed in docs/metrics.md. */
final class GatewayMetrics implements MetricsSource {
    private final TlsGateway gateway;

    GatewayMetrics(TlsGateway gateway) {
        this.gateway = gateway;
    }

    @Override
    public void collect(MetricsWriter out) {
        out.counter(
                "cyphonic_gateway_events",
                "Connections to the TLS gateway and datagrams on them, by what became of them.",
                "outcome",
                gateway.counters().snapshot());
        out.gauge(
                "cyphonic_gateway_open_connections",
                "Connections the TLS gateway serves at present.",
                gateway.openConnections());
    }
}
