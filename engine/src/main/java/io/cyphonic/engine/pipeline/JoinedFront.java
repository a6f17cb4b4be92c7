package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.packet.HeaderBytes;
import io.cyphonic.engine.packet.SuperPacketCutter;
import io.cyphonic.engine.packet.SuperPacketJoiner;
import io.cyphonic.signaling.net.VirtioNetHeader;

/**
 * Makes the front of a super-packet (virtio header, IP and transport headers) beside the packets it
 * is made of, and puts it before their payloads. The headers of the packets stay as they were: the
 * device may refuse the whole, and then they go one by one.
 *
 * <p>Owned by the deliverer. Does not allocate.
 */
final class JoinedFront {
    private final byte[] front =
            new byte[VirtioNetHeader.LENGTH + SuperPacketCutter.MAX_HEADER_LENGTH];

    /**
     * Joins neighbours whose payloads are in a row behind the header of the first.
     *
     * @param header bytes of IP and transport headers of each
     * @param payload bytes of all
     */
    void join(InboundSlot slot, int first, int last, int header, int payload) {
        int head = VirtioNetHeader.LENGTH;
        System.arraycopy(slot.headers, InboundSlot.headerAt(first), front, head, header);
        SuperPacketJoiner.join(
                front,
                head,
                header,
                payload,
                slot.packetLength[first] - header,
                slot.headers,
                InboundSlot.headerAt(last));
        int at = slot.packetOffset[first] - VirtioNetHeader.LENGTH;
        HeaderBytes.write(front, 0, slot.out, at, VirtioNetHeader.LENGTH + header);
    }
}
