package io.cyphonic.bench.tunnels;

import io.cyphonic.signaling.net.TunDevice;
import io.cyphonic.signaling.net.VirtioNetHeader;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A device in memory that carries one packet at a time: {@link #send} hands one to the engine, and
 * every packet that the engine delivers is either answered or counted.
 */
final class EchoTun implements TunDevice {
    private static final int MTU = 1400;
    private static final int PACKET_LENGTH = 84;
    private static final int PROTOCOL_UDP = 17;
    private static final int NONE = -1;

    private final Addresses own;
    private final Addresses peer;
    private final boolean answers;
    private final byte[] packet = new byte[VirtioNetHeader.LENGTH + PACKET_LENGTH];
    private final AtomicInteger toSend = new AtomicInteger(NONE);
    private volatile Runnable wake = () -> {};
    private volatile int delivered;

    EchoTun(Addresses own, Addresses peer, boolean answers) {
        this.own = own;
        this.peer = peer;
        this.answers = answers;
        ByteBuffer ip = ByteBuffer.wrap(packet, VirtioNetHeader.LENGTH, PACKET_LENGTH);
        ip.put((byte) 0x45).put((byte) 0).putShort((short) PACKET_LENGTH).putInt(0);
        ip.put((byte) 64).put((byte) PROTOCOL_UDP);
        ip.position(VirtioNetHeader.LENGTH + 20);
        ip.putShort((short) 7).putShort((short) 7).putShort((short) (PACKET_LENGTH - 20));
    }

    void onReadable(Runnable action) {
        wake = action;
    }

    /** A packet between the two addresses of that number; one at a time. */
    void send(int number) {
        toSend.set(number);
        wake.run();
    }

    int delivered() {
        return delivered;
    }

    @Override
    public int read(MemorySegment memory, long offset, int capacity) {
        int number = toSend.getAndSet(NONE);
        if (number == NONE) {
            return WOULD_BLOCK;
        }
        System.arraycopy(own.of(number), 0, packet, VirtioNetHeader.LENGTH + 12, 4);
        System.arraycopy(peer.of(number), 0, packet, VirtioNetHeader.LENGTH + 16, 4);
        MemorySegment.copy(packet, 0, memory, ValueLayout.JAVA_BYTE, offset, packet.length);
        return packet.length;
    }

    @Override
    @SuppressWarnings("NonAtomicOperationOnVolatileField") // one writer
    public int write(MemorySegment memory, long offset, int length) {
        if (answers) {
            long destination = offset + VirtioNetHeader.LENGTH + 16;
            toSend.set(
                    own.numberOf(memory.asSlice(destination, 4).toArray(ValueLayout.JAVA_BYTE), 0));
            wake.run();
        }
        delivered++;
        return length;
    }

    @Override
    public int inject(byte[] buffer, int offset, int length) {
        return length;
    }

    @Override
    public String name() {
        return "echo";
    }

    @Override
    public int mtu() {
        return MTU;
    }

    @Override
    public boolean segmentationOffload() {
        return false;
    }

    @Override
    public boolean udpSegmentationOffload() {
        return false;
    }

    @Override
    public boolean checksumOffload() {
        return true;
    }

    @Override
    public void close() {}
}
