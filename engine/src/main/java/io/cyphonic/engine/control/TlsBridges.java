package io.cyphonic.engine.control;

import java.net.InetSocketAddress;

/**
 * Ways to the cloud for networks that let no UDP out: a bridge takes datagrams at a loopback
 * address and carries them over TLS. To everybody else that address is the relay, or the NMS.
 * Thread-safe; nothing here waits.
 */
public interface TlsBridges {
    /** None. */
    TlsBridges NONE = _ -> null;

    /**
     * The bridge to a TLS port, opened if there is none.
     *
     * @param tlsPort address of the cloud or of a relay
     * @return where to send datagrams, or {@code null} while there is no connection
     */
    InetSocketAddress bridge(InetSocketAddress tlsPort);

    /** Whether an address is that of a bridge. */
    default boolean isBridge(InetSocketAddress endpoint) {
        return endpoint.getAddress().isLoopbackAddress();
    }
}
