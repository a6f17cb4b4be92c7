package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.packet.SuperPacketCutter;
import io.cyphonic.engine.packet.SuperPacketJoiner;
import io.cyphonic.signaling.net.VirtioNetHeader;

import java.lang.foreign.MemorySegment;

/**
 * UDP packets of one flow that came in capsules of their own, one after the other and of one
 * length: they go to the host in one write, as the super-packet they would have been had the sender
 * handed them over in one piece. A write costs more than moving the payloads together does.
 *
 * <pre>
 *   before:  ... [head 0][payload 0] .... [head 1][payload 1] .... [head 2][payload 2]
 *   after:   ... [head 0][payload 0][payload 1][payload 2]
 * </pre>
 *
 * Payloads only move towards the front, and never over one that has not moved yet, because what
 * lies between two packets (their capsule's header and tag) and the head is longer than nothing.
 *
 * <p>Owned by the deliverer. Does not allocate.
 */
final class DatagramRow {
    private final TunWriter tun;
    private final JoinedFront front = new JoinedFront();
    private final SuperPacketCutter cutter = new SuperPacketCutter();

    private InboundSlot slot;
    private int head;
    private int header;
    private int perSegment;
    private int payload;

    DatagramRow(TunWriter tun) {
        this.tun = tun;
    }

    /**
     * Finds out how many packets after the first may join it.
     *
     * @param mayFollow the capsules up to this one (exclusive) hold packets to be delivered
     * @return the first capsule that does not join
     */
    int find(InboundSlot slot, int first, int mayFollow) {
        this.slot = slot;
        head = slot.packetOffset[first];
        int headAt = InboundSlot.headerAt(first);
        byte[] headers = slot.headers;
        header = SuperPacketJoiner.udpHeaderLength(headers, headAt, slot.packetLength[first]);
        int end = first + 1;
        if (header == 0 || !tun.joins(true)) {
            return end;
        }
        perSegment = slot.packetLength[first] - header;
        payload = perSegment;
        while (end < mayFollow) {
            int next = slot.packetLength[end] - header;
            int at = InboundSlot.headerAt(end);
            boolean joins =
                    next > 0
                            && next <= perSegment
                            && SuperPacketJoiner.udpHeaderLength(
                                            headers, at, slot.packetLength[end])
                                    == header
                            && SuperPacketJoiner.continues(
                                    headers, headAt, headers, at, header, payload, next);
            if (!joins) {
                break;
            }
            payload += next;
            end++;
            if (next < perSegment) {
                break;
            }
        }
        return end;
    }

    /**
     * Moves the row found last together and writes it, in one piece if the device takes it, else
     * packet by packet.
     *
     * @return how many packets were written
     */
    int write(int first, int end) {
        int to = head + header + perSegment;
        for (int capsule = first + 1; capsule < end; capsule++) {
            int length = slot.packetLength[capsule] - header;
            int from = slot.packetOffset[capsule] + header;
            MemorySegment.copy(slot.out, from, slot.out, to, length);
            to += length;
        }
        front.join(slot, first, end - 1, header, payload);
        if (tun.writeSuperPacket(slot.out, head, header + payload, true)) {
            return end - first;
        }
        return writeSingly();
    }

    private int writeSingly() {
        int written = 0;
        cutter.parse(
                slot.out, head - VirtioNetHeader.LENGTH, VirtioNetHeader.LENGTH + header + payload);
        int count = cutter.segmentCount();
        for (int index = 0; index < count; index++) {
            cutter.make(index);
            int at = cutter.segmentOffset(index);
            int result = tun.write(slot.out, at, cutter.segmentLength(index), cutter.transport());
            written += result > 0 ? 1 : 0;
        }
        return written;
    }

    /** Bytes of the packets of the row found last, headers included. */
    int bytes(int count) {
        return count * header + payload;
    }
}
