package io.cyphonic.engine.control;

import java.net.InetSocketAddress;
import java.util.List;

/** Where this node can be reached by its own knowledge. Thread-safe. */
@FunctionalInterface
public interface LocalAddresses {
    /** Addresses of the interfaces with the port of the UDP socket, best first, at most 8. */
    List<InetSocketAddress> candidates();
}
