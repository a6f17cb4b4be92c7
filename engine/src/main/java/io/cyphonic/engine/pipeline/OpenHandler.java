package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.packet.HeaderBytes;
import io.cyphonic.engine.packet.SuperPacketCutter;
import io.cyphonic.engine.session.CapsuleCipher;
import io.cyphonic.engine.session.Session;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.lang.foreign.MemorySegment;

/**
 * Inbound worker: opens the capsules of a slot. Neighbours that say they are segments of one
 * super-packet are opened so that their payloads end up in a row, without copying:
 *
 * <pre>
 *   out:  [head 0][payload 0      ][payload 1      ][payload 2 ]
 *                           [head 1]         [head 2]
 * </pre>
 *
 * Each is opened to where its header ends just before its payload's place, the last one first, so
 * that the payload of the one before overwrites the header, which was kept aside first. A forged
 * capsule spoils its own stretch only; the deliverer then puts the kept header back in front of the
 * next and goes on from there.
 */
final class OpenHandler implements SlotWorker<InboundSlot> {
    /** Shortest IP and transport headers: IPv4 and UDP. */
    private static final int MIN_HEADER_LENGTH = 28;

    private final CapsuleCipher cipher;

    OpenHandler(CapsuleCipher cipher) {
        this.cipher = cipher;
    }

    @Override
    public void process(InboundSlot slot) {
        int capsule = 0;
        while (capsule < slot.capsules) {
            int end = endOfRow(slot, capsule);
            if (end == capsule + 1) {
                // Where the ciphertext was: leaves room for a virtio header in front.
                slot.keptHeader[capsule] = 0;
                open(slot, capsule, slot.offset[capsule] + CapsuleHeader.LENGTH);
                keepHeader(slot, capsule, InboundSlot.HEADER_CAPACITY);
            } else {
                openRow(slot, capsule, end);
            }
            capsule = end;
        }
    }

    /**
     * First capsule that does not follow in the row. What is read here is not authenticated yet; a
     * lie makes opening fail, as it is all associated data.
     */
    private static int endOfRow(InboundSlot slot, int first) {
        MemorySegment in = slot.in;
        int at = slot.offset[first];
        int flags = CapsuleHeader.flags(in, at);
        int data = CapsuleHeader.segmentData(in, at);
        int header = CapsuleHeader.innerHeaderLength(data);
        int length = slot.length[first];
        boolean segment =
                (flags & CapsuleHeader.FLAG_SEGMENT) != 0
                        && (flags & CapsuleHeader.FLAG_CONTROL) == 0
                        && header >= MIN_HEADER_LENGTH
                        && header <= SuperPacketCutter.MAX_HEADER_LENGTH
                        && length > CapsuleHeader.OVERHEAD + header;
        int end = first + 1;
        if (!segment) {
            return end;
        }
        Session session = slot.session[first];
        long counter = CapsuleHeader.counter(in, at);
        while (end < slot.capsules && slot.length[end - 1] == length) {
            int next = slot.offset[end];
            int step = end - first;
            int expected =
                    CapsuleHeader.segmentData(header, CapsuleHeader.segmentIndex(data) + step);
            boolean follows =
                    slot.session[end] == session
                            && CapsuleHeader.counter(in, next) == counter + step
                            && CapsuleHeader.flags(in, next) == flags
                            && CapsuleHeader.segmentData(in, next) == expected
                            && slot.length[end] <= length
                            && slot.length[end] > CapsuleHeader.OVERHEAD + header;
            if (!follows) {
                break;
            }
            end++;
        }
        return end;
    }

    private void openRow(InboundSlot slot, int first, int end) {
        int at = slot.offset[first];
        int header = CapsuleHeader.innerHeaderLength(CapsuleHeader.segmentData(slot.in, at));
        int payload = slot.length[first] - CapsuleHeader.OVERHEAD - header;
        int base = at + CapsuleHeader.LENGTH;
        for (int capsule = end - 1; capsule >= first; capsule--) {
            int to = base + (capsule - first) * payload;
            open(slot, capsule, to);
            slot.keptHeader[capsule] = header;
            keepHeader(slot, capsule, header);
        }
    }

    private static void keepHeader(InboundSlot slot, int capsule, int most) {
        HeaderBytes.read(
                slot.out,
                slot.packetOffset[capsule],
                slot.headers,
                InboundSlot.headerAt(capsule),
                Math.min(slot.packetLength[capsule], most));
    }

    private void open(InboundSlot slot, int capsule, int to) {
        int at = slot.offset[capsule];
        slot.packetOffset[capsule] = to;
        slot.packetLength[capsule] =
                cipher.open(
                        slot.session[capsule].openKey(),
                        CapsuleHeader.counter(slot.in, at),
                        slot.in,
                        at,
                        slot.length[capsule],
                        slot.out,
                        to);
    }

    @Override
    public void close() {
        cipher.close();
    }
}
