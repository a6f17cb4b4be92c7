package io.cyphonic.signaling.os;

import io.cyphonic.signaling.net.DatagramRuns;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * One UDP port of Linux over IPv4 and IPv6: a socket for each, since a socket for both would show
 * IPv4 peers as mapped addresses and share one set of options. Works with one family where the host
 * has only one. If the options want it and the kernel can, there is a second pair on the port that
 * only receives: urgent capsules, which so do not wait behind bulk that has come before ({@link
 * UrgentDatagrams}).
 *
 * <p>{@link #close} needs the receiving and the sending thread to have stopped; signaling senders
 * may still call and get {@code -EBADF}.
 */
public final class LinuxUdpTransport implements UdpTransport {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxUdpTransport.class);

    /** How often a port chosen for IPv4 may turn out to be taken for IPv6. */
    private static final int PORT_ATTEMPTS = 16;

    /** Sockets of a port at most. */
    static final int SOCKETS = 4;

    private final UdpSocket ipv4;
    private final UdpSocket ipv6;

    // null if nothing is sorted
    private final UdpSocket urgentIpv4;
    private final UdpSocket urgentIpv6;

    private final UdpQueues queues;
    private final UdpSender ipv4Sender;
    private final UdpSender ipv6Sender;
    private final SignalingSender ipv4Signaling;
    private final SignalingSender ipv6Signaling;

    private LinuxUdpTransport(UdpSocket ipv4, UdpSocket ipv6, UdpSocket[] urgent) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        urgentIpv4 = urgent[0];
        urgentIpv6 = urgent[1];
        queues = new UdpQueues(ipv4, ipv6, urgentIpv4, urgentIpv6);
        ipv4Sender = ipv4 == null ? null : new UdpSender(ipv4);
        ipv6Sender = ipv6 == null ? null : new UdpSender(ipv6);
        ipv4Signaling = ipv4 == null ? null : new SignalingSender(ipv4);
        ipv6Signaling = ipv6 == null ? null : new SignalingSender(ipv6);
    }

    /**
     * Opens the sockets and binds them to the same port of the wildcard addresses, or of those in
     * the options.
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
        UdpSocket ipv6 = null;
        UdpSocket[] urgent = new UdpSocket[2];
        try {
            int port = ipv4 == null ? options.port() : ipv4.port;
            ipv6 = UdpSocket.open(NativeLayouts.AF_INET6, port, options);
            if (ipv4 == null && ipv6 == null) {
                throw new UdpOpenException(
                        UdpOpenException.Reason.NO_ADDRESS_FAMILY,
                        "this host has neither IPv4 nor IPv6",
                        0);
            }
            if (options.urgentQueue()) {
                openUrgent(options, urgent, ipv4, ipv6);
            }
            return new LinuxUdpTransport(ipv4, ipv6, urgent);
        } catch (UdpOpenException | RuntimeException | Error e) {
            closeAll(urgent);
            closeAll(ipv4, ipv6);
            throw e;
        }
    }

    /** The second socket of each family there is, or none. */
    private static void openUrgent(UdpOptions options, UdpSocket[] urgent, UdpSocket... first) {
        try {
            for (int family = 0; family < first.length; family++) {
                urgent[family] = first[family] == null ? null : first[family].openUrgent(options);
            }
        } catch (NativeException e) {
            LOG.warn("urgent packets wait behind bulk on UDP: {}", e.getMessage());
            closeAll(urgent);
            Arrays.fill(urgent, null);
            for (UdpSocket socket : first) {
                if (socket != null) {
                    socket.keepPort();
                }
            }
        }
    }

    private static void closeAll(UdpSocket... sockets) {
        for (UdpSocket socket : sockets) {
            if (socket != null) {
                socket.close();
            }
        }
    }

    @Override
    public int localPort() {
        return ipv4 != null ? ipv4.port : ipv6.port;
    }

    /** Whether the host has IPv4. */
    public boolean hasIpv4() {
        return ipv4 != null;
    }

    /** Whether the host has IPv6. */
    public boolean hasIpv6() {
        return ipv6 != null;
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
        UdpSender sender = to.isIpv4() ? ipv4Sender : ipv6Sender;
        return sender == null
                ? -Errno.EAFNOSUPPORT
                : sender.send(memory, offset, length, segmentLength, to);
    }

    @Override
    public int sendRuns(MemorySegment memory, DatagramRuns runs, int first) {
        UdpSender sender = runs.to[first].isIpv4() ? ipv4Sender : ipv6Sender;
        return sender == null ? 0 : sender.sendRuns(memory, runs, first);
    }

    @Override
    public int sendSignaling(byte[] datagram, int length, Endpoint to) {
        SignalingSender sender = to.isIpv4() ? ipv4Signaling : ipv6Signaling;
        return sender == null ? -Errno.EAFNOSUPPORT : sender.send(datagram, length, to);
    }

    @Override
    public boolean segmentationOffload() {
        return (ipv4Sender == null || ipv4Sender.segmentation())
                && (ipv6Sender == null || ipv6Sender.segmentation());
    }

    @Override
    public boolean receiveOffload() {
        return (ipv4 == null || ipv4.receiveJoining) && (ipv6 == null || ipv6.receiveJoining);
    }

    /**
     * Batches with datagrams longer than the interface carries, or than the kernel segments for it.
     */
    public long oversizedBatches() {
        return (ipv4Sender == null ? 0 : ipv4Sender.oversizedBatches())
                + (ipv6Sender == null ? 0 : ipv6Sender.oversizedBatches());
    }

    /** Whether urgent capsules are received past others. */
    public boolean urgentQueue() {
        return urgentIpv4 != null || urgentIpv6 != null;
    }

    /**
     * A descriptor for {@link LinuxReadiness}.
     *
     * @param index from 0 to below {@link #SOCKETS}
     * @return -1 if there is no such socket, or not any more
     */
    int descriptor(int index) {
        return queues.descriptor(index);
    }

    /**
     * Somebody has looked: these sockets have something, one bit each. For the receiving thread.
     */
    void foundReady(int found) {
        queues.foundReady(found);
    }

    @Override
    public void close() {
        if (ipv4Signaling != null) {
            ipv4Signaling.close();
        }
        if (ipv6Signaling != null) {
            ipv6Signaling.close();
        }
        // The others are closed by now: whoever sends signaling does that, when nobody else is.
        closeAll(urgentIpv4, urgentIpv6);
    }

    /** Port, families and the offloads that are on. */
    @Override
    public String toString() {
        return "UDP port "
                + localPort()
                + ": IPv4 "
                + onOff(ipv4 != null)
                + ", IPv6 "
                + onOff(ipv6 != null)
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
