package io.cyphonic.signaling.admin;

import java.time.Duration;

/** What an operator can do to a cloud. Thread-safe. */
public interface Administration extends AutoCloseable {
    /** Life of an invitation when nothing else is said. */
    Duration DEFAULT_INVITATION_LIFE = Duration.ofHours(24);

    /** Longest life of an invitation. */
    Duration MAX_INVITATION_LIFE = Duration.ofDays(30);

    /**
     * Makes a single-use invitation; one that is still open for the name ends.
     *
     * @param name label under the zone or full name in it, in any case
     * @param life one second to {@link #MAX_INVITATION_LIFE}
     * @return the line to hand to the node
     */
    String invite(String name, Duration life) throws AdministrationException;

    /** Every device and every open invitation. */
    Inventory devices() throws AdministrationException;

    /**
     * Revokes a device for good and withdraws an open invitation of that name.
     *
     * @return the full name
     */
    String revoke(String name) throws AdministrationException;

    /** Releases what the implementation holds. */
    @Override
    void close() throws AdministrationException;
}
