package io.cyphonic.engine.simulation;

import io.cyphonic.engine.fixtures.SignalingNetwork.Weather;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * A random life of a world: nodes at places, applications that talk, then a while in which anything
 * may go wrong, then good weather in which everything has to work again, then silence in which
 * nothing may be left.
 */
final class Life {
    private static final Duration RECOVERY = Duration.ofSeconds(40);

    /** Good weather loses one in fifty: one of so many questions in a row is answered. */
    private static final int QUESTIONS = 8;

    private static final Duration STEADY = Duration.ofSeconds(20);
    private static final int MAX_EVENTS = 6;
    private static final long MAX_SKEW_MILLIS = 120_000;

    private final World world;
    private final Random random;
    private long recoveryNanos;

    Life(World world) {
        this.world = world;
        this.random = world.random();
    }

    /** Lives it; throws with the seed and the story if something does not hold. */
    void live() {
        settle();
        world.internet().weather(weather(0.1));
        Attacker attacker = new Attacker(world);
        if (random.nextBoolean()) {
            attacker.start();
        }
        Impostor.Kind kind = Impostor.Kind.of(world.seed());
        Impostor impostor = kind == null ? null : world.impostor(kind);
        startFlows();
        suffer();
        if (kind == Impostor.Kind.FORWARDER) {
            impostor.keepToHimself();
        }
        recover();
        world.flows().forEach(Flow::stop);
        attacker.stop();
        if (impostor != null) {
            impostor.stop();
        }
        world.note("silence");
        world.invariants().assertCalm();
    }

    /** How long it took until everything worked again. */
    long recoveryNanos() {
        return recoveryNanos;
    }

    private void settle() {
        Place.Kind[] kinds = Place.Kind.values();
        int places = 2 + random.nextInt(4);
        for (int i = 0; i < places; i++) {
            world.place(kinds[random.nextInt(kinds.length)]);
        }
        int nodes = 2 + random.nextInt(3);
        for (int i = 0; i < nodes; i++) {
            world.node(anyPlace());
        }
        world.advance(Duration.ofMillis(random.nextInt(3000)));
    }

    private Place anyPlace() {
        return world.places().get(random.nextInt(world.places().size()));
    }

    private SimNode anyNode() {
        return world.nodes().get(random.nextInt(world.nodes().size()));
    }

    private Weather weather(double maxLoss) {
        double shortest = 1 + random.nextInt(40);
        return new Weather(
                maxLoss * random.nextDouble(),
                0.1 * random.nextDouble(),
                shortest,
                shortest + random.nextInt(60));
    }

    private void startFlows() {
        Set<List<SimNode>> pairs = new HashSet<>();
        int flows = 1 + random.nextInt(3);
        for (int i = 0; i < flows; i++) {
            SimNode client = anyNode();
            SimNode server = anyNode();
            if (client != server && pairs.add(List.of(client, server))) {
                world.flow(client, server, Duration.ofMillis(100 + random.nextInt(900)));
            }
        }
    }

    private void suffer() {
        List<Runnable> ends = new ArrayList<>();
        int events = random.nextInt(MAX_EVENTS + 1);
        for (int i = 0; i < events; i++) {
            world.advance(Duration.ofMillis(random.nextInt(25_000)));
            Runnable end = event();
            if (random.nextBoolean()) {
                world.advance(Duration.ofMillis(random.nextInt(20_000)));
                end.run();
            } else {
                ends.add(end);
            }
        }
        world.advance(Duration.ofMillis(random.nextInt(40_000)));
        ends.forEach(Runnable::run);
    }

    /** Something happens; what it returns ends it. */
    private Runnable event() {
        return switch (random.nextInt(10)) {
            case 0 -> sleep(anyNode());
            case 1 -> restart(anyNode());
            case 2 -> reboot(anyNode().place());
            case 3 -> cut(anyNode(), anyNode());
            case 4 -> outage();
            case 5 -> storm();
            case 6 -> jump(anyNode());
            case 7 -> relayOutage();
            default -> move(anyNode(), anyPlace());
        };
    }

