package io.cyphonic.signaling.node;

import java.net.InetSocketAddress;

/**
 * A datagram to send.
 *
 * @param datagram sealed and complete
 * @param destination where it goes
 * @param source the own address to send it from; {@code null}: every own address of that family,
 *     because the receiver's NAT lets in only what comes from the one that it registered with
 */
public record Reply(byte[] datagram, InetSocketAddress destination, InetSocketAddress source) {}
