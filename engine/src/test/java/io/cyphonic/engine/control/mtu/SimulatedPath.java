package io.cyphonic.engine.control.mtu;

import io.cyphonic.engine.control.mtu.PathMtuSearch.Probe;
import io.cyphonic.engine.fixtures.VirtualTime;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A path in virtual time that loses what is too long, and other things, and a search on it. */
final class SimulatedPath {
    static final int OVERHEAD = 60;

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    final VirtualTime time = new VirtualTime();
    final PathMtuSearch search;

    /** Longest inner packet that passes. */
    int carries;

    /** Longest that the interface takes: the kernel says so at once. */
    int interfaceTakes = Integer.MAX_VALUE;

    double loss;
    Duration roundTrip = Duration.ofMillis(5);

    /** The round trip takes up to this much longer, by chance. */
    Duration jitter = Duration.ZERO;

    boolean down;
    boolean sending;
    long bytesPerTick = 200_000;
    int probes;
    int largestAnswered;

    private final Random random;
    private long due = PathMtuSearch.NEVER;

    SimulatedPath(long seed, int innerMtu, int carries) {
        this.random = new Random(seed);
        this.carries = carries;
        this.search =
                new PathMtuSearch(
                        PathSizes.of(OVERHEAD, innerMtu), random::nextLong, time.nanoTime());
        go();
        time.after(TICK_NANOS, this::tick);
    }

    private void tick() {
        if (sending) {
            boolean heard = !down && search.mtu() <= Math.min(carries, interfaceTakes);
            if (search.mtu() > interfaceTakes) {
                search.onTooLong(search.mtu(), time.nanoTime());
            }
            send(search.onTraffic(bytesPerTick, heard, time.nanoTime()));
            go();
        }
        time.after(TICK_NANOS, this::tick);
    }

    void go() {
        send(search.poll(time.nanoTime()));
        long deadline = search.deadline();
        if (deadline != PathMtuSearch.NEVER && deadline != due) {
            due = deadline;
            time.after(deadline - time.nanoTime(), this::go);
        }
    }

    private void send(List<Probe> due) {
        for (Probe probe : due) {
            probes++;
            if (probe.size() > interfaceTakes) {
                time.after(
                        random.nextInt(1_000_000),
                        () -> {
                            search.onTooLong(probe.size(), time.nanoTime());
                            go();
                        });
                continue;
            }
            boolean lost =
                    down
                            || probe.size() > carries
                            || random.nextDouble() < loss
                            || random.nextDouble() < loss;
            long delay = roundTrip.toNanos();
            delay += jitter.isZero() ? 0 : random.nextLong(jitter.toNanos());
            if (!lost) {
                time.after(
                        delay,
                        () -> {
                            largestAnswered = Math.max(largestAnswered, probe.size());
                            search.onAnswer(probe.id(), probe.size(), time.nanoTime());
                            go();
                        });
            }
        }
    }

    void run(Duration duration) {
        time.advance(duration);
    }

    /** How long until the MTU is one the path carries; negative if not within the time. */
    Duration untilItFits(Duration longest) {
        long start = time.nanoTime();
        boolean fits = time.runUntil(() -> search.mtu() <= carries, longest);
        return fits ? Duration.ofNanos(time.nanoTime() - start) : Duration.ofNanos(-1);
    }
}
