package io.cyphonic.signaling.cluster;

import io.cyphonic.signaling.metrics.MetricsSource;
import io.cyphonic.signaling.metrics.MetricsWriter;
import io.cyphonic.signaling.protocol.sbe.Status;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What the cluster log has to show. Any thread may count. */
final class ClusterMetrics implements MetricsSource {
    private final RegistryService service;
    private final Map<Status, LongAdder> writes = new EnumMap<>(Status.class);
    private final LongAdder writeNanos = new LongAdder();

    ClusterMetrics(RegistryService service) {
        this.service = service;
        for (Status status : Status.values()) {
            if (status != Status.NULL_VAL) {
                writes.put(status, new LongAdder());
            }
        }
    }

    void count(Status status, long nanos) {
        LongAdder adder = writes.get(status);
        if (adder != null) {
            adder.increment();
        }
        writeNanos.add(nanos);
    }

    @Override
    public void collect(MetricsWriter out) {
        out.gauge(
                "cyphonic_cluster_leader",
                "Whether this member leads the cluster: 1 or 0.",
                service.isLeader() ? 1 : 0);
        out.gauge(
                "cyphonic_cluster_applied_position_bytes",
                "Position in the log up to which everything is applied.",
                service.appliedPosition());
        Map<Status, Long> counts = new EnumMap<>(Status.class);
        writes.forEach((status, adder) -> counts.put(status, adder.sum()));
        out.counter(
                "cyphonic_registry_writes",
                "Writes to the registry through the log, by outcome.",
                "status",
                counts);
        out.counter(
                "cyphonic_registry_write_seconds",
                "Time these writes took until they were on disk and applied, all together.",
                writeNanos.sum() * 1e-9);
    }
}
