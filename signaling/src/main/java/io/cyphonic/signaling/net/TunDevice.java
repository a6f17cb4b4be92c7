package io.cyphonic.signaling.net;

import java.lang.foreign.MemorySegment;

/**
 * The virtual interface, seen from below: a read takes a packet that the host sends into the
 * overlay, a write hands it one that came out of it. Every packet has a {@link VirtioNetHeader} in
 * front, so that one read or write can carry a whole TCP or UDP super-packet of up to 64 KiB and
 * checksums can be left to the kernel (tun(4), virtio specification 1.2, section 5.1.6).
 *
 * <p>Never blocks. Reads come from one thread and writes from one thread at a time; the two may
 * differ; {@link #inject} is for any thread. Does not allocate per call.
 */
public interface TunDevice extends AutoCloseable {
    /** Nothing to read now. */
    int WOULD_BLOCK = 0;

    /** The interface name. */
    String name();

    /** The MTU of the interface in bytes. */
    int mtu();

    /** Whether the host may hand over, and is offered, TCP super-packets. */
    boolean segmentationOffload();

    /** Whether the host may hand over, and is offered, UDP super-packets (Linux 6.2 and later). */
    default boolean udpSegmentationOffload() {
        return false;
    }

    /** Whether the host may hand over, and takes, packets whose checksum is partial. */
    default boolean checksumOffload() {
        return true;
    }

    /**
     * Reads one packet with its virtio header.
     *
     * @param memory off the heap, receives {@code [virtio header][IP packet]} from {@code offset}
     *     on
     * @param capacity bytes available; a packet that does not fit is cut, so offer the header
     *     length plus 65535 where super-packets may come
     * @return bytes read; {@link #WOULD_BLOCK}; or a negative errno
     */
    int read(MemorySegment memory, long offset, int capacity);

    /**
     * Writes one packet with its virtio header.
     *
     * @param memory off the heap, holds {@code [virtio header][IP packet]} from {@code offset} on
     * @return {@code length}, or a negative errno
     */
    int write(MemorySegment memory, long offset, int length);

    /**
     * Writes one packet with its virtio header from any thread, also while another writes: for the
     * rare packets that this host makes itself, on the heap. May allocate.
     *
     * @return {@code length}, or a negative errno
     */
    int inject(byte[] buffer, int offset, int length);

    /** Removes the interface. Idempotent. */
    @Override
    void close();
}
