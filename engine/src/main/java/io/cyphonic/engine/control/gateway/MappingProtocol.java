package io.cyphonic.engine.control.gateway;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;

/**
 * A way of asking a gateway for a UDP port mapping. Waits for answers, a bounded time. For one
 * thread at a time.
 */
interface MappingProtocol {
    /** How long a mapping is asked for, in seconds; renewed after half of what was granted. */
    int LIFETIME_SECONDS = 3600;

    /** What came of a request. */
    sealed interface Outcome {
        /**
         * There is a mapping.
         *
         * @param external where peers reach this node
         * @param lifetimeSeconds 0 if it does not end
         */
        record Granted(InetSocketAddress external, int lifetimeSeconds) implements Outcome {}

        /**
         * The gateway speaks the protocol, and says no.
         *
         * @param reason for people
         */
        record Refused(String reason) implements Outcome {}

        /** The gateway does not speak the protocol, or does not answer at all. */
        record Absent() implements Outcome {}
    }

    /**
     * Whether a gateway speaks the protocol.
     *
     * @param external its own outer address if it tells, or {@code null}
     */
    record Finding(boolean available, Inet4Address external) {
        static final Finding ABSENT = new Finding(false, null);
    }

    /** Whether mappings still exist, as far as the gateway tells. */
    enum Health {
        /** It answers and has not restarted. */
        GOOD,
        /** It has restarted or has another outer address: what it had granted is gone. */
        LOST,
        /** It does not answer. */
        SILENT
    }

    /** For people: PCP, NAT-PMP or UPnP. */
    String name();

    /** Asks whether the gateway speaks the protocol; changes nothing there. */
    Finding find(GatewayLink link) throws IOException;

    /**
     * Asks for a mapping, or for more time for the one there is.
     *
     * @param internalPort of the tunnels' socket
     * @param externalPort which to ask for; the gateway may give another
     */
    Outcome map(GatewayLink link, int internalPort, int externalPort) throws IOException;

    /** Asks, with one small exchange, whether the gateway is still the one that granted. */
    Health check(GatewayLink link) throws IOException;

    /** Gives the mapping back; does not insist. */
    void unmap(GatewayLink link, int internalPort, int externalPort) throws IOException;
}
