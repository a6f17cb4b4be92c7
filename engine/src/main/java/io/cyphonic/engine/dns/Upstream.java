package io.cyphonic.engine.dns;

import java.util.Optional;

/** Answers for the zones that are not ours. Thread-safe; a call waits, bounded. */
@FunctionalInterface
interface Upstream {
    /**
     * Passes a query on.
     *
     * @param query a whole DNS message
     * @param stream whether it came over TCP, so that a long answer has room
     * @return the answer with the id of the query; empty if nobody answered in time
     */
    Optional<byte[]> ask(byte[] query, boolean stream);
}
