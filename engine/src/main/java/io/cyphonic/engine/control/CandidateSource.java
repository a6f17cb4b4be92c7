package io.cyphonic.engine.control;

import io.cyphonic.signaling.protocol.Candidate;

import java.util.List;

/**
 * Where this node can be reached besides the addresses of its interfaces, as far as it knows at
 * present: asked whenever the node registers, and every few seconds. Thread-safe; never waits.
 */
@FunctionalInterface
public interface CandidateSource {
    /** Most candidates of a source. */
    int MAX_CANDIDATES = 6;

    /** Knows nothing. */
    CandidateSource NONE = List::of;

    /** At most {@value #MAX_CANDIDATES}, in a fixed order as long as nothing changes. */
    List<Candidate> candidates();
}
