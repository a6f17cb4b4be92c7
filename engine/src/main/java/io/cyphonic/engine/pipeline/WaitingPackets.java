package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.packet.IpPacket;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;

/**
 * Packets that wait for a tunnel, in the order they came: few and bounded, the oldest give way.
 * Owned by the outbound stage. Allocates, as it is not on the way of ordinary traffic.
 */
final class WaitingPackets {
    /** Most packets that wait, over all addresses. */
    static final int MAX_PACKETS = 64;

    /** Most bytes that wait, over all addresses. */
    static final int MAX_BYTES = 128 * 1024;

    private final ArrayDeque<Waiting> packets = new ArrayDeque<>();
    private int bytes;

    /**
     * One packet.
     *
     * @param key its destination
     * @param packet with virtio header
     * @param segments as many packets it counts for
     */
    record Waiting(byte[] key, byte[] packet, int segments) {}

    boolean isEmpty() {
        return packets.isEmpty();
    }

    int size() {
        return packets.size();
    }

    /**
     * Holds a packet back.
     *
     * @param packet with virtio header; not the caller's any more
     * @return how many packets gave way (or this one, if it is too large for the store)
     */
    int add(byte[] key, byte[] packet, int segments) {
        int length = packet.length;
        if (length > MAX_BYTES) {
            return segments;
        }
        int evicted = 0;
        while (packets.size() >= MAX_PACKETS || bytes + length > MAX_BYTES) {
            Waiting oldest = packets.remove();
            bytes -= oldest.packet.length;
            evicted += oldest.segments;
        }
        bytes += length;
        packets.add(new Waiting(Arrays.copyOf(key, IpPacket.ADDRESS_KEY_LENGTH), packet, segments));
        return evicted;
    }

    /** Whether a packet to this address waits: a later one must not overtake it. */
    boolean has(byte[] key) {
        for (Waiting waiting : packets) {
            if (Arrays.equals(waiting.key, key)) {
                return true;
            }
        }
        return false;
    }

    /** In order of arrival; removal through it must be followed by {@link #removed}. */
    Iterator<Waiting> iterator() {
        return packets.iterator();
    }

    /** Notes that a packet was taken out through the iterator. */
    void removed(Waiting waiting) {
        bytes -= waiting.packet.length;
    }

    /** Removes what waits for an address; returns how many packets that were. */
    int discard(byte[] key) {
        int discarded = 0;
        for (Iterator<Waiting> i = packets.iterator(); i.hasNext(); ) {
            Waiting waiting = i.next();
            if (key == null || Arrays.equals(waiting.key, key)) {
                i.remove();
                removed(waiting);
                discarded += waiting.segments;
            }
        }
        return discarded;
    }
}
