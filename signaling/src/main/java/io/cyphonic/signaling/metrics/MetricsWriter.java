package io.cyphonic.signaling.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;

import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Takes the figures of one scrape. Names start with {@code cyphonic_} and end with their unit, in
 * base units (seconds, bytes); those of counters are given without {@code _total}, which the format
 * adds. A name may be used once per scrape.
 *
 * <p>Labels must have bounded sets of values: enums, directions, and peers up to a limit.
 */
public final class MetricsWriter {
    private final MetricSnapshots.Builder snapshots;

    MetricsWriter(MetricSnapshots.Builder snapshots) {
        this.snapshots = snapshots;
    }

    /** A figure that goes up and down. */
    public void gauge(String name, String help, double value) {
        gauge(name, help, series -> series.value(value));
    }

    /** A figure that goes up and down, by labels. */
    public void gauge(String name, String help, Consumer<Series> points) {
        GaugeSnapshot.Builder family = GaugeSnapshot.builder().name(name).help(help);
        points.accept(
                (value, labels) ->
                        family.dataPoint(
                                GaugeDataPointSnapshot.builder()
                                        .value(value)
                                        .labels(Labels.of(labels))
                                        .build()));
        snapshots.metricSnapshot(family.build());
    }

    /** A count since the start of the process. */
    public void counter(String name, String help, double value) {
        counter(name, help, series -> series.value(value));
    }

    /** A count since the start of the process, by labels. */
    public void counter(String name, String help, Consumer<Series> points) {
        CounterSnapshot.Builder family = CounterSnapshot.builder().name(name).help(help);
        points.accept(
                (value, labels) ->
                        family.dataPoint(
                                CounterDataPointSnapshot.builder()
                                        .value(value)
                                        .labels(Labels.of(labels))
                                        .build()));
        snapshots.metricSnapshot(family.build());
    }

    /** One count per constant of an enum, under the label's value in lower case. */
    public void counter(
            String name, String help, String label, Map<? extends Enum<?>, Long> counts) {
        counter(
                name,
                help,
                series ->
                        counts.forEach(
                                (constant, count) -> series.value(count, label, lower(constant))));
    }

    /** A constant 1 that carries facts as labels. */
    public void info(String name, String help, String... labels) {
        snapshots.metricSnapshot(
                InfoSnapshot.builder()
                        .name(name)
                        .help(help)
                        .dataPoint(
                                InfoDataPointSnapshot.builder().labels(Labels.of(labels)).build())
                        .build());
    }

    /** An enum constant as a label's value. */
    public static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The points of one family. */
    @FunctionalInterface
    public interface Series {
        /**
         * Adds a point.
         *
         * @param labels name, value, name, value ...; the same names for every point of the family
         */
        void value(double value, String... labels);
    }
}
