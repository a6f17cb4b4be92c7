package io.cyphonic.signaling.metrics;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * The figures of a process in the text format that the reader asks for: Prometheus 0.0.4 or
 * OpenMetrics 1.0. Besides those of its sources it has the usual ones of a Java process ({@code
 * process_*}, {@code jvm_*}), without the two that stop the world to be known: the states of
 * threads, and deadlocks.
 *
 * <p>One scrape at a time; others wait for it.
 */
public final class MetricsPage {
    private final ExpositionFormats formats = ExpositionFormats.init();
    private final PrometheusRegistry java = new PrometheusRegistry();
    private final List<MetricsSource> sources;

    /** A page with the figures of these sources, in this order. */
    public MetricsPage(List<MetricsSource> sources) {
        this.sources = List.copyOf(sources);
        ProcessMetrics.builder().register(java);
        JvmMemoryMetrics.builder().register(java);
        JvmBufferPoolMetrics.builder().register(java);
        JvmGarbageCollectorMetrics.builder().register(java);
        JvmRuntimeInfoMetric.builder().register(java);
    }

    /** What {@link #write} will write for a request that accepts these types. */
    String contentType(String accept) {
        return writer(accept).getContentType();
    }

    private ExpositionFormatWriter writer(String accept) {
        return formats.findWriter(accept);
    }

    /**
     * Writes the figures of this moment.
     *
     * @param accept the Accept header of the request, or {@code null}
     */
    public synchronized void write(String accept, OutputStream out) throws IOException {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        java.scrape().forEach(all::metricSnapshot);
        MetricsWriter writer = new MetricsWriter(all);
        sources.forEach(source -> source.collect(writer));
        writer(accept).write(out, all.build());
    }
}
