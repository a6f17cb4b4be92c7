package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.AF_UNIX;
import static io.cyphonic.signaling.os.NativeLayouts.O_CLOEXEC;
import static io.cyphonic.signaling.os.NativeLayouts.O_NONBLOCK;
import static io.cyphonic.signaling.os.NativeLayouts.SOCK_DGRAM;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.cyphonic.signaling.net.ReceivedDatagrams;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A {@link LinuxTunDevice} without an interface: behind each descriptor is not the host but a
 * socket pair (unix(7), one packet per message), whose other end is here. What uses the device runs
 * the same code and makes the same system calls as with a real one, and nothing is changed on the
 * host.
 *
 * <p>For one thread, but for the device itself. Closes both ends.
 */
public final class TunStandIn implements AutoCloseable {
    private static final int PACKETS_PER_QUEUE = 64;

    private final LinuxTunDevice device;
    private final ErrnoCapture errno = new ErrnoCapture();
    private final MemorySegment handed = ReceivedDatagrams.newMemory();
    private final MemorySegment taken = ReceivedDatagrams.newMemory();
    private final PollSet poll;

    /** One for each queue of the device, which writes to the first. */
    private final int[] descriptors;

    private int packetsHanded;

    private TunStandIn(LinuxTunDevice device, int[] descriptors) {
        this.device = device;
        this.descriptors = descriptors;
        poll = PollSet.of(descriptors[0]);
    }

    /**
     * Makes a device with every offload that is asked for.
     *
     * @throws NativeException if there is no socket pair, or the machine is not one this project
     *     knows
     */
    public static TunStandIn open(TunOptions options) throws NativeException {
        NativeSelfCheck.ensurePassed();
        ErrnoCapture errno = new ErrnoCapture();
        int queues = options.flowQueues() ? LinuxTunDevice.QUEUES : 1;
        int[] deviceEnds = new int[queues];
        int[] hostEnds = new int[queues];
        Arrays.fill(deviceEnds, -1);
        Arrays.fill(hostEnds, -1);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(JAVA_INT, 2);
            int type = SOCK_DGRAM | O_NONBLOCK | O_CLOEXEC;
            for (int queue = 0; queue < queues; queue++) {
                int result = LibC.socketPair(errno, AF_UNIX, type, pair);
                if (result < 0) {
                    TunQueues.closeAll(errno, deviceEnds);
                    TunQueues.closeAll(errno, hostEnds);
                    throw new NativeException("no socket pair for a stand-in of a device", result);
                }
                deviceEnds[queue] = pair.getAtIndex(JAVA_INT, 0);
                hostEnds[queue] = pair.getAtIndex(JAVA_INT, 1);
            }
        }
        return new TunStandIn(LinuxTunDevice.ofDescriptors(deviceEnds, options), hostEnds);
    }

    /** The device; closed with this. */
    public LinuxTunDevice device() {
        return device;
    }

    /**
     * Hands a packet to the device, virtio header first. The queues of the device are used one
     * after the other, each for {@value #PACKETS_PER_QUEUE} packets.
     *
     * @return whether the device had room
     */
    public boolean hand(byte[] packet) {
        int fd = descriptors[packetsHanded / PACKETS_PER_QUEUE];
        MemorySegment.copy(packet, 0, handed, JAVA_BYTE, 0, packet.length);
        boolean hadRoom = LibC.write(errno, fd, handed, 0, packet.length) == packet.length;
        if (hadRoom) {
            packetsHanded = (packetsHanded + 1) % (PACKETS_PER_QUEUE * descriptors.length);
        }
        return hadRoom;
    }

    /**
     * Takes a packet that was written to the device, virtio header first.
     *
     * @return its length, or 0 if there is none
     */
    public int take(byte[] buffer) {
        int capacity = (int) Math.min(buffer.length, taken.byteSize());
        int length = Math.max(0, LibC.tryRead(descriptors[0], taken, 0, capacity));
        MemorySegment.copy(taken, JAVA_BYTE, 0, buffer, 0, length);
        return length;
    }

    /** Waits for a packet to take; false if none came in time. */
    public boolean await(int timeoutMillis) {
        return poll.await(errno, timeoutMillis) > 0;
    }

    /** Whoever uses the device must have stopped. Idempotent. */
    @Override
    public void close() {
        device.close();
        poll.watch(0, -1);
        TunQueues.closeAll(errno, descriptors);
    }
}
