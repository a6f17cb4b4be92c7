package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.IOVEC_BASE;
import static io.cyphonic.signaling.os.NativeLayouts.IOVEC_LENGTH;
import static io.cyphonic.signaling.os.NativeLayouts.IOVEC_SIZE;
import static io.cyphonic.signaling.os.NativeLayouts.MSGHDR_CONTROL;
import static io.cyphonic.signaling.os.NativeLayouts.MSGHDR_CONTROL_LENGTH;
import static io.cyphonic.signaling.os.NativeLayouts.MSGHDR_FLAGS;
import static io.cyphonic.signaling.os.NativeLayouts.MSGHDR_IOV;
import static io.cyphonic.signaling.os.NativeLayouts.MSGHDR_IOV_LENGTH;
import static io.cyphonic.signaling.os.NativeLayouts.MSGHDR_NAME;
import static io.cyphonic.signaling.os.NativeLayouts.MSGHDR_NAME_LENGTH;
import static io.cyphonic.signaling.os.NativeLayouts.MSGHDR_SIZE;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One {@code struct msghdr} with what it points to: address, pieces and control buffer. Made once,
 * reused for every call of its owner; single-threaded. The pieces must come from the same arena, or
 * live as long otherwise, since the structure holds bare pointers to them.
 */
final class NativeMessage {
    private final MemorySegment header;
    private final MemorySegment name;
    private final MemorySegment pieces;
    private final MemorySegment control;

    NativeMessage(Arena arena, int pieceCount, int controlCapacity) {
        this(arena.allocate(MSGHDR_SIZE, Long.BYTES), arena, pieceCount, controlCapacity);
    }

    /** A message whose header lies in an array of them. */
    NativeMessage(MemorySegment header, Arena arena, int pieceCount, int controlCapacity) {
        this.header = header;
        name = arena.allocate(NativeLayouts.SOCKADDR_IN6_SIZE, Long.BYTES);
        pieces = arena.allocate(pieceCount * IOVEC_SIZE, Long.BYTES);
        control = arena.allocate(Math.max(controlCapacity, Long.BYTES), Long.BYTES);
        header.set(ADDRESS, MSGHDR_IOV, pieces);
        header.set(JAVA_LONG, MSGHDR_IOV_LENGTH, pieceCount);
        if (controlCapacity > 0) {
            header.set(ADDRESS, MSGHDR_CONTROL, control);
            header.set(JAVA_LONG, MSGHDR_CONTROL_LENGTH, controlCapacity);
        }
    }

    /** The structure itself, to be passed to the kernel. */
    MemorySegment header() {
        return header;
    }

    MemorySegment name() {
        return name;
    }

    MemorySegment control() {
        return control;
    }

    void setPiece(int index, MemorySegment piece) {
        pieces.set(ADDRESS, index * IOVEC_SIZE + IOVEC_BASE, piece);
        pieces.set(JAVA_LONG, index * IOVEC_SIZE + IOVEC_LENGTH, piece.byteSize());
    }

    void setPieceAddress(int index, long address, long length) {
        pieces.set(JAVA_LONG, index * IOVEC_SIZE + IOVEC_BASE, address);
        pieces.set(JAVA_LONG, index * IOVEC_SIZE + IOVEC_LENGTH, length);
    }

    void setPieceLength(int index, long length) {
        pieces.set(JAVA_LONG, index * IOVEC_SIZE + IOVEC_LENGTH, length);
    }

    /** Where to send to; {@code length} bytes of {@link #name} are filled. */
    void setNameLength(int length) {
        header.set(ADDRESS, MSGHDR_NAME, name);
        header.set(JAVA_INT, MSGHDR_NAME_LENGTH, length);
    }

    void setControlLength(long length) {
        header.set(JAVA_LONG, MSGHDR_CONTROL_LENGTH, length);
    }

    /** Gives the kernel all the room again that its last answer shortened. */
    void prepareReceive() {
        setNameLength(NativeLayouts.SOCKADDR_IN6_SIZE);
        header.set(JAVA_LONG, MSGHDR_CONTROL_LENGTH, control.byteSize());
        header.set(JAVA_INT, MSGHDR_FLAGS, 0);
    }

    int nameLength() {
        return header.get(JAVA_INT, MSGHDR_NAME_LENGTH);
    }

    long controlLength() {
        return header.get(JAVA_LONG, MSGHDR_CONTROL_LENGTH);
    }

    int flags() {
        return header.get(JAVA_INT, MSGHDR_FLAGS);
    }
}
