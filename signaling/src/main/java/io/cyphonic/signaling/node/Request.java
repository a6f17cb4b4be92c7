package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.registry.NodeRecord;

import java.net.InetSocketAddress;

/**
 * Who sent an authentic message, and how it came.
 *
 * @param counter envelope counter
 * @param source as the NMS saw it
 * @param local own address it came to
 */
record Request(
        Id128 nodeId,
        long loginId,
        long counter,
        InetSocketAddress source,
        InetSocketAddress local,
        long nowMillis) {

    /** Whether the node's registration is of this login and names this source. */
    boolean isRegistered(NodeRecord node) {
        NodeRecord.Registration registration = node.registration();
        return registration != null
                && registration.loginId() == loginId
                && Registrations.sighting(registration, source).names(source);
    }

    /** The same, and this source is the best that is known of the node. */
    boolean isBestKnown(NodeRecord node) {
        return isRegistered(node)
                && source.equals(Registrations.sighting(node.registration(), source).best());
    }
}
