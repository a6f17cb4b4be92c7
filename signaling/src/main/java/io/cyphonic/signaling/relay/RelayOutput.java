package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.net.Endpoint;

/** Where the relay's verdicts go. Called by the thread that calls {@link RelayLogic}. */
public interface RelayOutput {
    /**
     * Passes {@code length} bytes on as datagrams of {@code segmentLength} bytes, the last of which
     * may be shorter; at most what one send of the transport takes. Whoever implements it counts
     * each of them as {@link RelayCounter#FORWARDED} or {@link RelayCounter#SEND_FAILED}, as soon
     * as that is known. The buffer is the caller's again afterwards.
     */
    void forward(byte[] buffer, int offset, int length, int segmentLength, Endpoint to);

    /** Sends an answer of the relay itself, or loses it: it is asked for again. Not counted. */
    void answer(byte[] datagram, Endpoint to);
}
