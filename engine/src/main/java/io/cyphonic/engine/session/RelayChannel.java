package io.cyphonic.engine.session;

import io.cyphonic.signaling.handshake.RelaySeal;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.RelayHeader;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A tunnel's channel through a relay: where the relay is, and what it takes to be let through.
 * Replaced as a whole when the relay gives another channel. Thread-safe.
 *
 * <p>The counter is shared by the outbound stage and by whoever sends a handshake through the
 * relay; one atomic addition for each packet or super-packet is all it costs, and only tunnels that
 * are relayed pay it. {@link #wrap(byte[], int, int, long)} does not allocate.
 */
public final class RelayChannel {
    /** What a relayed datagram is longer by, in bytes. */
    public static final int HEADER_LENGTH = RelayHeader.LENGTH;

    private final Endpoint endpoint;
    private final int channel;
    private final int side;
    private final RelaySeal seal;
    private final AtomicLong counter;

    /**
     * A channel as the relay gave it.
     *
     * @param endpoint the relay's
     * @param side {@link RelayHeader#INITIATOR} or {@link RelayHeader#RESPONDER}
     * @param channelKey not kept
     * @param firstCounter above all that were used for this channel before
     */
    public RelayChannel(
            Endpoint endpoint, int channel, int side, byte[] channelKey, long firstCounter) {
        this.endpoint = endpoint;
        this.channel = channel;
        this.side = side;
        this.seal = new RelaySeal(channelKey);
        this.counter = new AtomicLong(firstCounter);
    }

    /** Where the relay is. */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** The number the relay gave. */
    public int channel() {
        return channel;
    }

    /** The first of so many counters that nobody else gets. */
    public long reserve(int count) {
        return counter.getAndAdd(count);
    }

    /**
     * Writes the header in front of a datagram that is in place behind it, or at least as much of
     * it as the code covers ({@link RelaySeal#FULL_LENGTH} with the header).
     *
     * @param offset of the header
     * @param length of header and datagram
     * @param relayCounter reserved before
     */
    public void wrap(byte[] buffer, int offset, int length, long relayCounter) {
        RelayHeader.write(buffer, offset, side, relayCounter & RelayHeader.MAX_COUNTER, channel);
        seal.seal(buffer, offset, length);
    }

    /** A signaling datagram with its header; a copy. */
    public byte[] wrap(byte[] datagram, int length) {
        byte[] wrapped = new byte[HEADER_LENGTH + length];
        System.arraycopy(datagram, 0, wrapped, HEADER_LENGTH, length);
        wrap(wrapped, 0, wrapped.length, reserve(1));
        return wrapped;
    }
}
