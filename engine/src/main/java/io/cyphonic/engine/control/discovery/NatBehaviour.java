package io.cyphonic.engine.control.discovery;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * How the way out behaves in one address family, as far as it was measured.
 *
 * @param ipv4 the family
 * @param servers every server asked
 * @param mapped how the first server that answered saw a new socket; {@code null} if none answered
 * @param translated whether that is another address or port than the socket's own
 * @param portKept whether the port is the socket's own
 * @param mapping RFC 4787, section 4.1
 * @param filtering RFC 4787, section 5
 * @param hairpin whether two sockets here reach each other by their mapped addresses, both sending
 *     (RFC 4787, section 6); {@code null} if not measured
 */
public record NatBehaviour(
        boolean ipv4,
        List<ServerAnswer> servers,
        InetSocketAddress mapped,
        boolean translated,
        boolean portKept,
        Dependence mapping,
        Dependence filtering,
        Boolean hairpin) {
    /** Keeps the list. */
    public NatBehaviour {
        servers = List.copyOf(servers);
    }

    /** Whether any server answered. */
    public boolean reachable() {
        return mapped != null;
    }

    /**
     * A server.
     *
     * @param mapped what it saw; {@code null} if it did not answer
     * @param rttMillis NaN without an answer
     */
    public record ServerAnswer(
            InetSocketAddress server, InetSocketAddress mapped, double rttMillis) {}

    /** What a mapping or a filter depends on, in the words of RFC 4787. */
    public enum Dependence {
        /** Not on the other end. */
        ENDPOINT_INDEPENDENT("endpoint-independent"),
        /** On the address of the other end. */
        ADDRESS_DEPENDENT("address-dependent"),
        /** On its address and port. */
        ADDRESS_AND_PORT_DEPENDENT("address and port-dependent"),
        /** Not on the port; whether on the address takes a second address to tell. */
        NOT_PORT_DEPENDENT("endpoint-independent or address-dependent"),
        /** On something; on what takes a second port of one address to tell. */
        DEPENDENT("address-dependent or address and port-dependent"),
        /** Not measured. */
        UNKNOWN("unknown");

        private final String words;

        Dependence(String words) {
            this.words = words;
        }

        /** For people. */
        public String words() {
            return words;
        }
    }
}
