package io.cyphonic.engine.control.mtu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Finds the path MTU of one tunnel with probes (RFC 8899), and notices when it shrinks. Knows no
 * clock and sends nothing: whoever drives it tells the time, sends what {@link #poll} returns, and
 * comes back at {@link #deadline}.
 *
 * <pre>
 *   start, path changed          everything tried       sent a lot, or nothing comes back
 *        |                              |                 |  or after a while: VALIDATE mtu
 *        v                              v                 v
 *    SEARCHING  ------------------&gt;  SETTLED  ---------------------------------&gt;  SETTLED
 *        ^                              |   mtu lost although the small probe passed
 *        +------------------------------+   the kernel found it too long
 *                                           three minutes after a result below the ceiling
 * </pre>
 *
 * <p>Probes go in <em>rounds</em>: several sizes at once, the largest first, and at the end one so
 * small that it passes wherever anything passes. A size counts as lost only if a smaller one of its
 * round was answered. So congestion and outages, which take probes of every size, do not lower the
 * MTU, and after the small one was answered a short grace decides instead of a timeout.
 *
 * <p>A larger MTU is used as soon as its size was answered, and not before. The one exception is
 * the very beginning: until the first search has a result, the ceiling stands. A packet that is too
 * long for the path is lost then, as it would be if it were dropped here; but to answer it with a
 * provisional MTU would bind the host to that for ten minutes (RFC 1191, section 6.3).
 *
 * <p>Not thread-safe. Sizes are bytes of the inner packet, times are nanoseconds of one clock.
 */
public final class PathMtuSearch {
    /** Size of the probe that passes wherever anything passes. */
    public static final int SMALL = 64;

    /** {@link #deadline} if nothing is to be waited for. */
    public static final long NEVER = Long.MAX_VALUE;

    /** Losses after which a size does not pass; more to take away what was in use. */
    static final int LOSSES_TO_STAY = 3;

    static final int LOSSES_TO_LOWER = 4;

    private static final int SIZES_BETWEEN = 6;
    private static final int MAX_IN_FLIGHT = 128;
    private static final int MAX_SILENT_ROUNDS = 5;

    private static final long FIRST_TIMEOUT_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long MIN_GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(35);
    private static final long MAX_GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long MAX_TIMEOUT_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);
    private static final long MAX_SILENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** {@value #BULK_BYTES} bytes sent: the MTU is worth a probe, a hundredth of that at most. */
    private static final long BULK_BYTES = 128 * 1024;

    private static final long VALIDATE_STALLED_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long VALIDATE_BULK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long VALIDATE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long RAISE_NANOS = TimeUnit.MINUTES.toNanos(3);

    /** Hardly a path carries so little: more likely it was in trouble when it was searched. */
    private static final long RAISE_FROM_LOW_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final LongSupplier ids;
    private PathSizes sizes;

    private int mtu;

    /** Largest size answered in this search, 0 if none; smallest that does not pass. */
    private int confirmed;

    private int refused;

    private boolean searching;
    private boolean firstRound;
    private long nextRoundNanos;
    private int silentRounds;
    private final Map<Integer, Integer> losses = new HashMap<>();
    private final Set<Integer> tried = new HashSet<>();

    private long roundTripNanos = -1;
    private boolean smallAnswered;
    private boolean open;
    private int round;
    private long roundNanos;
    private long smallAnsweredNanos;
    private final List<Integer> roundSizes = new ArrayList<>();
    private final Set<Integer> answered = new HashSet<>();
    private final Map<Long, InFlight> inFlight = new HashMap<>();

    private long validatedNanos;
    private long bytesSinceValidation;
    private long raiseNanos;

    private record InFlight(int size, int round, long sentNanos) {}

    /**
     * A probe to be sent.
     *
     * @param id nobody else can know
     * @param size bytes of the inner packet it stands for
     */
    public record Probe(long id, int size) {}

    /**
     * Begins to search.
     *
     * @param ids draws unpredictable numbers
     */
    public PathMtuSearch(PathSizes sizes, LongSupplier ids, long nowNanos) {
        this.ids = ids;
        this.mtu = sizes.ceiling();
        pathChanged(sizes, nowNanos);
    }

    /** What may be sent at present. */
    public int mtu() {
        return mtu;
    }

    /** The sizes it searches. */
    public PathSizes sizes() {
        return sizes;
    }

    /** Whether the present MTU was answered on this path. */
    public boolean isConfirmed() {
        return confirmed >= mtu;
    }

    /** Whether it is searching, and not just watching. */
    public boolean isSearching() {
        return searching;
    }

    /** The tunnel takes another path: what was known no longer counts, but stays in use. */
    public void pathChanged(PathSizes newSizes, long nowNanos) {
        sizes = newSizes;
        mtu = Math.clamp(mtu, sizes.floor(), sizes.ceiling());
        roundTripNanos = -1;
        search(0, nowNanos);
    }

    private void search(int alreadyConfirmed, long nowNanos) {
        searching = true;
        firstRound = true;
        confirmed = alreadyConfirmed;
        refused = sizes.ceiling() + 1;
        losses.clear();
        tried.clear();
        inFlight.clear();
        open = false;
        silentRounds = 0;
        nextRoundNanos = nowNanos;
    }

    /** What was in use seems not to pass any more: looks below it, at every likely size at once. */
    private void suspect(int lossesOfMtu, long nowNanos) {
        search(0, nowNanos);
        firstRound = false;
        refused = mtu + 1;
        losses.put(mtu, lossesOfMtu);
    }

    /**
     * The kernel refused a packet or probe as too long for the interface: no need to wait for an
     * answer.
     */
    public void onTooLong(int size, long nowNanos) {
        if (size <= sizes.floor() || size >= refused) {
            return;
        }
        if (!searching) {
            if (size > mtu) {
                return;
            }
            suspect(0, nowNanos);
        }
        if (size > confirmed) {
            refused = Math.min(refused, size);
            closeIfAnswered(nowNanos);
        }
    }

    /** The peer has received a probe. */
    public void onAnswer(long id, int size, long nowNanos) {
        InFlight probe = inFlight.get(id);
        if (probe == null || probe.size != size) {
            return;
        }
        inFlight.remove(id);
        long sample = nowNanos - probe.sentNanos;
        roundTripNanos = roundTripNanos < 0 ? sample : (7 * roundTripNanos + sample) / 8;
        silentRounds = 0;
        if (size != SMALL) {
            confirm(size);
        }
        if (open && probe.round == round) {
            answered.add(size);
            if (size == SMALL) {
                smallAnswered = true;
                smallAnsweredNanos = nowNanos;
            }
            closeIfAnswered(nowNanos);
        }
    }

    private void confirm(int size) {
        losses.remove(size);
        confirmed = Math.max(confirmed, size);
        mtu = Math.max(mtu, confirmed);
        if (refused <= confirmed) {
            // It passes after all.
            refused = sizes.ceiling() + 1;
        }
    }

    private void closeIfAnswered(long nowNanos) {
        if (open && smallAnswered) {
            for (int size : roundSizes) {
                if (size < refused && !answered.contains(size)) {
                    return;
                }
            }
            close(nowNanos);
        }
    }

    /** When {@link #poll} has something to do without anything coming in. */
    public long deadline() {
        if (open) {
            return smallAnswered ? smallAnsweredNanos + grace() : roundNanos + timeout();
        }
        return searching ? nextRoundNanos : NEVER;
    }

    private long grace() {
        return Math.clamp(roundTripNanos / 2, MIN_GRACE_NANOS, MAX_GRACE_NANOS);
    }

    private long timeout() {
        return roundTripNanos < 0
                ? FIRST_TIMEOUT_NANOS
                : Math.min(MAX_TIMEOUT_NANOS, 2 * roundTripNanos + 3 * MIN_GRACE_NANOS);
    }

    /** What is to be sent now, in this order. */
    public List<Probe> poll(long nowNanos) {
        if (open && nowNanos - deadline() >= 0) {
            close(nowNanos);
        }
        if (open || !searching || nowNanos - nextRoundNanos < 0) {
            return List.of();
        }
        List<Integer> next = nextSizes();
        if (next.isEmpty()) {
            settle(nowNanos);
            return List.of();
        }
        return begin(next, nowNanos);
    }

    private List<Probe> begin(List<Integer> next, long nowNanos) {
        open = true;
        round++;
        roundNanos = nowNanos;
        smallAnswered = false;
        answered.clear();
        roundSizes.clear();
        roundSizes.addAll(next);
        if (inFlight.size() + next.size() >= MAX_IN_FLIGHT) {
            inFlight.clear();
        }
        List<Probe> probes = new ArrayList<>();
        for (int i = next.size() - 1; i >= 0; i--) {
            probes.add(probe(next.get(i), nowNanos));
        }
        probes.add(probe(SMALL, nowNanos));
        return probes;
    }

    private Probe probe(int size, long nowNanos) {
        Probe probe = new Probe(ids.getAsLong(), size);
        inFlight.put(probe.id(), new InFlight(size, round, nowNanos));
        return probe;
    }

    private void close(long nowNanos) {
        open = false;
        nextRoundNanos = nowNanos;
        if (!smallAnswered && answered.isEmpty()) {
            silentRounds++;
            long wait = FIRST_TIMEOUT_NANOS << Math.min(silentRounds, MAX_SILENT_ROUNDS);
            nextRoundNanos = nowNanos + Math.min(wait, MAX_SILENCE_NANOS);
            if (searching && silentRounds >= MAX_SILENT_ROUNDS) {
                // Nobody there, or nobody who answers such probes. Traffic makes it try again.
                settle(nowNanos);
            }
            return;
        }
        countLosses();
        if (!searching) {
            int lost = losses.getOrDefault(mtu, 0);
            if (lost > 0) {
                suspect(lost, nowNanos);
            }
        } else if (refused <= mtu && triedAll()) {
            mtu = Math.max(confirmed, sizes.floor());
        }
    }

    private void countLosses() {
        int smallest = smallAnswered ? SMALL : Integer.MAX_VALUE;
        for (int size : answered) {
            smallest = Math.min(smallest, size);
        }
        for (int size : roundSizes) {
            tried.add(size);
            boolean matters = size > confirmed || !searching;
            if (matters && size > smallest && !answered.contains(size)) {
                losses.merge(size, 1, Integer::sum);
                if (isLost(size)) {
                    refused = Math.min(refused, size);
                }
            }
        }
    }

    private boolean isLost(int size) {
        return losses.getOrDefault(size, 0) >= (size <= mtu ? LOSSES_TO_LOWER : LOSSES_TO_STAY);
    }

    /** Whether the likely sizes had their chance: the host will keep to what it is told now. */
    private boolean triedAll() {
        return sizes.ladder().stream()
                .allMatch(size -> size <= confirmed || size >= refused || tried.contains(size));
    }

    /** Rising; empty if there is nothing left to be found out. */
    private List<Integer> nextSizes() {
        Set<Integer> next = new java.util.TreeSet<>();
        if (firstRound) {
            firstRound = false;
            add(next, sizes.base());
            add(next, mtu);
            add(next, sizes.ceiling());
        } else {
            sizes.ladder().forEach(size -> add(next, size));
            add(next, mtu);
        }
        if (next.isEmpty() && confirmed == 0) {
            add(next, sizes.floor());
        }
        int low = Math.max(confirmed, sizes.floor());
        if (next.isEmpty() && refused - low > Math.max(8, low >> 7)) {
            for (int i = 1; i <= SIZES_BETWEEN; i++) {
                add(next, low + (refused - low) * i / (SIZES_BETWEEN + 1));
            }
        }
        return List.copyOf(next);
    }

    private void add(Set<Integer> next, int size) {
        if (size > confirmed && size < refused && !isLost(size)) {
            next.add(size);
        }
    }

    private void settle(long nowNanos) {
        searching = false;
        losses.clear();
        if (refused <= mtu) {
            mtu = Math.max(confirmed, sizes.floor());
        }
        validatedNanos = nowNanos;
        bytesSinceValidation = 0;
        // Between 0.8 and 1.2 times: tunnels that began together do not go on together.
        long wait = mtu < sizes.base() ? RAISE_FROM_LOW_NANOS : RAISE_NANOS;
        raiseNanos = nowNanos + wait / 10 * (8 + (ids.getAsLong() & 3)) + wait / 20;
    }

    /**
     * Packets were sent since the last call; to be called several times a second then.
     *
     * @param bytes of the packets sent
     * @param heard whether packets have come back
     * @return what is to be sent now, in this order
     */
    public List<Probe> onTraffic(long bytes, boolean heard, long nowNanos) {
        bytesSinceValidation += bytes;
        if (searching || open) {
            return List.of();
        }
        if (confirmed < sizes.ceiling() && nowNanos - raiseNanos >= 0) {
            search(confirmed >= mtu ? mtu : 0, nowNanos);
            return poll(nowNanos);
        }
        long age = nowNanos - validatedNanos;
        boolean due =
                age >= VALIDATE_NANOS
                        || age >= VALIDATE_BULK_NANOS && bytesSinceValidation >= BULK_BYTES
                        || age >= VALIDATE_STALLED_NANOS && !heard;
        if (!due) {
            return List.of();
        }
        validatedNanos = nowNanos;
        bytesSinceValidation = 0;
        return begin(List.of(mtu), nowNanos);
    }
}
