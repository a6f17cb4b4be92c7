package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.handshake.RelaySeal;
import io.cyphonic.signaling.handshake.RelaySealBatch;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.RelayHeader;

/**
 * Neighbours on one channel in a joined batch. Every datagram has its own code, for the kernel
 * joins what seems to come from one address, whoever sent it. But channel and source are looked up
 * once for all of them, and their codes are computed together.
 *
 * <p>Owned by the relay's thread; does not allocate.
 */
final class ChannelRun {
    private final RelayTable table;
    private final RelaySealBatch codes = new RelaySealBatch();

    private ReceivedDatagrams batch;
    private RelayStream stream;
    private RelayChannel channel;
    private boolean fromItsSource;

    // Where the neighbours begin whose codes were computed, and where they end, in the buffer.
    private int computedFrom;
    private int computedTo;

    /** Up to here there are too few neighbours to compute their codes together. */
    private int singlesTo;

    ChannelRun(RelayTable table) {
        this.table = table;
    }

    /** Begins with what one receive call returned. */
    void begin(ReceivedDatagrams newBatch, RelayStream from) {
        batch = newBatch;
        stream = from;
        interrupt();
    }

    /** Something may have changed the channels: nothing is known about the next datagram. */
    void interrupt() {
        channel = null;
        computedTo = 0;
        singlesTo = 0;
    }

    /** The channel that the datagram at an offset names, or {@code null}. */
    RelayChannel channelAt(int offset) {
        int number = RelayHeader.channel(batch.buffer, offset);
        if (channel == null || channel.number != number) {
            channel = table.find(number);
            fromItsSource = channel != null && channel.isBoundTo(batch, stream);
        }
        return channel;
    }

    /** Whether that channel is bound to the source of the batch. */
    boolean isFromItsSource() {
        return fromItsSource;
    }

    /**
     * Whether the code of a datagram on that channel is right.
     *
     * @param length more than {@link RelayHeader#LENGTH}
     */
    boolean isAuthentic(int offset, int length) {
        int segment = batch.segmentLength;
        if (offset >= computedTo && offset >= singlesTo) {
            int count = neighbours(offset, segment);
            if (count >= RelaySealBatch.WORTHWHILE) {
                codes.compute(channel.seal, batch.buffer, offset, segment, count);
                computedFrom = offset;
                computedTo = offset + count * segment;
            } else {
                singlesTo = offset + Math.max(1, count) * segment;
            }
        }
        return offset < computedTo
                ? codes.isRight((offset - computedFrom) / segment)
                : channel.seal.verify(batch.buffer, offset, length);
    }

    /** How many datagrams of full length on this channel there are from an offset on. */
    private int neighbours(int offset, int segment) {
        if (segment < RelaySeal.FULL_LENGTH) {
            return 0;
        }
        byte[] buffer = batch.buffer;
        int at = offset;
        int count = 0;
        while (count < RelaySealBatch.CAPACITY
                && at + segment <= batch.length
                && buffer[at] == DatagramType.RELAY
                && RelayHeader.channel(buffer, at) == channel.number) {
            at += segment;
            count++;
        }
        return count;
    }
}
