package io.cyphonic.engine;

import io.cyphonic.signaling.net.TunDevice;
import io.cyphonic.signaling.net.VirtioNetHeader;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One end of a {@link Rehearsal}: hands out TCP super-packets and small packets as a host would, as
 * long as not too many are on their way, and takes the other end's.
 */
final class RehearsalTun implements TunDevice {
    private static final int MTU = 1400;
    private static final int HEADERS = 52;
    private static final int SEGMENT = MTU - HEADERS;
    private static final int SEGMENTS = 40;
    private static final int PROTOCOL_TCP = 6;
    private static final int CHECKSUM_OFFSET = 16;

    /** Super-packets on their way at most: fewer than a socket buffer holds. */
    private static final int WINDOW = 4;

    /** So many packets, every other one large; after them small ones, one at a time. */
    private static final int MIXED = 2_000;

    private final byte[] large;
    private final byte[] small;

    /** Reads that were answered, writes of the other end; the difference is on its way. */
    private final AtomicInteger sent = new AtomicInteger();

    private volatile RehearsalTun other;
    private volatile boolean ended;
    private final AtomicInteger received = new AtomicInteger();

    RehearsalTun(byte[] source, byte[] destination) {
        large = packet(source, destination, SEGMENT * SEGMENTS, SEGMENT);
        small = packet(source, destination, 0, 0);
    }

    void connect(RehearsalTun peer) {
        other = peer;
    }

    /** Hands out nothing more. */
    void end() {
        ended = true;
    }

    int received() {
        return received.get();
    }

    boolean readable() {
        int window = sent.get() < MIXED ? WINDOW : 1;
        return !ended && sent.get() - other.received.get() < window;
    }

    private static byte[] packet(byte[] source, byte[] destination, int payload, int segment) {
        ByteBuffer out = ByteBuffer.allocate(VirtioNetHeader.LENGTH + HEADERS + payload);
        out.position(VirtioNetHeader.LENGTH);
        out.put((byte) 0x45).put((byte) 0).putShort((short) (HEADERS + payload));
        out.putShort((short) 1).putShort((short) 0x4000);
        out.put((byte) 64).put((byte) PROTOCOL_TCP).putShort((short) 0);
        out.put(source).put(destination);
        out.putShort((short) 1).putShort((short) 2).putInt(0).putInt(0);
        out.put((byte) 0x80).put((byte) 0x10).putShort((short) 512).putInt(0);
        VirtioNetHeader.write(
                out.array(),
                0,
                VirtioNetHeader.FLAG_NEEDS_CSUM,
                segment > 0 ? VirtioNetHeader.GSO_TCPV4 : VirtioNetHeader.GSO_NONE,
                HEADERS,
                segment,
                20,
                CHECKSUM_OFFSET);
        return out.array();
    }

    @Override
    public String name() {
        return "rehearsal";
    }

    @Override
    public int mtu() {
        return MTU;
    }

    @Override
    public boolean segmentationOffload() {
        return true;
    }

    @Override
    public int read(byte[] buffer, int offset, int capacity) {
        if (!readable()) {
            return WOULD_BLOCK;
        }
        int number = sent.incrementAndGet();
        byte[] next = number < MIXED && number % 2 == 0 ? large : small;
        System.arraycopy(next, 0, buffer, offset, next.length);
        return next.length;
    }

    @Override
    public int write(byte[] buffer, int offset, int length) {
        received.incrementAndGet();
        return length;
    }

    @Override
    public int inject(byte[] buffer, int offset, int length) {
        return write(buffer, offset, length);
    }

    @Override
    public void close() {
        end();
    }
}
