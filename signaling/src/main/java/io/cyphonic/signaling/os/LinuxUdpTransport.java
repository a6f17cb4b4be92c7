package io.cyphonic.signaling.os;

import io.cyphonic.signaling.net.DatagramRuns;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.foreign.MemorySegment;

/**
 * One UDP port of Linux over IPv4 and IPv6: a socket for each, since a socket for both would show
 * IPv4 peers as mapped addresses and share one set of options. Works with one family where the host
 * has only one. If the options want it and the kernel can, there is a second pair on the same port
 * for urgent capsules, so that they do not wait behind bulk that has come before ({@link
 * UrgentDatagrams}).
 *
 * <p>{@link #close} needs the receiving and the sending thread to have stopped; signaling senders
 * may still call and get {@code -EBADF}.
 */
public final class LinuxUdpTransport implements UdpTransport {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxUdpTransport.class);

    /** How often a port chosen for IPv4 may turn out to be taken for IPv6. */
    private static final int PORT_ATTEMPTS = 16;

    /** Messages received at once: of bulk, and of what is mostly alone. */
    static final int BATCH = 8;

    private static final int URGENT_BATCH = 2;

    /** Sockets of a port at most, two of each family. */
    static final int SOCKETS = 4;

    private final UdpQueue ordinary;

    /** {@code null} if there is none. */
    private final UdpQueue urgent;

    private final UdpQueues queues;
    private final SignalingSender ipv4Signaling;
    private final SignalingSender ipv6Signaling;

    private LinuxUdpTransport(UdpQueue ordinary, UdpQueue urgent) {
        this.ordinary = ordinary;
        this.urgent = urgent;
        queues = new UdpQueues(ordinary, urgent);
        ipv4Signaling = hasIpv4() ? new SignalingSender(ordinary.ipv4) : null;
        ipv6Signaling = hasIpv6() ? new SignalingSender(ordinary.ipv6) : null;
    }

    /**
     * Opens and binds both sockets to the same port of the wildcard addresses.
     *
     * @throws UdpOpenException with the reason and what to do
     * @throws NativeException if the machine is not one this project knows
     */
    public static LinuxUdpTransport open(UdpOptions options) throws NativeException {
        NativeSelfCheck.ensurePassed();
        int attempts = options.port() == 0 ? PORT_ATTEMPTS : 1;
        for (int attempt = 1; ; attempt++) {
            try {
                LinuxUdpTransport transport = openOnce(options);
                LOG.debug("{}", transport);
                return transport;
            } catch (UdpOpenException e) {
                if (e.reason() != UdpOpenException.Reason.PORT_IN_USE || attempt == attempts) {
                    throw e;
                }
            }
        }
    }

    private static LinuxUdpTransport openOnce(UdpOptions options) throws UdpOpenException {
        UdpSocket ipv4 = UdpSocket.open(NativeLayouts.AF_INET, options.port(), options);
        try {
            int port = ipv4 == null ? options.port() : ipv4.port;
            UdpSocket ipv6 = UdpSocket.open(NativeLayouts.AF_INET6, port, options);
            if (ipv4 == null && ipv6 == null) {
                throw new UdpOpenException(
                        UdpOpenException.Reason.NO_ADDRESS_FAMILY,
                        "this host has neither IPv4 nor IPv6",
                        0);
            }
            UdpQueue ordinary = new UdpQueue(ipv4, ipv6, BATCH);
            return new LinuxUdpTransport(
                    ordinary, options.urgentQueue() ? openUrgent(ordinary, options) : null);
        } catch (UdpOpenException | RuntimeException e) {
            if (ipv4 != null) {
                ipv4.close();
            }
            throw e;
        }
    }

    /** The second pair of sockets, for each family that there is; or {@code null}. */
    private static UdpQueue openUrgent(UdpQueue ordinary, UdpOptions options) {
        UdpSocket ipv4 = null;
        try {
            ipv4 = ordinary.ipv4 == null ? null : ordinary.ipv4.openUrgent(options);
            UdpSocket ipv6 = ordinary.ipv6 == null ? null : ordinary.ipv6.openUrgent(options);
            return new UdpQueue(ipv4, ipv6, URGENT_BATCH);
        } catch (NativeException e) {
            if (ipv4 != null) {
                ipv4.close();
            }
            LOG.warn("urgent packets wait behind bulk on UDP: {}", e.getMessage());
            return null;
        }
    }

    @Override
    public int localPort() {
        return hasIpv4() ? ordinary.ipv4.port : ordinary.ipv6.port;
    }

    /** Whether the host has IPv4. */
    public boolean hasIpv4() {
        return ordinary.ipv4 != null;
    }

    /** Whether the host has IPv6. */
    public boolean hasIpv6() {
        return ordinary.ipv6 != null;
    }

    @Override
    public int receive(ReceivedDatagrams into) {
        return queues.receive(into);
    }

    @Override
    public int send(MemorySegment memory, int offset, int length, int segmentLength, Endpoint to) {
        if (length < 1
                || length > MAX_SEND_LENGTH
                || segmentLength < 1
                || (long) segmentLength * MAX_SEGMENTS < length) {
            throw new IllegalArgumentException(
                    "a send of " + length + " bytes in datagrams of " + segmentLength);
        }
        UdpSender sender = queues.sender(memory, offset, length, to);
        return sender == null
                ? -Errno.EAFNOSUPPORT
                : sender.send(memory, offset, length, segmentLength, to);
    }

    @Override
    public int sendRuns(MemorySegment memory, DatagramRuns runs, int first) {
        UdpSender sender = queues.sender(memory, runs, first);
        return sender == null
                ? 0
                : sender.sendRuns(memory, runs, first, queues.endOfSender(memory, runs, first));
    }

    @Override
    public int sendSignaling(byte[] datagram, int length, Endpoint to) {
        SignalingSender sender = to.isIpv4() ? ipv4Signaling : ipv6Signaling;
        return sender == null ? -Errno.EAFNOSUPPORT : sender.send(datagram, length, to);
    }

    @Override
    public boolean segmentationOffload() {
        return ordinary.segmentation() && (urgent == null || urgent.segmentation());
    }

    @Override
    public boolean receiveOffload() {
        return ordinary.joining() && (urgent == null || urgent.joining());
    }

    @Override
    public boolean urgentQueue() {
        return urgent != null;
    }

    /**
     * Batches with datagrams longer than the interface carries, or than the kernel segments for it.
     */
    public long oversizedBatches() {
        return ordinary.oversizedBatches() + (urgent == null ? 0 : urgent.oversizedBatches());
    }

    /**
     * A descriptor for {@link LinuxReadiness}.
     *
     * @param index from 0 to below {@link #SOCKETS}
     * @return -1 if there is no such socket, or not any more
     */
    int descriptor(int index) {
        UdpQueue queue = index < SOCKETS / 2 ? ordinary : urgent;
        if (queue == null) {
            return -1;
        }
        UdpSocket socket = index % 2 == 0 ? queue.ipv4 : queue.ipv6;
        return socket == null ? -1 : socket.descriptor();
    }

    @Override
    public void close() {
        if (ipv4Signaling != null) {
            ipv4Signaling.close();
        }
        if (ipv6Signaling != null) {
            ipv6Signaling.close();
        }
        if (urgent != null) {
            urgent.close();
        }
    }

    /** Port, families and the offloads that are on. */
    @Override
    public String toString() {
        return "UDP port "
                + localPort()
                + ": IPv4 "
                + onOff(hasIpv4())
                + ", IPv6 "
                + onOff(hasIpv6())
                + ", GSO "
                + onOff(segmentationOffload())
                + ", GRO "
                + onOff(receiveOffload())
                + ", urgent queue "
                + onOff(urgentQueue());
    }

    private static String onOff(boolean on) {
        return on ? "on" : "off";
    }
}
