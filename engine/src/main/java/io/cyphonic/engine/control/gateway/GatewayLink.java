package io.cyphonic.engine.control.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Function;

/**
 * A gateway that can be talked to. Every call waits for an answer, a bounded time; an interrupt
 * ends it with an exception. For one thread at a time.
 */
public interface GatewayLink {
    /** Who it is. */
    GatewayRoute route();

    /**
     * Sends a datagram to a port of the gateway and repeats it until an answer is accepted.
     *
     * @param tries sendings at most, 250 ms apart, doubled each time
     * @param reader reads an answer; {@code null} if it is none
     * @return what the reader made of it; {@code null} if nothing came in time
     * @throws IOException if the gateway has nothing at that port, or cannot be reached
     */
    <T> T ask(byte[] request, int port, int tries, Function<byte[], T> reader) throws IOException;

    /**
     * Sends a search to the SSDP group and to the gateway; only answers of the gateway are read.
     *
     * @return what the reader made of the first answer it accepted; {@code null} without one
     */
    <T> T search(byte[] request, Function<byte[], T> reader) throws IOException;

    /**
     * One HTTP exchange with the gateway.
     *
     * @param server has the gateway's address, nothing else is allowed
     * @return the answer; {@code null} if it is none
     */
    HttpText exchange(InetSocketAddress server, byte[] request) throws IOException;
}
