package io.cyphonic.signaling.handshake;

import io.cyphonic.signaling.protocol.RelayHeader;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The code in a {@link RelayHeader}: SipHash-2-4 with 64 bits of output (Aumasson and Bernstein,
 * INDOCRYPT 2012) under the key of the channel. It covers, in this order,
 *
 * <ul>
 *   <li>the first twelve bytes of the header: type, flags, counter, channel;
 *   <li>the length of the whole datagram, header included, as four bytes, big-endian;
 *   <li>the first 32 bytes behind the header, or what there is of them.
 * </ul>
 *
 * That is enough: what a relay must know is that the sender of a datagram holds the key and that
 * the datagram is not an old one with other content. The content itself is sealed end to end, and
 * for every datagram of this protocol the bytes covered hold its own type, index, and counter.
 *
 * <p>Immutable, so safe for any number of threads; does not allocate. The key stays in two fields
 * until this object is collected; it opens no packet, it only lets one pass a relay.
 *
 * <p>Written here rather than taken from Bouncy Castle, whose {@code SipHash} is a mutable object
 * that takes its key anew for every message and would have to be owned by one thread. The tests
 * compare both.
 */
public final class RelaySeal {
    /** Length of the key in bytes. */
    public static final int KEY_LENGTH = 16;

    /** Most bytes behind the header that the code covers. */
    public static final int COVERED_LENGTH = 32;

    /** From this length on, a datagram has all the bytes that the code can cover. */
    public static final int FULL_LENGTH = RelayHeader.LENGTH + COVERED_LENGTH;

    private static final int PREFIX_LENGTH = 16;

    /** Whole words of the message of such a datagram; the last block has no byte of it. */
    static final int FULL_WORDS = (PREFIX_LENGTH + COVERED_LENGTH) / Long.BYTES;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final long k0;
    private final long k1;

    /**
     * For one channel.
     *
     * @param channelKey {@value #KEY_LENGTH} bytes; not kept
     */
    public RelaySeal(byte[] channelKey) {
        if (channelKey.length != KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "a channel key has %d bytes, found %d"
                            .formatted(KEY_LENGTH, channelKey.length));
        }
        k0 = (long) LONG.get(channelKey, 0);
        k1 = (long) LONG.get(channelKey, Long.BYTES);
    }

    /**
     * Writes the code into the header at {@code offset}; the rest of the header and what follows
     * must be there.
     *
     * @param length of the datagram in bytes, header included
     */
    public void seal(byte[] buffer, int offset, int length) {
        LONG.set(buffer, offset + RelayHeader.CODE_FIELD_OFFSET, code(buffer, offset, length));
    }

    /**
     * Whether the code in the header at {@code offset} is right.
     *
     * @param length of the datagram in bytes, more than {@link RelayHeader#LENGTH}
     */
    public boolean verify(byte[] buffer, int offset, int length) {
        return codeOf(buffer, offset) == code(buffer, offset, length);
    }

    /** One of the four words of the state before the first block. */
    long initial(int word) {
        return switch (word) {
            case 0 -> k0 ^ 0x736f6d6570736575L;
            case 1 -> k1 ^ 0x646f72616e646f6dL;
            case 2 -> k0 ^ 0x6c7967656e657261L;
            default -> k1 ^ 0x7465646279746573L;
        };
    }

    /** First word of the message: type, flags, counter. */
    static long word0(byte[] buffer, int offset) {
        return (long) LONG.get(buffer, offset);
    }

    /** Second word of the message: channel and length. */
    static long word1(byte[] buffer, int offset, int length) {
        return Integer.toUnsignedLong((int) INT.get(buffer, offset + 8))
                | (long) Integer.reverseBytes(length) << 32;
    }

    /** A word of what is behind the header. */
    static long coveredWord(byte[] buffer, int offset, int index) {
        return (long) LONG.get(buffer, offset + RelayHeader.LENGTH + (index << 3));
    }

    /** The code that the header says. */
    static long codeOf(byte[] buffer, int offset) {
        return (long) LONG.get(buffer, offset + RelayHeader.CODE_FIELD_OFFSET);
    }

    private long code(byte[] buffer, int offset, int length) {
        long v0 = initial(0);
        long v1 = initial(1);
        long v2 = initial(2);
        long v3 = initial(3);
        int covered = Math.min(COVERED_LENGTH, length - RelayHeader.LENGTH);
        int words = (PREFIX_LENGTH + covered) >>> 3;
        for (int i = 0; i <= words; i++) {
            long m;
            if (i == words) {
                m = last(buffer, offset + RelayHeader.LENGTH, covered);
            } else if (i > 1) {
                m = coveredWord(buffer, offset, i - 2);
            } else {
                m = i == 0 ? word0(buffer, offset) : word1(buffer, offset, length);
            }
            v3 ^= m;
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 = Long.rotateLeft(v2, 32);
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= m;
        }
        v2 ^= 0xFF;
        for (int round = 0; round < 4; round++) {
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 = Long.rotateLeft(v2, 32);
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }

    /** The last block: the bytes that fill no word, and the length of the message. */
    private static long last(byte[] buffer, int behind, int covered) {
        long m = (long) (PREFIX_LENGTH + covered) << 56;
        int end = behind + covered;
        int shift = 0;
        for (int i = end - (covered & 7); i < end; i++) {
            m |= (buffer[i] & 0xFFL) << shift;
            shift += 8;
        }
        return m;
    }
}
