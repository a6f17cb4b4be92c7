package io.cyphonic.signaling.net;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * What one receive call returned: the bytes of one or more datagrams from one source, back to back,
 * all of {@link #segmentLength} bytes but the last, which may be shorter (udp(7), UDP_GRO). Made
 * once and reused; owned by the thread that receives into it.
 *
 * <p>The caller sets either {@link #memory} or {@link #buffer}. Memory is <em>exchanged</em>: the
 * transport keeps the one it was given for a later receive, and what it hands over holds the bytes;
 * so nothing is copied. A buffer on the heap is copied to.
 */
public final class ReceivedDatagrams {
    /**
     * Bytes of every {@link #memory}: the longest receive, and room behind it so that the owner of
     * a half-full one can add short datagrams.
     */
    public static final int MEMORY_LENGTH = 66 * 1024;

    /** Off the heap, made by {@link #newMemory}; filled from 0 to {@link #length}. */
    public MemorySegment memory;

    /** On the heap, where {@link #memory} is {@code null}; filled from 0 to {@link #length}. */
    public byte[] buffer;

    /** Bytes received. */
    public int length;

    /**
     * Memory that can be exchanged, or hold a packet as long as can be read from a TUN device;
     * freed when nobody refers to it any more, and counted in the bound of the virtual machine for
     * direct buffers.
     */
    public static MemorySegment newMemory() {
        return MemorySegment.ofBuffer(ByteBuffer.allocateDirect(MEMORY_LENGTH));
    }

    /** Bytes per datagram; equal to {@link #length} where there is only one. */
    public int segmentLength;

    /** The source in the kernel's form, valid from 0 to {@link #sourceLength}. */
    public final byte[] source = new byte[Endpoint.SOCKADDR_IPV6_LENGTH];

    /** Bytes in {@link #source}. */
    public int sourceLength;
}
