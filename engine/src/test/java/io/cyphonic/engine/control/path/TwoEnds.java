package io.cyphonic.engine.control.path;

import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The path machines of both ends of a tunnel, with ways between them that can be cut in either
 * direction, in virtual time. The same endpoint names a way at both ends.
 */
final class TwoEnds {
    static final InetSocketAddress RELAY = new InetSocketAddress("203.0.113.1", 7448);
    static final InetSocketAddress DIRECT = new InetSocketAddress("198.51.100.2", 7000);
    static final InetSocketAddress OTHER = new InetSocketAddress("198.51.100.3", 7000);

    /** As the packet engine does: a capsule from elsewhere is reported five times a second. */
    private static final long REPORT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(100);

    private final PriorityQueue<Due> dues = new PriorityQueue<>();
    private final Random random;
    private final Map<InetSocketAddress, Long> delays = new HashMap<>();
    private long now = START_NANOS;
    private long order;
    final End one = new End();
    final End other = new End();

    private record Due(long when, long order, Runnable what) implements Comparable<Due> {
        @Override
        public int compareTo(Due that) {
            return when == that.when
                    ? Long.compare(order, that.order)
                    : Long.compare(when, that.when);
        }
    }

    TwoEnds(long seed) {
        random = new Random(seed);
        one.peer = other;
        other.peer = one;
        for (End end : List.of(one, other)) {
            after(random.nextLong(PathMachine.LOOK_NANOS), end::look);
        }
    }

    long millis() {
        return TimeUnit.NANOSECONDS.toMillis(now);
    }

    /** What a way takes in one direction; 1 ms unless this is called. */
    void delay(InetSocketAddress way, long millis) {
        delays.put(way, TimeUnit.MILLISECONDS.toNanos(millis));
    }

    void after(long nanos, Runnable what) {
        dues.add(new Due(now + nanos, order++, what));
    }

    void pass(long millis) {
        long end = now + TimeUnit.MILLISECONDS.toNanos(millis);
        while (!dues.isEmpty() && dues.peek().when() <= end) {
            Due due = dues.remove();
            now = due.when();
            due.what().run();
        }
        now = end;
    }

    /** One end. */
    final class End {
        final PathRecord paths = new PathRecord(new Id128(1, 2), Long.MAX_VALUE);

        /** Ways on which nothing of what this end sends arrives. */
        final Set<InetSocketAddress> cut = new HashSet<>();

        /** When packets of the peer came, milliseconds. */
        final List<Long> arrivals = new ArrayList<>();

        long probes;
        boolean answers;
        private End peer;
        private long packetsOut;
        private long heard;
        private long reported;

        void event(Consumer<PathMachine> event) {
            PathMachine machine = new PathMachine(paths, now);
            event.accept(machine);
            machine.actions().forEach(this::act);
        }

        private void act(PathAction action) {
            switch (action) {
                case PathAction.Probe(InetSocketAddress to) -> {
                    probes++;
                    long sent = now;
                    send(
                            to,
                            () -> {
                                peer.hear(to);
                                peer.send(to, () -> onAnswer(to, sent));
                                peer.event(machine -> machine.onHeard(to, kind(to)));
                            });
                }
                case PathAction.Wake(long delay) ->
                        after(delay, () -> event(machine -> machine.onTick(packetsOut, heard)));
                case PathAction.Activate _, PathAction.Tell _, PathAction.AskCloud _ -> {
                    // The record says it, or nobody is there.
                }
            }
        }

        private void onAnswer(InetSocketAddress way, long sent) {
            hear(way);
            event(machine -> machine.onProof(way, now - sent));
        }

        private void send(InetSocketAddress way, Runnable arrives) {
            if (!cut.contains(way)) {
                long delay = delays.getOrDefault(way, TimeUnit.MILLISECONDS.toNanos(1));
                after(delay + random.nextLong(delay / 10), arrives);
            }
        }

        private void hear(InetSocketAddress way) {
            heard = now;
            if (!way.equals(paths.active()) && now - reported >= REPORT_NANOS) {
                reported = now;
                event(machine -> machine.onHeard(way, kind(way)));
            }
        }

        void packet() {
            packetsOut++;
            InetSocketAddress way = paths.active();
            send(
                    way,
                    () -> {
                        peer.arrivals.add(millis());
                        peer.hear(way);
                        if (peer.answers) {
                            peer.packet();
                        }
                    });
        }

        /** A packet now and every so many milliseconds. */
        void stream(long millis) {
            packet();
            after(TimeUnit.MILLISECONDS.toNanos(millis), () -> stream(millis));
        }

        private void look() {
            event(machine -> machine.onTick(packetsOut, heard));
            after(PathMachine.LOOK_NANOS, this::look);
        }

        /** The longest time without a packet since then, milliseconds. */
        long gap(long since) {
            long last = since;
            long longest = 0;
            for (long arrival : arrivals) {
                if (arrival >= since) {
                    longest = Math.max(longest, arrival - last);
                    last = arrival;
                }
            }
            return Math.max(longest, millis() - last);
        }
    }

    private static Kind kind(InetSocketAddress way) {
        return way.equals(RELAY) ? Kind.RELAY : Kind.DIRECT;
    }
}
