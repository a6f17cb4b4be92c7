package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.net.Endpoint;

/** Where the relay's verdicts go. Called by the thread that calls {@link RelayLogic}. */
@FunctionalInterface
public interface RelayOutput {
    /**
     * Sends {@code length} bytes as datagrams of {@code segmentLength} bytes, the last of which may
     * be shorter; at most what one send of the transport takes.
     *
     * @return whether all were taken
     */
    boolean send(byte[] buffer, int offset, int length, int segmentLength, Endpoint to);
}
