package io.cyphonic.signaling.protocol;

/**
 * The right of one end of one path to use one relay for a while. Made by the NMS, carried in the
 * route directions; the relay derives the same key from what the node says of it, so that nobody
 * keeps a list of grants. The path id is that of the message around it.
 *
 * @param relay where
 * @param side {@link RelayHeader#INITIATOR} or {@link RelayHeader#RESPONDER}
 * @param expiryMillis when it ends, milliseconds since 1970
 * @param limit most the relay forwards for this end, in kilobytes (1000 bytes) per second
 * @param channelKey {@value #KEY_LENGTH} secret bytes
 */
public record RelayGrant(
        RelayServer relay, int side, long expiryMillis, int limit, byte[] channelKey) {
    /** Length of a channel key in bytes. */
    public static final int KEY_LENGTH = 16;

    /** Without the key. */
    @Override
    public String toString() {
        return "RelayGrant[relay=%d, side=%d, expiryMillis=%d, limit=%d]"
                .formatted(relay.id(), side, expiryMillis, limit);
    }
}
