package io.cyphonic.signaling.node;

import java.net.InetSocketAddress;
import java.util.List;

/** Turns a datagram into datagrams to send; called by many threads at once. */
@FunctionalInterface
public interface DatagramHandler {
    /**
     * Handles one datagram.
     *
     * @param source where it came from
     * @param local own address that it came to
     * @return what to send, in this order; empty for a datagram that deserves no answer
     */
    List<Reply> handle(
            byte[] datagram,
            int length,
            InetSocketAddress source,
            InetSocketAddress local,
            long nowMillis);
}
