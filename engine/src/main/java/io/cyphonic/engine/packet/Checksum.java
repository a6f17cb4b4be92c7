package io.cyphonic.engine.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The internet checksum (RFC 1071). The engine sums headers only and leaves payloads to the kernel;
 * {@link #complete} is for devices that do not take partial checksums. Static, no allocation.
 */
public final class Checksum {
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private Checksum() {}

    /** Adds up 16-bit words; an odd last byte counts as the upper half of a word. */
    public static long sum(byte[] buffer, int offset, int length) {
        long sum = 0;
        int position = offset;
        int end = offset + length;
        for (; position + 4 <= end; position += 4) {
            sum += (int) IpPacket.INT.get(buffer, position) & 0xFFFF_FFFFL;
        }
        if (position + 2 <= end) {
            sum += IpPacket.unsignedShort(buffer, position);
            position += 2;
        }
        if (position < end) {
            sum += (buffer[position] & 0xFF) << 8;
        }
        return sum;
    }

    /** Folds the carries of a sum into 16 bits; not complemented. */
    public static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & 0xFFFF_FFFFL);
        folded = (folded >>> 16) + (folded & 0xFFFF);
        folded = (folded >>> 16) + (folded & 0xFFFF);
        folded = (folded >>> 16) + (folded & 0xFFFF);
        return (int) folded;
    }

    /** Sum of the pseudo-header (RFC 9293, RFC 8200 section 8.1) without the length. */
    static long pseudoHeader(byte[] buffer, int offset, int protocol) {
        return protocol
                + (IpPacket.version(buffer, offset) == 4
                        ? sum(buffer, offset + 12, 8)
                        : sum(buffer, offset + 8, 32));
    }

    /**
     * Turns the partial checksum of a packet off the heap into the real one.
     *
     * @param offset where the packet begins
     * @param length of the packet
     * @param start where the summed part begins, from the packet's start
     * @param field where the checksum is, from {@code start}; holds the pseudo-header sum
     * @param udp a checksum of 0 means "none" there and is sent as 0xFFFF
     */
    public static void complete(
            MemorySegment packet, long offset, int length, int start, int field, boolean udp) {
        int sum = ~fold(sum(packet, offset + start, length - start)) & 0xFFFF;
        int written = udp && sum == 0 ? 0xFFFF : sum;
        packet.set(SHORT, offset + start + field, (short) written);
    }

    private static long sum(MemorySegment packet, long offset, int length) {
        long sum = 0;
        long position = offset;
        long end = offset + length;
        for (; position + 4 <= end; position += 4) {
            sum += packet.get(INT, position) & 0xFFFF_FFFFL;
        }
        if (position + 2 <= end) {
            sum += packet.get(SHORT, position) & 0xFFFF;
            position += 2;
        }
        if (position < end) {
            sum += (packet.get(ValueLayout.JAVA_BYTE, position) & 0xFF) << 8;
        }
        return sum;
    }
}
