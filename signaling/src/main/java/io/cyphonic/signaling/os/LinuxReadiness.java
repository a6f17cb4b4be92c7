package io.cyphonic.signaling.os;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.cyphonic.signaling.net.Readiness;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Readiness through poll(2), with an eventfd(2) for the wake-up. Level-triggered: what is not read
 * is reported again. An error condition of a source counts as ready, so that the next read or
 * receive brings it to light.
 */
public final class LinuxReadiness implements Readiness {
    private static final int WAKE_SLOT = 0;

    /** The first of as many as a port may have sockets. */
    private static final int UDP_SLOT = 1;

    /** The first of as many as a device may have queues. */
    private static final int TUN_SLOT = UDP_SLOT + LinuxUdpTransport.SOCKETS;

    private static final int SLOTS = TUN_SLOT + LinuxTunDevice.QUEUES;

    // Fixed after construction.
    private final LinuxTunDevice tun;
    private final LinuxUdpTransport udp;

    // Owned by the waiting thread.
    private final ErrnoCapture awaitErrno = new ErrnoCapture();
    private final PollSet polls = new PollSet(SLOTS);
    private final MemorySegment drained = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);

    // Shared: true from a wake-up until the waiting thread has seen it.
    private final AtomicBoolean wakePending = new AtomicBoolean();

    // Guarded by wakeLock, taken only by the first of several wake-ups and by close.
    private final ReentrantLock wakeLock = new ReentrantLock();
    private final ErrnoCapture wakeErrno = new ErrnoCapture();
    private final MemorySegment one = Arena.ofAuto().allocateFrom(JAVA_LONG, 1);
    private int eventFd;

    private LinuxReadiness(int eventFd, LinuxTunDevice tun, LinuxUdpTransport udp) {
        this.eventFd = eventFd;
        this.tun = tun;
        this.udp = udp;
        polls.watch(WAKE_SLOT, eventFd);
    }

    /** Waits for packets of a TUN device; for the thread that reads it. */
    public static LinuxReadiness forTun(LinuxTunDevice tun) throws NativeException {
        return open(tun, null);
    }

    /** Waits for datagrams of a transport; for the thread that receives them. */
    public static LinuxReadiness forUdp(LinuxUdpTransport udp) throws NativeException {
        return open(null, udp);
    }

    /** Waits for both; for the thread that reads the device and receives. */
    public static LinuxReadiness forBoth(LinuxTunDevice tun, LinuxUdpTransport udp)
            throws NativeException {
        return open(tun, udp);
    }

    private static LinuxReadiness open(LinuxTunDevice tun, LinuxUdpTransport udp)
            throws NativeException {
        int flags = NativeLayouts.O_NONBLOCK | NativeLayouts.O_CLOEXEC;
        int eventFd = LibC.eventFd(new ErrnoCapture(), flags);
        if (eventFd < 0) {
            throw new NativeException("no eventfd for wake-ups", eventFd);
        }
        return new LinuxReadiness(eventFd, tun, udp);
    }

    @Override
    public int await(int sources, int timeoutMillis) {
        boolean fromTun = tun != null && (sources & TUN) != 0;
        boolean fromUdp = udp != null && (sources & UDP) != 0;
        // A closed source has descriptor -1, which is skipped.
        for (int queue = 0; queue < LinuxTunDevice.QUEUES; queue++) {
            polls.watch(TUN_SLOT + queue, fromTun ? tun.descriptor(queue) : -1);
        }
        for (int socket = 0; socket < LinuxUdpTransport.SOCKETS; socket++) {
            polls.watch(UDP_SLOT + socket, fromUdp ? udp.descriptor(socket) : -1);
        }
        if (polls.await(awaitErrno, timeoutMillis) <= 0) {
            return 0;
        }
        int ready = 0;
        // Whoever waits for a source is who reads it.
        int sockets = polls.ready(UDP_SLOT, LinuxUdpTransport.SOCKETS);
        if (sockets != 0) {
            udp.foundReady(sockets);
            ready |= UDP;
        }
        int queues = polls.ready(TUN_SLOT, LinuxTunDevice.QUEUES);
        if (queues != 0) {
            tun.foundReady(queues);
            ready |= TUN;
        }
        if (polls.isReady(WAKE_SLOT)) {
            LibC.read(awaitErrno, polls.descriptor(WAKE_SLOT), drained, 0, Long.BYTES);
            // Only after the read: the other order could swallow a wake-up made in between, and
            // leave the flag standing with an empty eventfd, so that no later one would be sent.
            // Read and write in one, so that what the waker published before is visible here.
            wakePending.getAndSet(false);
            ready |= WOKEN;
        }
        return ready;
    }

    @Override
    public void wake() {
        if (wakePending.getAndSet(true)) {
            return;
        }
        wakeLock.lock();
        try {
            if (eventFd >= 0) {
                LibC.write(wakeErrno, eventFd, one, 0, Long.BYTES);
            }
        } finally {
            wakeLock.unlock();
        }
    }

    @Override
    public void close() {
        wakeLock.lock();
        try {
            if (eventFd >= 0) {
                LibC.close(wakeErrno, eventFd);
                eventFd = -1;
                polls.watch(WAKE_SLOT, -1);
            }
        } finally {
            wakeLock.unlock();
        }
    }
}
