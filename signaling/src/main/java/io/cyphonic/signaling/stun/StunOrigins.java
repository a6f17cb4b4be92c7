package io.cyphonic.signaling.stun;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The sockets of a STUN server that belong together, as seen from the one that got a request (RFC
 * 5780, section 6): same address with the other port, the other address with the same port, and
 * both changed. Those that do not exist are {@code null}.
 *
 * @param own the socket itself
 * @param otherPort same address, other port
 * @param otherAddress other address, same port
 * @param both other address, other port
 */
public record StunOrigins(
        InetSocketAddress own,
        InetSocketAddress otherPort,
        InetSocketAddress otherAddress,
        InetSocketAddress both) {
    /** A socket without any relatives. */
    public static StunOrigins alone(InetSocketAddress own) {
        return new StunOrigins(own, null, null, null);
    }

    /**
     * The relatives of every socket.
     *
     * @param primary the addresses of the service
     * @param alternate the same addresses with the second port, as far as it is open
     */
    public static Map<InetSocketAddress, StunOrigins> of(
            List<InetSocketAddress> primary, List<InetSocketAddress> alternate) {
        Map<InetSocketAddress, StunOrigins> origins = new HashMap<>();
        for (InetSocketAddress own : primary) {
            origins.put(own, of(own, primary, alternate));
        }
        for (InetSocketAddress own : alternate) {
            origins.put(own, of(own, alternate, primary));
        }
        return Map.copyOf(origins);
    }

    private static StunOrigins of(
            InetSocketAddress own, List<InetSocketAddress> same, List<InetSocketAddress> opposite) {
        InetSocketAddress otherPort =
                opposite.stream()
                        .filter(each -> each.getAddress().equals(own.getAddress()))
                        .findFirst()
                        .orElse(null);
        Optional<InetSocketAddress> otherAddress =
                same.stream()
                        .filter(each -> each.getAddress().getClass() == own.getAddress().getClass())
                        .filter(each -> !each.getAddress().equals(own.getAddress()))
                        .filter(each -> each.getPort() == own.getPort())
                        .findFirst();
        InetSocketAddress both =
                otherAddress
                        .flatMap(
                                other ->
                                        opposite.stream()
                                                .filter(
                                                        each ->
                                                                each.getAddress()
                                                                        .equals(other.getAddress()))
                                                .findFirst())
                        .orElse(null);
        return new StunOrigins(own, otherPort, otherAddress.orElse(null), both);
    }

    /** Whether all of RFC 5780 can be done from here. */
    boolean isComplete() {
        return otherPort != null && otherAddress != null && both != null;
    }

    /** Where to answer from; {@code null} if there is no such socket. */
    InetSocketAddress select(int change) {
        boolean address = (change & StunMessage.CHANGE_ADDRESS) != 0;
        boolean port = (change & StunMessage.CHANGE_PORT) != 0;
        if (address) {
            return port ? both : otherAddress;
        }
        return port ? otherPort : own;
    }
}
