/**
 * Figures of a running process for Prometheus: nodes and the cloud use it alike.
 *
 * <p>A part of the process that has something to show is a {@link
 * io.cyphonic.signaling.metrics.MetricsSource}; it is asked at each scrape and only then, so that
 * showing costs nothing while nobody looks. Names, units and meanings are listed in {@code
 * docs/metrics.md}.
 */
package io.cyphonic.signaling.metrics;
