package io.cyphonic.engine.simulation;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/** A network in which every address reaches every other, and perhaps a way out of it. */
final class Segment {
    private final Internet internet;
    private final Gateway uplink;
    private final Map<InetAddress, Port> ports = new HashMap<>();

    /** A segment behind a gateway, or with {@code null} the backbone. */
    Segment(Internet internet, Gateway uplink) {
        this.internet = internet;
        this.uplink = uplink;
    }

    Gateway uplink() {
        return uplink;
    }

    boolean has(InetAddress address) {
        return ports.containsKey(address);
    }

    void attach(InetAddress address, Port port) {
        Port other = ports.putIfAbsent(address, port);
        if (other != null && other != port) {
            throw new IllegalStateException("two at " + address);
        }
    }

    void detach(InetAddress address) {
        ports.remove(address);
    }

    void send(Packet packet) {
        internet.carry(packet, uplink == null, this::deliver);
    }

    /** Carries a packet faster than any other. */
    void rush(Packet packet) {
        internet.rush(packet, this::deliver);
    }

    private void deliver(Packet packet) {
        Port port = ports.get(packet.to().getAddress());
        if (port != null) {
            port.receive(packet);
        } else if (uplink != null) {
            uplink.outbound(packet);
        } else {
            internet.countUnroutable();
        }
    }
}
