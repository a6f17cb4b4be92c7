package io.cyphonic.engine.simulation;

import java.net.InetSocketAddress;

/**
 * A datagram on its way.
 *
 * @param from its source as it reads here: gateways rewrite it, and an attacker may lie
 * @param to its destination as it reads here
 * @param origin who really sent it, whatever {@code from} says
 */
record Packet(InetSocketAddress from, InetSocketAddress to, byte[] datagram, Host origin) {
    Packet from(InetSocketAddress source) {
        return new Packet(source, to, datagram, origin);
    }

    Packet to(InetSocketAddress destination) {
        return new Packet(from, destination, datagram, origin);
    }
}
