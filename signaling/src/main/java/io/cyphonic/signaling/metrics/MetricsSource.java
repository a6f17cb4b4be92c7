package io.cyphonic.signaling.metrics;

/** A part of the process that has figures to show. */
@FunctionalInterface
public interface MetricsSource {
    /**
     * Writes the figures of this moment. Called at each scrape, by one thread at a time, on a
     * virtual thread; must not wait. Allocates as it likes: it is not part of any packet's way.
     */
    void collect(MetricsWriter out);
}
