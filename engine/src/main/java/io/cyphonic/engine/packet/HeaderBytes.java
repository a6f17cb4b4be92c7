package io.cyphonic.engine.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Copies headers between packets, which lie off the heap, and arrays, where they are looked at and
 * made: in words, as a bulk copy of so few bytes costs more than they do ({@code
 * SuperPacketBenchmark}). Static, no allocation.
 */
public final class HeaderBytes {
    /**
     * So many bytes are read in one go, wanted or not, where there are so many: this covers TCP
     * over IPv4, and needs no loop.
     */
    public static final int BLOCK = 64;

    private static final int HALF_BLOCK = BLOCK / 2;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final VarHandle ARRAY_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private HeaderBytes() {}

    /**
     * Copies the first bytes of a packet to an array, in whole blocks: what comes after them there
     * is overwritten, with whatever follows in memory.
     *
     * @param to has room for whole blocks
     * @param length bytes that are wanted; none if it is not positive
     */
    public static void read(MemorySegment from, long offset, byte[] to, int at, int length) {
        int blocks = (length + BLOCK - 1) / BLOCK * BLOCK;
        if (offset + blocks > from.byteSize()) {
            MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, to, at, length);
            return;
        }
        for (int done = 0; done < length; done += BLOCK) {
            readBlock(from, offset + done, to, at + done);
        }
    }

    private static void readBlock(MemorySegment from, long offset, byte[] to, int at) {
        ARRAY_LONG.set(to, at, from.get(LONG, offset));
        ARRAY_LONG.set(to, at + 8, from.get(LONG, offset + 8));
        ARRAY_LONG.set(to, at + 16, from.get(LONG, offset + 16));
        ARRAY_LONG.set(to, at + 24, from.get(LONG, offset + 24));
        ARRAY_LONG.set(to, at + 32, from.get(LONG, offset + 32));
        ARRAY_LONG.set(to, at + 40, from.get(LONG, offset + 40));
        ARRAY_LONG.set(to, at + 48, from.get(LONG, offset + 48));
        ARRAY_LONG.set(to, at + 56, from.get(LONG, offset + 56));
    }

    /** Copies {@code length} bytes into a packet, and no more: its payload follows. */
    public static void write(byte[] from, int at, MemorySegment to, long offset, int length) {
        int last = length - Long.BYTES;
        if (last < 0) {
            MemorySegment.copy(from, at, to, ValueLayout.JAVA_BYTE, offset, length);
            return;
        }
        int done = 0;
        if (last >= HALF_BLOCK) {
            to.set(LONG, offset, (long) ARRAY_LONG.get(from, at));
            to.set(LONG, offset + 8, (long) ARRAY_LONG.get(from, at + 8));
            to.set(LONG, offset + 16, (long) ARRAY_LONG.get(from, at + 16));
            to.set(LONG, offset + 24, (long) ARRAY_LONG.get(from, at + 24));
            done = HALF_BLOCK;
        }
        for (; done < last; done += Long.BYTES) {
            to.set(LONG, offset + done, (long) ARRAY_LONG.get(from, at + done));
        }
        // Over a part of the word before, unless the length is a multiple of eight.
        to.set(LONG, offset + last, (long) ARRAY_LONG.get(from, at + last));
    }
}
