package io.cyphonic.signaling.protocol;

/**
 * How far a relay is from a node.
 *
 * @param relayId which relay
 * @param millis measured round trip in milliseconds, 0 to 65534; {@link #UNREACHABLE} if the relay
 *     did not answer
 */
public record RelayRoundTrip(int relayId, int millis) {
    /** The relay does not answer. */
    public static final int UNREACHABLE = 65_535;
}
