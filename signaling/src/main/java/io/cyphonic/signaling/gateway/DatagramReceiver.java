package io.cyphonic.signaling.gateway;

import io.cyphonic.signaling.relay.RelayStream;

import java.net.InetSocketAddress;

/** Takes a datagram that came over a connection. Called by many threads at once. */
@FunctionalInterface
public interface DatagramReceiver {
    /**
     * Takes it.
     *
     * @param datagram at least one byte; not changed afterwards
     * @param source far end of the connection
     * @param local own end
     * @param stream where answers go
     * @return whether anybody here takes such datagrams
     */
    boolean receive(
            byte[] datagram, InetSocketAddress source, InetSocketAddress local, RelayStream stream);
}
