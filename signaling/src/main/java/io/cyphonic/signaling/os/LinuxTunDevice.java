package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.NativeLayouts.IFREQ_FLAGS;
import static io.cyphonic.signaling.os.NativeLayouts.IFREQ_SIZE;
import static io.cyphonic.signaling.os.NativeLayouts.TUN_F_CSUM;
import static io.cyphonic.signaling.os.NativeLayouts.TUN_F_TSO4;
import static io.cyphonic.signaling.os.NativeLayouts.TUN_F_TSO6;
import static io.cyphonic.signaling.os.NativeLayouts.TUN_F_USO4;
import static io.cyphonic.signaling.os.NativeLayouts.TUN_F_USO6;

import io.cyphonic.signaling.net.TunDevice;
import io.cyphonic.signaling.net.VirtioNetHeader;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TUN interface of Linux (tun(4); Documentation/networking/tuntap.rst), with a virtio header
 * before each packet and as many offloads as were asked for and the kernel has. The interface
 * belongs to the descriptors: it goes when the device is closed or the process ends, however it
 * ends.
 *
 * <p>One thread may read while another writes. {@link #close} needs both to have stopped: after it
 * every call returns {@code -EBADF}.
 */
public final class LinuxTunDevice implements TunDevice {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxTunDevice.class);

    /**
     * Packets the kernel keeps until they are read. Its default of 500 is 10 ms of 1300-byte
     * datagrams at 500 Mbit/s: shorter than a busy machine may keep a thread waiting.
     */
    private static final int QUEUE_LENGTH = 2000;

    /** Queues of a device that has several. */
    static final int QUEUES = 4;

    private static final int NO_PROGRAM = -1;

    private static final int TSO = TUN_F_TSO4 | TUN_F_TSO6;
    private static final int USO = TUN_F_USO4 | TUN_F_USO6;

    private final String name;
    private final int mtu;
    private final int offloads;
    private volatile int fd;

    /** Owned by the reading thread. The first is {@link #fd}, which is written to. */
    private final TunQueues queues;

    // Owned by the writing thread.
    private final ErrnoCapture writeErrno = new ErrnoCapture();

    private final ReentrantLock injectLock = new ReentrantLock();

    // Guarded by injectLock.
    private final ErrnoCapture injectErrno = new ErrnoCapture();

    private LinuxTunDevice(TunQueues queues, TunOptions options, int offloads) {
        this.queues = queues;
        this.fd = queues.descriptor(0);
        this.name = options.name();
        this.mtu = options.mtu();
        this.offloads = offloads;
    }

    /**
     * Makes the interface, sets its MTU, and leaves it down and without addresses: {@link
     * NetlinkInterface} does the rest.
     *
     * @throws TunOpenException with the reason and what to do
     * @throws NativeException if the MTU cannot be set, or the machine is not one this project
     *     knows
     */
    public static LinuxTunDevice open(TunOptions options) throws NativeException {
        TunOpenException.checkName(options.name());
        NativeSelfCheck.ensurePassed();
        ErrnoCapture errno = new ErrnoCapture();
        int steering = options.flowQueues() ? loadSteering(errno, options.name()) : NO_PROGRAM;
        int fd = -1;
        try {
            fd = openCloneDevice(errno);
            int flags = steering == NO_PROGRAM ? 0 : NativeLayouts.IFF_MULTI_QUEUE;
            // TUN_EXCL: never take over an interface that somebody else made.
            attach(errno, fd, options.name(), flags | NativeLayouts.IFF_TUN_EXCL);
            int offloads = enableOffloads(errno, fd, options);
            try (NetlinkInterface netlink = NetlinkInterface.open(options.name())) {
                netlink.setMtu(options.mtu());
                netlink.setTransmitQueueLength(QUEUE_LENGTH);
                if (steering != NO_PROGRAM) {
                    netlink.removeQueueingDiscipline();
                }
            }
            TunQueues queues =
                    steering == NO_PROGRAM
                            ? new TunQueues(fd)
                            : addQueues(errno, fd, options.name(), steering);
            LinuxTunDevice device = new LinuxTunDevice(queues, options, offloads);
            LOG.debug("{}", device);
            return device;
        } catch (NativeException | RuntimeException e) {
            closeIfOpen(errno, fd);
            throw e;
        } finally {
            closeIfOpen(errno, steering);
        }
    }

    private static int loadSteering(ErrnoCapture errno, String name) {
        int program = FlowSteering.load(errno, QUEUES);
        if (program >= 0) {
            return program;
        }
        LOG.info(
                "{}: one queue for all flows, as the kernel takes no program that tells them apart"
                        + " ({}; it needs CAP_BPF, before Linux 5.8 CAP_SYS_ADMIN)",
                name,
                Errno.name(program));
        return NO_PROGRAM;
    }

    /** All queues and the rule for them; or just the first, as if there were no others. */
    private static TunQueues addQueues(ErrnoCapture errno, int first, String name, int steering) {
        int[] descriptors = new int[QUEUES];
        Arrays.fill(descriptors, -1);
        descriptors[0] = first;
        try {
            for (int queue = 1; queue < QUEUES; queue++) {
                descriptors[queue] = openCloneDevice(errno);
                attach(errno, descriptors[queue], name, NativeLayouts.IFF_MULTI_QUEUE);
            }
            check(FlowSteering.attach(errno, first, steering), name, "TUNSETSTEERINGEBPF");
            return new TunQueues(descriptors);
        } catch (TunOpenException e) {
            LOG.info("{}: one queue for all flows ({})", name, e.getMessage());
            closeAllButFirst(errno, descriptors);
            return new TunQueues(first);
        } catch (RuntimeException e) {
            closeAllButFirst(errno, descriptors);
            throw e;
        }
    }

    private static void closeAllButFirst(ErrnoCapture errno, int[] descriptors) {
        descriptors[0] = -1;
        TunQueues.closeAll(errno, descriptors);
    }

    private static void closeIfOpen(ErrnoCapture errno, int fd) {
        if (fd >= 0) {
            LibC.close(errno, fd);
        }
    }

    /**
     * A device whose descriptors, one for each queue, lead to somebody who hands over and takes
     * what a host would, every offload that was asked for included: see {@link TunStandIn}.
     */
    static LinuxTunDevice ofDescriptors(int[] descriptors, TunOptions options) {
        int offloads =
                TUN_F_CSUM
                        | (options.tcpSegmentation() ? TSO : 0)
                        | (options.udpSegmentation() ? USO : 0);
        return new LinuxTunDevice(new TunQueues(descriptors), options, offloads);
    }

    private static int openCloneDevice(ErrnoCapture errno) throws TunOpenException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom("/dev/net/tun");
            int flags = NativeLayouts.O_RDWR | NativeLayouts.O_NONBLOCK | NativeLayouts.O_CLOEXEC;
            int fd = LibC.open(errno, path, flags);
            if (fd < 0) {
                throw TunOpenException.ofOpen(-fd);
            }
            return fd;
        }
    }

    private static void attach(ErrnoCapture errno, int fd, String name, int more)
            throws TunOpenException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(IFREQ_SIZE, Long.BYTES);
            request.setString(0, name);
            int flags =
                    more
                            | NativeLayouts.IFF_TUN
                            | NativeLayouts.IFF_NO_PI
                            | NativeLayouts.IFF_VNET_HDR;
            request.set(ValueLayout.JAVA_SHORT, IFREQ_FLAGS, (short) flags);
            int result = LibC.ioctl(errno, fd, NativeLayouts.TUNSETIFF, request);
            if (result < 0) {
                throw TunOpenException.ofAttach(name, -result);
            }
            request.fill((byte) 0);
            check(LibC.ioctl(errno, fd, NativeLayouts.TUNGETIFF, request), name, "TUNGETIFF");
            String given = request.getString(0);
            if (!given.equals(name)) {
                throw new IllegalStateException(
                        "struct ifreq: asked for interface " + name + ", the kernel says " + given);
            }
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, VirtioNetHeader.LENGTH);
            check(
                    LibC.ioctl(errno, fd, NativeLayouts.TUNSETVNETHDRSZ, length),
                    name,
                    "TUNSETVNETHDRSZ");
        }
    }

    /** Asks for less and less until the kernel agrees; returns what is on. */
    private static int enableOffloads(ErrnoCapture errno, int fd, TunOptions options) {
        int wanted =
                TUN_F_CSUM
                        | (options.tcpSegmentation() ? TSO : 0)
                        | (options.udpSegmentation() ? USO : 0);
        int[] steps = {wanted, wanted & ~USO, TUN_F_CSUM};
        for (int offloads : steps) {
            MemorySegment value = MemorySegment.ofAddress(offloads);
            int result = LibC.ioctl(errno, fd, NativeLayouts.TUNSETOFFLOAD, value);
            if (result >= 0) {
                return offloads;
            }
            LOG.info(
                    "{}: the kernel refuses TUN offloads {} ({})",
                    options.name(),
                    Integer.toHexString(offloads),
                    Errno.name(result));
        }
        return 0;
    }

    private static void check(int result, String name, String request) throws TunOpenException {
        if (result < 0) {
            throw new TunOpenException(
                    TunOpenException.Reason.REFUSED,
                    "the kernel refused " + request + " on the TUN interface '" + name + "'",
                    -result);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    /** Whether the kernel leaves transport checksums to be finished by whoever takes the packet. */
    public boolean checksumOffload() {
        return (offloads & TUN_F_CSUM) != 0;
    }

    @Override
    public boolean segmentationOffload() {
        return (offloads & TSO) == TSO;
    }

    /** Whether the host may hand over, and is offered, UDP super-packets. */
    public boolean udpSegmentationOffload() {
        return (offloads & USO) == USO;
    }

    /** See {@link TunQueues#foundReady}. */
    void foundReady(int readyQueues) {
        queues.foundReady(readyQueues);
    }

    /** Whether packets of the host wait in several queues, so that bulk does not delay others. */
    public boolean flowQueues() {
        return queues.count() > 1;
    }

    @Override
    public int read(MemorySegment memory, long offset, int capacity) {
        return fd < 0 ? -Errno.EBADF : queues.read(memory, offset, capacity);
    }

    @Override
    public int write(MemorySegment memory, long offset, int length) {
        return LibC.write(writeErrno, fd, memory, offset, length);
    }

    @Override
    public int inject(byte[] buffer, int offset, int length) {
        injectLock.lock();
        try (Arena arena = Arena.ofConfined()) {
            // The kernel takes packets from several threads at once; our errno it would mix up.
            MemorySegment packet = arena.allocate(length);
            MemorySegment.copy(buffer, offset, packet, ValueLayout.JAVA_BYTE, 0, length);
            return LibC.write(injectErrno, fd, packet, 0, length);
        } finally {
            injectLock.unlock();
        }
    }

    /**
     * Of one queue, for {@link LinuxReadiness}; -1 after close, or where there is no such queue.
     */
    int descriptor(int queue) {
        return queue < queues.count() ? queues.descriptor(queue) : -1;
    }

    @Override
    public synchronized void close() {
        fd = -1;
        queues.close();
    }

    /** Name, MTU and the offloads that are on. */
    @Override
    public String toString() {
        return "TUN "
                + name
                + ": MTU "
                + mtu
                + ", checksum offload "
                + onOff(checksumOffload())
                + ", TSO "
                + onOff(segmentationOffload())
                + ", USO "
                + onOff(udpSegmentationOffload())
                + ", flow queues "
                + onOff(flowQueues());
    }

    private static String onOff(boolean on) {
        return on ? "on" : "off";
    }
}
