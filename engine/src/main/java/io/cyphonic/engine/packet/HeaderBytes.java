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
        int done = 0;
        for (; length - done > BLOCK; done += BLOCK) {
            writeBlock(from, at + done, to, offset + done);
        }
        writeRest(from, at + done, to, offset + done, length - done);
    }

    private static void writeBlock(byte[] from, int at, MemorySegment to, long offset) {
        writeHalfBlock(from, at, to, offset);
        writeHalfBlock(from, at + HALF_BLOCK, to, offset + HALF_BLOCK);
    }

    private static void writeHalfBlock(byte[] from, int at, MemorySegment to, long offset) {
        writeWord(from, at, to, offset);
        writeWord(from, at + 8, to, offset + 8);
        writeWord(from, at + 16, to, offset + 16);
        writeWord(from, at + 24, to, offset + 24);
    }

    private static void writeWord(byte[] from, int at, MemorySegment to, long offset) {
        to.set(LONG, offset, (long) ARRAY_LONG.get(from, at));
    }

    /**
     * Up to a block, without a loop: one over so few words is made for many, and takes twice as
     * long. The last word is written over a part of the one before, unless the length is a multiple
     * of eight.
     */
    private static void writeRest(byte[] from, int at, MemorySegment to, long offset, int length) {
        int last = length - Long.BYTES;
        if (last < 0) {
            MemorySegment.copy(from, at, to, ValueLayout.JAVA_BYTE, offset, length);
            return;
        }
        int done = 0;
        if (last >= HALF_BLOCK) {
            writeHalfBlock(from, at, to, offset);
            done = HALF_BLOCK;
        }
        if (last > done) {
            writeWord(from, at + done, to, offset + done);
        }
        if (last > done + 8) {
            writeWord(from, at + done + 8, to, offset + done + 8);
        }
        if (last > done + 16) {
            writeWord(from, at + done + 16, to, offset + done + 16);
        }
        if (last > done + 24) {
            writeWord(from, at + done + 24, to, offset + done + 24);
        }
        writeWord(from, at + last, to, offset + last);
    }
}
