package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.packet.HeaderBytes;
import io.cyphonic.engine.packet.SuperPacketCutter;
import io.cyphonic.engine.session.CapsuleCipher;
import io.cyphonic.engine.session.RelayChannel;
import io.cyphonic.engine.session.Session;
import io.cyphonic.signaling.handshake.RelaySeal;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.lang.foreign.MemorySegment;

/**
 * Outbound worker: cuts the packets of a slot into segments and seals each into a capsule. Touches
 * nothing but its slot and its own cipher, so any number of them run side by side.
 */
final class SealHandler implements SlotWorker<OutboundSlot> {
    private final SuperPacketCutter cutter = new SuperPacketCutter();
    private final CapsuleCipher cipher;

    /** The front of a relayed capsule, while its header is made. */
    private final byte[] relayed = new byte[RelaySeal.FULL_LENGTH + HeaderBytes.BLOCK];

    private int capsule;
    private int position;

    SealHandler(CapsuleCipher cipher) {
        this.cipher = cipher;
    }

    @Override
    public void process(OutboundSlot slot) {
        capsule = 0;
        position = 0;
        for (int entry = 0; entry < slot.entries; entry++) {
            if ((slot.entryFlags[entry] & OutboundSlot.CONTROL) != 0) {
                sealOne(
                        slot,
                        entry,
                        CapsuleHeader.FLAG_CONTROL | urgentFlag(slot, entry),
                        0,
                        slot.firstCounter[entry],
                        slot.entryOffset[entry],
                        slot.entryLength[entry]);
            } else {
                sealPacket(slot, entry);
            }
        }
    }

    private void sealPacket(OutboundSlot slot, int entry) {
        SuperPacketCutter packet = cutter;
        if (packet.parse(slot.in, slot.entryOffset[entry], slot.entryLength[entry])
                != SuperPacketCutter.OK) {
            throw new IllegalStateException("the stage let a malformed packet through");
        }
        int first = slot.firstSegment[entry];
        int count = slot.segmentCount[entry];
        boolean cut = packet.segmentCount() > 1;
        int urgent = urgentFlag(slot, entry);
        long counter = slot.firstCounter[entry] - first;
        for (int index = first; index < first + count; index++) {
            packet.make(index);
            int flags =
                    (packet.partialChecksum() ? CapsuleHeader.FLAG_PARTIAL_CHECKSUM : 0)
                            | (cut ? CapsuleHeader.FLAG_SEGMENT : 0)
                            | urgent;
            int data = cut ? CapsuleHeader.segmentData(packet.headerLength(), index) : 0;
            sealOne(
                    slot,
                    entry,
                    flags,
                    data,
                    counter + index,
                    packet.segmentOffset(index),
                    packet.segmentLength(index));
        }
    }

    private static int urgentFlag(OutboundSlot slot, int entry) {
        boolean urgent = (slot.entryFlags[entry] & OutboundSlot.URGENT) != 0;
        return urgent ? CapsuleHeader.FLAG_URGENT : 0;
    }

    private void sealOne(
            OutboundSlot slot,
            int entry,
            int flags,
            int segmentData,
            long counter,
            int offset,
            int length) {
        Session session = slot.session[entry];
        RelayChannel relay = slot.relay[entry];
        int at = relay == null ? position : position + RelayChannel.HEADER_LENGTH;
        CapsuleHeader.write(slot.out, at, flags, segmentData, session.peerReceiverIndex(), counter);
        int sealed = cipher.seal(session.sealKey(), counter, slot.in, offset, length, slot.out, at);
        int datagram = sealed <= 0 ? 0 : at + sealed - position;
        if (relay != null && datagram > 0) {
            long relayCounter = slot.relayCounter[entry] + counter - slot.firstCounter[entry];
            wrap(relay, slot.out, datagram, relayCounter);
        }
        slot.capsuleEntry[capsule] = entry;
        slot.capsuleOffset[capsule] = position;
        slot.capsuleLength[capsule] = datagram;
        capsule++;
        position += datagram;
    }

    /** The header is made in an array, with what its code covers of the capsule behind it. */
    private void wrap(RelayChannel relay, MemorySegment out, int datagram, long relayCounter) {
        int header = RelayChannel.HEADER_LENGTH;
        int covered = Math.min(RelaySeal.FULL_LENGTH, datagram) - header;
        HeaderBytes.read(out, position + header, relayed, header, covered);
        relay.wrap(relayed, 0, datagram, relayCounter);
        HeaderBytes.write(relayed, 0, out, position, header);
    }

    @Override
    public void close() {
        cipher.close();
    }
}
