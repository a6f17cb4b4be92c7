package io.cyphonic.engine.pipeline;

/**
 * When the adaptive mode hands batches over to the workers. A hand-over costs two thread wake-ups
 * per batch and pays only where another core can take the work.
 *
 * @param enabled whether the staging thread ever hands over
 * @param fullBatches so many full batches in a row, the source never empty in between, are a
 *     backlog
 */
public record HandOverPolicy(boolean enabled, int fullBatches) {
    /** Two directions stage on a core each; workers need at least one more. */
    private static final int MIN_PROCESSORS = 3;

    private static final int DEFAULT_FULL_BATCHES = 4;

    /** The policy for a machine with so many processors. */
    public static HandOverPolicy forProcessors(int processors) {
        return new HandOverPolicy(processors >= MIN_PROCESSORS, DEFAULT_FULL_BATCHES);
    }
}
