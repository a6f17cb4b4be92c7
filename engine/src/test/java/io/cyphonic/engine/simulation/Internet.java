package io.cyphonic.engine.simulation;

import io.cyphonic.engine.fixtures.SignalingNetwork.Weather;
import io.cyphonic.engine.fixtures.VirtualTime;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * The underlay of a simulation: a backbone with weather and the segments behind gateways. Knows
 * whose every endpoint ever was, which is what a node's endpoints are judged by.
 */
final class Internet {
    private static final double NANOS_PER_MILLI = 1e6;
    private static final long LAN_NANOS = 200_000;

    private final VirtualTime time;
    private final Random random;
    private final Segment backbone = new Segment(this, null);
    private final Map<InetSocketAddress, Set<Host>> owners = new HashMap<>();
    private final List<BiPredicate<InetAddress, InetAddress>> cuts = new ArrayList<>();
    private final List<Consumer<Packet>> taps = new ArrayList<>();
    private Weather weather = Weather.FAIR;
    private long unroutable;
    private long carried;
    private long trace;

    Internet(VirtualTime time, Random random) {
        this.time = time;
        this.random = random;
    }

    Segment backbone() {
        return backbone;
    }

    long nanoTime() {
        return time.nanoTime();
    }

    void weather(Weather next) {
        weather = next;
    }

    /** Shows every packet on the backbone to somebody before it arrives. */
    void tap(Consumer<Packet> next) {
        taps.add(next);
    }

    /** Loses whatever goes from one address of the backbone to another, until healed. */
    void cut(BiPredicate<InetAddress, InetAddress> cut) {
        cuts.add(cut);
    }

    void heal(BiPredicate<InetAddress, InetAddress> cut) {
        cuts.remove(cut);
    }

    void healAll() {
        cuts.clear();
    }

    void carry(Packet packet, boolean onBackbone, Consumer<Packet> deliver) {
        carried++;
        trace = trace * 31 + packet.from().hashCode() + 7L * packet.to().hashCode();
        trace = trace * 31 + packet.datagram().length + time.nanoTime();
        if (!onBackbone) {
            time.after(LAN_NANOS, () -> deliver.accept(packet));
            return;
        }
        taps.forEach(tap -> tap.accept(packet));
        InetAddress from = packet.from().getAddress();
        InetAddress to = packet.to().getAddress();
        if (cuts.stream().anyMatch(cut -> cut.test(from, to))
                || random.nextDouble() < weather.loss()) {
            return;
        }
        time.after(delay(), () -> deliver.accept(packet));
        if (random.nextDouble() < weather.duplication()) {
            time.after(delay(), () -> deliver.accept(packet));
        }
    }

    /** Carries without loss, in half of the time that the fastest other packet takes. */
    void rush(Packet packet, Consumer<Packet> deliver) {
        time.after(
                (long) (weather.minDelayMillis() / 2 * NANOS_PER_MILLI),
                () -> deliver.accept(packet));
    }

    private long delay() {
        double spread = weather.maxDelayMillis() - weather.minDelayMillis();
        double millis = weather.minDelayMillis() + spread * random.nextDouble();
        return (long) (millis * NANOS_PER_MILLI);
    }

    void own(InetSocketAddress endpoint, Host host) {
        owners.computeIfAbsent(endpoint, _ -> new HashSet<>()).add(host);
    }

    /** Whether an endpoint is, or was, one of a host's. */
    boolean isOwned(InetSocketAddress endpoint, Host host) {
        return owners.getOrDefault(endpoint, Set.of()).contains(host);
    }

    void countUnroutable() {
        unroutable++;
    }

    long unroutable() {
        return unroutable;
    }

    long carried() {
        return carried;
    }

    /** A number that two equal runs share. */
    long trace() {
        return trace;
    }
}
