package io.cyphonic.engine.simulation;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Somebody on the backbone who sees what passes and can neither stop nor decrypt it: plays it again
 * from where he is, or with the address of its sender, or to somebody else, and sends noise.
 */
final class Attacker {
    private static final int PORT = 6666;
    private static final int MEMORY = 64;
    private static final Duration PAUSE = Duration.ofMillis(400);

    private final World world;
    private final Random random;
    private final Host host;
    private final List<Packet> seen = new ArrayList<>();
    private boolean active = true;

    Attacker(World world) {
        this.world = world;
        this.random = new Random(world.random().nextLong());
        this.host = new Host("attacker", world.internet(), PORT);
    }

    void start() {
        host.plug(
                List.of(
                        new Host.Interface(world.internet().backbone(), Place.ipv4(192, 0, 2, 66)),
                        new Host.Interface(world.internet().backbone(), Place.ipv6(254, 66))));
        world.internet().tap(this::see);
        world.note("an attacker watches");
        act();
    }

    void stop() {
        active = false;
    }

    private void see(Packet packet) {
        boolean toMe = host.endpoints().contains(packet.to());
        if (packet.origin() == host || toMe || !active || world.isImpostor(packet.to())) {
            // Who passes on what he, or his accomplice, gets is no attacker but a path that works.
            return;
        }
        if (random.nextInt(8) == 0) {
            // A race: the copy may be there first.
            send(packet.datagram(), own(packet), packet.to());
        }
        if (seen.size() < MEMORY) {
            seen.add(packet);
        } else {
            seen.set(random.nextInt(MEMORY), packet);
        }
    }

    private void act() {
        if (!active) {
            return;
        }
        if (!seen.isEmpty()) {
            Packet packet = seen.get(random.nextInt(seen.size()));
            Packet other = seen.get(random.nextInt(seen.size()));
            switch (random.nextInt(5)) {
                case 0 -> send(packet.datagram(), own(packet), packet.to());
                case 1 -> send(packet.datagram(), packet.from(), packet.to());
                case 2 -> send(packet.datagram(), own(other), other.to());
                case 3 -> send(damaged(packet.datagram()), packet.from(), packet.to());
                default -> send(noise(), packet.from(), packet.to());
            }
        }
        world.time().after((long) (PAUSE.toNanos() * random.nextDouble()), this::act);
    }

    private void send(byte[] datagram, InetSocketAddress from, InetSocketAddress to) {
        host.forge(datagram, from, to);
    }

    private InetSocketAddress own(Packet packet) {
        boolean ipv4 = packet.to().getAddress().getAddress().length == 4;
        return host.endpoints().get(ipv4 ? 0 : 1);
    }

    private byte[] damaged(byte[] datagram) {
        byte[] copy = datagram.clone();
        if (copy.length > 0) {
            copy[random.nextInt(copy.length)] ^= (byte) (1 + random.nextInt(255));
        }
        return copy;
    }

    private byte[] noise() {
        byte[] noise = new byte[random.nextInt(200)];
        random.nextBytes(noise);
        if (noise.length > 0 && random.nextBoolean()) {
            noise[0] = (byte) (0x41 + random.nextInt(10));
        }
        return noise;
    }
}
