package io.cyphonic.engine.simulation;

import io.cyphonic.engine.fixtures.Underlay;
import io.cyphonic.signaling.net.Endpoint;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;

/** A machine with interfaces, the first of which is its default route of each family. */
final class Host implements Underlay, Port {
    /** More than a socket's buffer takes is lost. */
    private static final int MAX_HELD = 200;

    private final String name;
    private final Internet internet;
    private final int port;
    private final Map<Endpoint, Receiver> receivers = new HashMap<>();
    private List<Interface> interfaces = List.of();
    private boolean deaf;
    private Queue<Runnable> held;
    private long sent;
    private Map<String, Integer> kinds = new TreeMap<>();

    /** An address in a segment. */
    record Interface(Segment segment, InetAddress address) {}

    Host(String name, Internet internet, int port) {
        this.name = name;
        this.internet = internet;
        this.port = port;
    }

    /** Gives up all addresses and gets others. */
    void plug(List<Interface> next) {
        for (Interface each : interfaces) {
            each.segment.detach(each.address);
            if (isAnnounced(each)) {
                each.segment.uplink().withdraw(each.address);
            }
        }
        interfaces = List.copyOf(next);
        for (Interface each : interfaces) {
            each.segment.attach(each.address, this);
            if (isAnnounced(each)) {
                each.segment.uplink().announce(each.address);
            }
            internet.own(new InetSocketAddress(each.address, port), this);
        }
    }

    private static boolean isAnnounced(Interface each) {
        return each.segment.uplink() != null
                && !(each.address instanceof Inet4Address && each.segment.uplink().translates());
    }

    List<Interface> interfaces() {
        return interfaces;
    }

    /** The endpoints of its interfaces. */
    List<InetSocketAddress> endpoints() {
        return interfaces.stream().map(each -> new InetSocketAddress(each.address, port)).toList();
    }

    boolean has(boolean ipv4) {
        return interfaces.stream().anyMatch(each -> each.address instanceof Inet4Address == ipv4);
    }

    /** Stops or starts to send and to hear, as a machine that sleeps. */
    void deaf(boolean next) {
        deaf = next;
    }

    /** From now on packets wait, in both directions: what carries them has no processor. */
    void hold() {
        held = held == null ? new ArrayDeque<>() : held;
    }

    /** Packets that wait go on, in their order. */
    void release() {
        Queue<Runnable> waiting = held == null ? new ArrayDeque<>() : held;
        held = null;
        waiting.forEach(Runnable::run);
    }

    private boolean holds(Runnable packet) {
        if (held != null && held.size() < MAX_HELD) {
            held.add(packet);
        }
        return held != null;
    }

    long sent() {
        return sent;
    }

    /** What was sent since the last call, by kind. */
    Map<String, Integer> takeKinds() {
        Map<String, Integer> taken = kinds;
        kinds = new TreeMap<>();
        return taken;
    }

    /** With the address 0.0.0.0: whatever comes to the port that nobody else hears. */
    @Override
    public void attach(Endpoint endpoint, Receiver receiver) {
        receivers.put(endpoint, receiver);
    }

    @Override
    public void detach(Endpoint endpoint) {
        receivers.remove(endpoint);
    }

    @Override
    public void send(byte[] datagram, Endpoint from, Endpoint to) {
        InetSocketAddress destination = to.toSocketAddress();
        Interface via = via(from.toSocketAddress().getAddress(), destination.getAddress());
        if (via != null && !deaf) {
            sent++;
            kinds.merge(Kinds.of(datagram), 1, Integer::sum);
            InetSocketAddress source = new InetSocketAddress(via.address, from.port());
            Packet packet = new Packet(source, destination, datagram.clone(), this);
            if (!holds(() -> via.segment.send(packet))) {
                via.segment.send(packet);
            }
        }
    }

    /** Sends with a source address of somebody else's. */
    void forge(byte[] datagram, InetSocketAddress from, InetSocketAddress to) {
        interfaces.getFirst().segment.send(new Packet(from, to, datagram.clone(), this));
    }

    /** The same, and it is there before anything that another sends now. */
    void rush(byte[] datagram, InetSocketAddress from, InetSocketAddress to) {
        interfaces.getFirst().segment.rush(new Packet(from, to, datagram.clone(), this));
    }

    boolean has(InetAddress address) {
        return interfaces.stream().anyMatch(each -> each.address.equals(address));
    }

    private Interface via(InetAddress from, InetAddress to) {
        Interface best = null;
        for (Interface each : interfaces) {
            boolean family = each.address instanceof Inet4Address == to instanceof Inet4Address;
            if (family && (from.isAnyLocalAddress() || from.equals(each.address))) {
                if (each.segment.has(to)) {
                    return each;
                }
                best = best == null ? each : best;
            }
        }
        return best;
    }

    @Override
    public void receive(Packet packet) {
        if (holds(() -> receive(packet))) {
            return;
        }
        Receiver receiver = receivers.get(Endpoint.of(packet.to()));
        if (receiver == null && packet.to().getPort() == port) {
            receiver = receivers.get(Endpoint.of(new InetSocketAddress("0.0.0.0", port)));
        }
        if (receiver != null && !deaf) {
            receiver.receive(packet.datagram().clone(), Endpoint.of(packet.from()));
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
