package io.cyphonic.signaling.os;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;

/**
 * The sockets of one kind of datagrams, one for each family the host has: what is sent and received
 * on them is in one order.
 */
final class UdpQueue {
    /** {@code null} if the host does not have the family. */
    final UdpSocket ipv4;

    /** {@code null} if the host does not have the family. */
    final UdpSocket ipv6;

    private final UdpReceiver receiver;
    private final UdpSender ipv4Sender;
    private final UdpSender ipv6Sender;

    /**
     * @param ipv4 may be {@code null}, if the other is not
     * @param batch messages received at once, at most
     */
    UdpQueue(UdpSocket ipv4, UdpSocket ipv6, int batch) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        receiver =
                ipv4 != null
                        ? new UdpReceiver(ipv4, ipv6, batch)
                        : new UdpReceiver(ipv6, null, batch);
        ipv4Sender = ipv4 == null ? null : new UdpSender(ipv4);
        ipv6Sender = ipv6 == null ? null : new UdpSender(ipv6);
    }

    /** See {@link io.cyphonic.signaling.net.UdpTransport#receive}. */
    int receive(ReceivedDatagrams into) {
        return receiver.receive(into);
    }

    /** Who sends to this endpoint; {@code null} if the host does not have its family. */
    UdpSender sender(Endpoint to) {
        return to.isIpv4() ? ipv4Sender : ipv6Sender;
    }

    boolean segmentation() {
        return (ipv4Sender == null || ipv4Sender.segmentation())
                && (ipv6Sender == null || ipv6Sender.segmentation());
    }

    boolean joining() {
        return (ipv4 == null || ipv4.receiveJoining) && (ipv6 == null || ipv6.receiveJoining);
    }

    long oversizedBatches() {
        return (ipv4Sender == null ? 0 : ipv4Sender.oversizedBatches())
                + (ipv6Sender == null ? 0 : ipv6Sender.oversizedBatches());
    }

    /** Closes the sockets; nobody else may be using them. */
    void close() {
        if (ipv4 != null) {
            ipv4.close();
        }
        if (ipv6 != null) {
            ipv6.close();
        }
    }
}
