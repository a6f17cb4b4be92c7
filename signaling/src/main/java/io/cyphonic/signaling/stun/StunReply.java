package io.cyphonic.signaling.stun;

import java.net.InetSocketAddress;

/**
 * An answer to send.
 *
 * @param datagram its bytes
 * @param from the socket to send from
 * @param to its destination
 */
public record StunReply(byte[] datagram, InetSocketAddress from, InetSocketAddress to) {}
