package io.cyphonic.signaling.protocol;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Writes and reads the capsule header in place, in the memory off the heap where capsules are.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * | type = 0x44   | flags         | segment data                  |
 * +---------------+---------------+-------------------------------+
 * | receiver index                                                |
 * +---------------------------------------------------------------+
 * | counter                                                       |
 * |                                                               |
 * +---------------------------------------------------------------+
 * | sealed inner packet ...                        | tag (16)     |
 * +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Big-endian. The sixteen bytes of the header are the associated data of the AEAD; the counter
 * is its nonce. A capsule carries one inner IP packet, whole: a lost capsule costs that packet and
 * no other. Where the kernel handed over a super-packet (TCP or UDP segmentation offload), each
 * capsule carries one of its segments with full headers, and the segment data lets the receiver
 * join neighbours again without parsing: bits 15 to 6 hold the length of the inner IP and transport
 * headers in bytes, bits 5 to 0 the index of the segment in its super-packet (modulo 64).
 *
 * <p>Static methods without state; no allocation, no bounds check beyond that of the memory.
 */
public final class CapsuleHeader {
    /** Length of the header in bytes. */
    public static final int LENGTH = 16;

    /** Length of the authentication tag behind the sealed packet in bytes. */
    public static final int TAG_LENGTH = 16;

    /** What a capsule adds to an inner packet, in bytes. */
    public static final int OVERHEAD = LENGTH + TAG_LENGTH;

    /** Offset of the type byte. */
    public static final int TYPE_FIELD_OFFSET = 0;

    /** Offset of the flags byte. */
    public static final int FLAGS_FIELD_OFFSET = 1;

    /** Offset of the 16-bit segment data. */
    public static final int SEGMENT_DATA_FIELD_OFFSET = 2;

    /** Offset of the 32-bit receiver index. */
    public static final int RECEIVER_INDEX_FIELD_OFFSET = 4;

    /** Offset of the 64-bit counter. */
    public static final int COUNTER_FIELD_OFFSET = 8;

    /**
     * Flag: the inner transport checksum holds the sum of the pseudo-header only. The receiving
     * kernel completes it if it ever leaves that machine (VIRTIO_NET_HDR_F_NEEDS_CSUM).
     */
    public static final int FLAG_PARTIAL_CHECKSUM = 0x01;

    /** Flag: the inner packet is a segment of a super-packet and the segment data is valid. */
    public static final int FLAG_SEGMENT = 0x02;

    /**
     * Flag: the packet (UrgentPacket in the net package) or message is urgent: the receiver may
     * take it before capsules without this flag that came earlier. Capsules with it and without
     * have a replay window each.
     */
    public static final int FLAG_URGENT = 0x04;

    /** Flag: the payload is a control message (SBE), not an inner packet. */
    public static final int FLAG_CONTROL = 0x80;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private CapsuleHeader() {}

    /** Writes the whole header at {@code offset}. */
    public static void write(
            MemorySegment memory,
            long offset,
            int flags,
            int segmentData,
            int receiverIndex,
            long counter) {
        // One store for four fields: the cipher reads them as a word at once, and a processor
        // cannot answer a load from several stores that are still under way.
        long first =
                (long) DatagramType.CAPSULE << 56
                        | (flags & 0xFFL) << 48
                        | (segmentData & 0xFFFFL) << 32
                        | receiverIndex & 0xFFFF_FFFFL;
        memory.set(LONG, offset + TYPE_FIELD_OFFSET, first);
        memory.set(LONG, offset + COUNTER_FIELD_OFFSET, counter);
    }

    /** The flags of the header at {@code offset}, 0 to 255. */
    public static int flags(MemorySegment received, long offset) {
        return received.get(ValueLayout.JAVA_BYTE, offset + FLAGS_FIELD_OFFSET) & 0xFF;
    }

    /** The segment data of the header at {@code offset}, 0 to 65535. */
    public static int segmentData(MemorySegment received, long offset) {
        return received.get(SHORT, offset + SEGMENT_DATA_FIELD_OFFSET) & 0xFFFF;
    }

    /** The receiver index of the header at {@code offset}. */
    public static int receiverIndex(MemorySegment received, long offset) {
        return received.get(INT, offset + RECEIVER_INDEX_FIELD_OFFSET);
    }

    /** The counter of the header at {@code offset}. */
    public static long counter(MemorySegment received, long offset) {
        return received.get(LONG, offset + COUNTER_FIELD_OFFSET);
    }

    /**
     * Packs segment data.
     *
     * @param headerLength inner IP and transport headers together, 0 to 1023 bytes
     * @param segmentIndex position in the super-packet; only its low six bits are kept
     */
    public static int segmentData(int headerLength, int segmentIndex) {
        return headerLength << 6 | segmentIndex & 0x3F;
    }

    /** The inner header length in bytes packed in {@code segmentData}. */
    public static int innerHeaderLength(int segmentData) {
        return segmentData >>> 6;
    }

    /** The segment index (modulo 64) packed in {@code segmentData}. */
    public static int segmentIndex(int segmentData) {
        return segmentData & 0x3F;
    }
}