    private Runnable sleep(SimNode node) {
        if (node.isAsleep()) {
            return () -> {};
        }
        world.note("sleeps: " + node);
        node.sleep();
        return () -> {
            world.note("wakes: " + node);
            node.wake();
        };
    }

    private Runnable restart(SimNode node) {
        if (!node.isAsleep()) {
            world.note("restarts: " + node);
            node.restart();
        }
        return () -> {};
    }

    private Runnable reboot(Place place) {
        for (Gateway gateway : Gateway.above(place.segment())) {
            if (gateway.translates() && gateway.outside() == world.internet().backbone()) {
                if (random.nextBoolean()) {
                    world.note("gets another address: " + place);
                    gateway.renumber(place.publicIpv4());
                } else {
                    world.note("gateway reboots: " + place);
                    gateway.reboot();
                }
            }
        }
        return () -> {};
    }

    private Runnable cut(SimNode one, SimNode other) {
        List<InetAddress> left = backboneAddresses(one);
        List<InetAddress> right = backboneAddresses(other);
        BiPredicate<InetAddress, InetAddress> cut =
                (from, to) ->
                        left.contains(from) && right.contains(to)
                                || right.contains(from) && left.contains(to);
        world.note("cut between " + one + " and " + other);
        world.internet().cut(cut);
        return () -> {
            world.note("healed");
            world.internet().heal(cut);
        };
    }

    private List<InetAddress> backboneAddresses(SimNode node) {
        List<Gateway> gateways = Gateway.above(node.place().segment());
        List<InetAddress> addresses = new ArrayList<>();
        if (!gateways.isEmpty() && gateways.getLast().external() != null) {
            addresses.add(gateways.getLast().external());
        }
        node.host().interfaces().forEach(each -> addresses.add(each.address()));
        return addresses;
    }

    private Runnable outage() {
        world.note("the cloud is gone");
        world.cloud().reachable(false);
        return () -> {
            world.note("the cloud is back");
            world.cloud().reachable(true);
        };
    }

    private Runnable relayOutage() {
        world.note("the relay is gone");
        world.relay().running(false);
        return () -> {
            world.note("the relay is back");
            world.relay().running(true);
        };
    }

    private Runnable storm() {
        world.note("storm");
        world.internet().weather(new Weather(0.4, 0.3, 5, 400));
        return () -> {
            world.note("the storm is over");
            world.internet().weather(weather(0.1));
        };
    }

    private Runnable jump(SimNode node) {
        long millis = random.nextLong(-MAX_SKEW_MILLIS, MAX_SKEW_MILLIS);
        world.note("clock set by %d ms: %s".formatted(millis, node));
        long back = -millis;
        node.runtime().jump(millis);
        return () -> node.runtime().jump(back);
    }

    private Runnable move(SimNode node, Place to) {
        world.note("moves to " + to + ": " + node);
        node.move(to);
        return () -> {};
    }

    private void recover() {
        world.internet().healAll();
        world.cloud().reachable(true);
        world.relay().running(true);
        world.internet().weather(weather(0.02));
        world.note("calm");
        long start = world.time().nanoTime();
        for (Flow flow : world.flows()) {
            boolean must = Reachability.mustConnect(flow.client(), flow.server());
            if (must && !world.runUntil(() -> flow.isAnsweredSince(start), left(start))) {
                throw world.failure("no answer within " + RECOVERY + ": " + flow);
            }
        }
        recoveryNanos = world.time().nanoTime() - start;
        world.advance(STEADY);
        for (Flow flow : world.flows()) {
            long lately = world.time().nanoTime() - QUESTIONS * flow.intervalNanos();
            boolean must = Reachability.mustConnect(flow.client(), flow.server());
            if (must && !flow.isAnsweredSince(lately)) {
                throw world.failure("lost again: " + flow);
            }
        }
    }

    private Duration left(long start) {
        return RECOVERY.minusNanos(world.time().nanoTime() - start);
    }
}
