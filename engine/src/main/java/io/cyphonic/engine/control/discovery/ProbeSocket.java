package io.cyphonic.engine.control.discovery;

import java.io.IOException;
import java.net.InetSocketAddress;

/** A UDP socket made for one measurement, from a port nobody has used before. For one thread. */
public interface ProbeSocket extends AutoCloseable {
    /**
     * A datagram that came.
     *
     * @param datagram a copy
     * @param from its source
     */
    record Received(byte[] datagram, InetSocketAddress from) {}

    /** Makes sockets. */
    @FunctionalInterface
    interface Factory {
        /** A socket of one address family. */
        ProbeSocket open(boolean ipv4) throws IOException;
    }

    /** The port it is bound to. */
    int localPort();

    /** Sends; what the kernel refuses is lost like a datagram on the way. */
    void send(byte[] datagram, InetSocketAddress to);

    /** Waits for a datagram; {@code null} if none comes in time. */
    Received receive(long waitNanos);

    @Override
    void close();
}
