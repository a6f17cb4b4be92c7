package io.cyphonic.signaling.os;

import io.cyphonic.signaling.net.DatagramRuns;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.foreign.MemorySegment;

/**
 * One UDP port of Linux over IPv4 and IPv6: two sockets, since a socket for both would show IPv4
 * peers as mapped addresses and share one set of options. Works with one family where the host has
 * only one.
 *
 * <p>{@link #close} needs the receiving and the sending thread to have stopped; signaling senders
 * may still call and get {@code -EBADF}.
 */
public final class LinuxUdpTransport implements UdpTransport {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxUdpTransport.class);

    /** How often a port chosen for IPv4 may turn out to be taken for IPv6. */
    private static final int PORT_ATTEMPTS = 16;

    private final UdpSocket ipv4;
    private final UdpSocket ipv6;
    private final UdpReceiver receiver;
    private final UdpSender ipv4Sender;
    private final UdpSender ipv6Sender;
    private final SignalingSender ipv4Signaling;
    private final SignalingSender ipv6Signaling;

    private LinuxUdpTransport(UdpSocket ipv4, UdpSocket ipv6) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        receiver = ipv4 != null ? new UdpReceiver(ipv4, ipv6) : new UdpReceiver(ipv6, null);
        ipv4Sender = ipv4 == null ? null : new UdpSender(ipv4);
        ipv6Sender = ipv6 == null ? null : new UdpSender(ipv6);
        ipv4Signaling = ipv4 == null ? null : new SignalingSender(ipv4);
        ipv6Signaling = ipv6 == null ? null : new SignalingSender(ipv6);
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
            return new LinuxUdpTransport(ipv4, ipv6);
        } catch (UdpOpenException | RuntimeException e) {
            if (ipv4 != null) {
                ipv4.close();
            }
            throw e;
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
        return receiver.receive(into);
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

    /** The IPv4 descriptor, for {@link LinuxReadiness}; -1 if there is none. */
    int ipv4Descriptor() {
        return ipv4 == null ? -1 : ipv4.descriptor();
    }

    /** The IPv6 descriptor, for {@link LinuxReadiness}; -1 if there is none. */
    int ipv6Descriptor() {
        return ipv6 == null ? -1 : ipv6.descriptor();
    }

    @Override
    public void close() {
        if (ipv4Signaling != null) {
            ipv4Signaling.close();
        }
        if (ipv6Signaling != null) {
            ipv6Signaling.close();
        }
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
                + onOff(receiveOffload());
    }

    private static String onOff(boolean on) {
        return on ? "on" : "off";
    }
}
