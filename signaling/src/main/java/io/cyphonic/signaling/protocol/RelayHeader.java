package io.cyphonic.signaling.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads and writes the header before what goes through a relay, in place, in a byte array.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * | type = 0x47   | flags         | counter (48 bits)             |
 * +---------------+---------------+                               |
 * |                                                               |
 * +---------------------------------------------------------------+
 * | channel                                                       |
 * +---------------------------------------------------------------+
 * | code (8 bytes)                                                |
 * |                                                               |
 * +---------------------------------------------------------------+
 * | any other datagram of this protocol ...
 * +----------------------------------
 * </pre>
 *
 * <p>Big-endian. The relay looks at nothing behind the header and forwards the whole datagram as it
 * came; the node at the other end skips the header without a look: what is behind it authenticates
 * itself. The code ({@code RelaySeal} in the handshake package) tells the relay that the sender
 * holds the channel's key. Only bit 0 of the flags is in use; the others are sent as zero.
 *
 * <p>Static methods without state; no allocation, no bounds check beyond the array's own.
 */
public final class RelayHeader {
    /** Length of the header in bytes. */
    public static final int LENGTH = 20;

    /** Offset of the type byte. */
    public static final int TYPE_FIELD_OFFSET = 0;

    /** Offset of the flags byte. */
    public static final int FLAGS_FIELD_OFFSET = 1;

    /** Offset of the 48-bit counter. */
    public static final int COUNTER_FIELD_OFFSET = 2;

    /** Offset of the 32-bit channel. */
    public static final int CHANNEL_FIELD_OFFSET = 8;

    /** Offset of the 64-bit code. */
    public static final int CODE_FIELD_OFFSET = 12;

    /** Side, in the flags: the initiator of the path. */
    public static final int INITIATOR = 0;

    /** Side, in the flags: the responder of the path. */
    public static final int RESPONDER = 1;

    /** Highest counter; a channel that reached it is of no further use. */
    public static final long MAX_COUNTER = (1L << 48) - 1;

    private static final int SIDE_MASK = 0x01;
    private static final long PREFIX = (long) DatagramType.RELAY << 56;

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private RelayHeader() {}

    /**
     * Writes everything but the code at {@code offset}.
     *
     * @param side {@link #INITIATOR} or {@link #RESPONDER}
     * @param counter 0 to {@link #MAX_COUNTER}, rises with every datagram on the channel
     */
    public static void write(byte[] buffer, int offset, int side, long counter, int channel) {
        LONG.set(buffer, offset, PREFIX | (long) side << 48 | counter);
        INT.set(buffer, offset + CHANNEL_FIELD_OFFSET, channel);
    }

    /** Whether the datagram can be one behind a relay header: its type, and room for a header. */
    public static boolean isRelayed(byte[] buffer, int offset, int length) {
        return length > LENGTH && buffer[offset] == DatagramType.RELAY;
    }

    /** Whether all bits of the flags that have no meaning are zero. */
    public static boolean hasKnownFlags(byte[] buffer, int offset) {
        return (buffer[offset + FLAGS_FIELD_OFFSET] & ~SIDE_MASK) == 0;
    }

    /** The side that the header at {@code offset} claims to come from. */
    public static int side(byte[] buffer, int offset) {
        return buffer[offset + FLAGS_FIELD_OFFSET] & SIDE_MASK;
    }

    /** The counter of the header at {@code offset}. */
    public static long counter(byte[] buffer, int offset) {
        return (long) LONG.get(buffer, offset) & MAX_COUNTER;
    }

    /** The channel of the header at {@code offset}. */
    public static int channel(byte[] buffer, int offset) {
        return (int) INT.get(buffer, offset + CHANNEL_FIELD_OFFSET);
    }
}
