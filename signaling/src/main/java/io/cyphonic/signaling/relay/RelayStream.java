package io.cyphonic.signaling.relay;

/**
 * A connection that stands for a UDP source: what comes over it is from there, and what is for
 * there goes over it. Two connections are never the same source.
 */
public interface RelayStream {
    /**
     * Takes one datagram to be sent, without waiting; copies it.
     *
     * @return whether there was room
     */
    boolean offer(byte[] buffer, int offset, int length);
}
