package io.cyphonic.engine.simulation;

import io.cyphonic.signaling.net.Endpoint;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Somebody on the backbone who copies all that passes, sends it from an address of his own and is
 * always there first. He may also pass on what is answered to him, with the address of whoever
 * answers, and be there first again: to both ends he then looks like a NAT of the other, until he
 * stops.
 */
final class Impostor {
    private static final int FIRST_PORT = 20_000;
    private static final Duration IN_FLIGHT = Duration.ofSeconds(1);

    private final World world;
    private final Host host;
    private final Map<Conversation, InetSocketAddress> faces = new HashMap<>();
    private boolean copies = true;
    private long silentNanos;
    private boolean passesOn;

    /** What he does. */
    enum Kind {
        /** He copies. */
        COPIER,
        /** He copies, and passes on what comes back. */
        FORWARDER;

        /** Who is in the life of a seed: nobody, mostly. */
        static Kind of(long seed) {
            return switch ((int) (seed % 16)) {
                case 5 -> COPIER;
                case 11, 13 -> FORWARDER;
                default -> null;
            };
        }
    }

    /** One direction between two endpoints. */
    private record Conversation(InetSocketAddress from, InetSocketAddress to) {}

    Impostor(World world, Kind kind) {
        this.world = world;
        this.passesOn = kind == Kind.FORWARDER;
        this.host = new Host("impostor", world.internet(), FIRST_PORT);
        host.plug(
                List.of(
                        new Host.Interface(world.internet().backbone(), Place.ipv4(192, 0, 2, 77)),
                        new Host.Interface(world.internet().backbone(), Place.ipv6(254, 77))));
        world.internet().tap(this::see);
        world.note("an impostor: " + kind);
    }

    /** Whether an endpoint is one of his. */
    boolean isAt(InetSocketAddress endpoint) {
        return host.has(endpoint.getAddress());
    }

    /** Whether what he passed on may still be on its way. */
    boolean isForwarder() {
        return passesOn || world.time().nanoTime() < silentNanos;
    }

    /** He goes on copying, but whatever is sent to him is lost from now on. */
    void keepToHimself() {
        passesOn = false;
        silentNanos = world.time().nanoTime() + IN_FLIGHT.toNanos();
        world.note("the impostor passes nothing on any more");
    }

    void stop() {
        copies = false;
        passesOn = false;
    }

    private void see(Packet packet) {
        if (copies && packet.origin() != host && !isAt(packet.to())) {
            InetSocketAddress face =
                    faces.computeIfAbsent(
                            new Conversation(packet.from(), packet.to()), this::newFace);
            host.rush(packet.datagram(), face, packet.to());
        }
    }

    private InetSocketAddress newFace(Conversation seen) {
        boolean ipv4 = seen.from.getAddress() instanceof Inet4Address;
        InetAddress own = host.interfaces().get(ipv4 ? 0 : 1).address();
        InetSocketAddress face = new InetSocketAddress(own, FIRST_PORT + 1 + faces.size());
        host.attach(Endpoint.of(face), (datagram, from) -> answered(seen, datagram, from));
        return face;
    }

    private void answered(Conversation seen, byte[] datagram, Endpoint from) {
        if (passesOn) {
            host.rush(datagram, from.toSocketAddress(), seen.from);
        }
    }
}
