package io.cyphonic.engine.packet;

import io.cyphonic.signaling.net.VirtioNetHeader;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Cuts packets that are too long for their path into IP fragments: IPv4 without DF (RFC 791,
 * section 3.2) and IPv6 of up to 1280 bytes, which every link must carry and the host does not make
 * shorter (RFC 8200, sections 4.5 and 5). A super-packet is cut into its segments first. Partial
 * checksums are completed here: nobody else could, once the packet is in pieces. The receiving
 * host's kernel joins the fragments.
 *
 * <p>The fragments are kept, each with an empty virtio header in front, until they are taken. One
 * instance per thread. Its buffers are made at the first use; nothing else is allocated.
 */
public final class PacketFragmenter {
    /** What 64 KiB can become: two fragments of each of sixty segments, and their headers. */
    private static final int CAPACITY = 96 * 1024;

    private static final int MAX_FRAGMENTS = 256;
    private static final int FRAGMENT_HEADER_LENGTH = 8;
    private static final int FRAGMENT_HEADER = 44;
    private static final int MORE_FRAGMENTS = 0x2000;
    private static final int OFFSET_MASK = 0x1FFF;
    private static final int MAX_EXTENSION_HEADERS = 8;

    private final int[] offsets = new int[MAX_FRAGMENTS + 1];

    private byte[] segment = {};
    private byte[] out;
    private int count;
    private int next;
    private int identification;

    /**
     * Made once per thread.
     *
     * @param firstIdentification where the identifications of IPv6 fragments begin
     */
    public PacketFragmenter(int firstIdentification) {
        identification = firstIdentification;
    }

    /** Whether there is a fragment to be taken. */
    public boolean hasNext() {
        return next < count;
    }

    /** The array with the fragments. */
    public byte[] buffer() {
        return out;
    }

    /** Where the next fragment's virtio header begins. */
    public int offset() {
        return offsets[next];
    }

    /** Bytes of the next fragment, virtio header included. */
    public int length() {
        return offsets[next + 1] - offsets[next];
    }

    /** The next fragment has been taken. */
    public void take() {
        next++;
    }

    /**
     * Cuts a packet, over whose segments it writes; the fragments before must all have been taken.
     *
     * @param packet just parsed
     * @param mtu longest fragment, at least 128
     * @return false if there is no room or the packet cannot be cut: then there are no fragments
     */
    public boolean cut(SuperPacketCutter packet, int mtu) {
        if (out == null) {
            out = new byte[CAPACITY];
        }
        count = 0;
        next = 0;
        for (int index = 0; index < packet.segmentCount(); index++) {
            packet.make(index);
            int length = segment(packet, index);
            boolean done =
                    length <= mtu
                            ? whole(segment, 0, length)
                            : IpPacket.version(segment, 0) == 4
                                    ? cutIpv4(segment, 0, length, mtu)
                                    : cutIpv6(segment, 0, length, mtu);
            if (!done) {
                count = 0;
                return false;
            }
        }
        return true;
    }

    /**
     * Copies a segment, its checksum complete, to the array where it is cut; returns its length.
     */
    private int segment(SuperPacketCutter packet, int index) {
        MemorySegment memory = packet.memory();
        int at = packet.segmentOffset(index);
        int length = packet.segmentLength(index);
        if (segment.length < length) {
            segment = new byte[CAPACITY];
        }
        if (packet.partialChecksum()) {
            PartialChecksum.complete(memory, at, length, packet.transport());
        }
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, segment, 0, length);
        return length;
    }

    /** Where the next packet's IP header goes; -1 if there is no room for so many bytes. */
    private int begin(int length) {
        int at = offsets[count];
        if (count >= MAX_FRAGMENTS || at + VirtioNetHeader.LENGTH + length > CAPACITY) {
            return -1;
        }
        Arrays.fill(out, at, at + VirtioNetHeader.LENGTH, (byte) 0);
        count++;
        offsets[count] = at + VirtioNetHeader.LENGTH + length;
        return at + VirtioNetHeader.LENGTH;
    }

    private boolean whole(byte[] buffer, int at, int length) {
        int to = begin(length);
        if (to >= 0) {
            System.arraycopy(buffer, at, out, to, length);
        }
        return to >= 0;
    }

    /** Options stay on every fragment: the few that should not are harmless there. */
    private boolean cutIpv4(byte[] buffer, int at, int length, int mtu) {
        int header = IpPacket.ipv4HeaderLength(buffer, at);
        int flags = IpPacket.unsignedShort(buffer, at + 6);
        int piece = mtu - header & ~7;
        for (int done = header; done < length; done += piece) {
            int payload = Math.min(piece, length - done);
            int to = begin(header + payload);
            if (to < 0) {
                return false;
            }
            System.arraycopy(buffer, at, out, to, header);
            System.arraycopy(buffer, at + done, out, to + header, payload);
            int offset = (flags & OFFSET_MASK) + (done - header >>> 3);
            int more = done + payload < length ? MORE_FRAGMENTS : flags & MORE_FRAGMENTS;
            IpPacket.SHORT.set(out, to + 6, (short) (offset | more));
            IpPacket.setLength(out, to, header + payload);
        }
        return true;
    }

    private boolean cutIpv6(byte[] buffer, int at, int length, int mtu) {
        int nextField = 6;
        int header = IpPacket.IPV6_HEADER_LENGTH;
        for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
            int type = buffer[at + nextField] & 0xFF;
            if (type != 0 && type != 43 && type != 60 || header + 8 > length) {
                break;
            }
            nextField = header;
            header += (buffer[at + header + 1] & 0xFF) + 1 << 3;
        }
        boolean again =
                (buffer[at + nextField] & 0xFF) == FRAGMENT_HEADER
                        && header + FRAGMENT_HEADER_LENGTH <= length;
        int start = again ? header + FRAGMENT_HEADER_LENGTH : header;
        int piece = mtu - header - FRAGMENT_HEADER_LENGTH & ~7;
        if (start > length || piece < 8) {
            return false;
        }
        int firstOffset = again ? IpPacket.unsignedShort(buffer, at + header + 2) & ~7 : 0;
        int lastMore = again ? buffer[at + header + 3] & 1 : 0;
        byte type = again ? buffer[at + header] : buffer[at + nextField];
        int id = again ? (int) IpPacket.INT.get(buffer, at + header + 4) : identification++;
        for (int done = start; done < length; done += piece) {
            int payload = Math.min(piece, length - done);
            int to = begin(header + FRAGMENT_HEADER_LENGTH + payload);
            if (to < 0) {
                return false;
            }
            System.arraycopy(buffer, at, out, to, header);
            out[to + nextField] = FRAGMENT_HEADER;
            int fragment = to + header;
            out[fragment] = type;
            out[fragment + 1] = 0;
            int more = done + payload < length ? 1 : lastMore;
            IpPacket.SHORT.set(out, fragment + 2, (short) (firstOffset + done - start | more));
            IpPacket.INT.set(out, fragment + 4, id);
            int body = fragment + FRAGMENT_HEADER_LENGTH;
            System.arraycopy(buffer, at + done, out, body, payload);
            IpPacket.setLength(out, to, header + FRAGMENT_HEADER_LENGTH + payload);
        }
        return true;
    }
}
