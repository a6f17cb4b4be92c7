package io.cyphonic.engine.control.path;

import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.engine.control.state.PathRecord.WayState;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The list of ways in a record: which are known, which is better than which, and when each is
 * probed next. Lives for one event, like {@link PathMachine}, whose decisions it serves.
 */
final class WayList {
    /** Between two looks for a better way, once the burst is over. */
    static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(4);

    /** The same after a minute of that, and for ways that are no better than the active one. */
    static final long SLOW_RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final long[] BURST_NANOS = millis(80, 120, 200, 300, 500, 700, 900);
    private static final int PATIENT_TRIES = BURST_NANOS.length + 15;
    private static final long FIRST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long MIN_GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
    private static final long MAX_GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long UNKNOWN_GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long MIN_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final long MAX_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(400);
    private static final long UNKNOWN_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long PEER_THINKS_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /**
     * What a way of the same kind must save to be taken: more than a queue under load makes out of
     * one probe, for every change of way may reorder what is in flight.
     */
    private static final long CLEARLY_FASTER_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** So many answers the active way must have given before it can be called slow. */
    private static final int MEASURED_PROOFS = 4;

    private static final int MAX_NEEDED = 4;

    /** One answer of so many makes the round-trip time. */
    private static final int RTT_WEIGHT = 4;

    private final PathRecord paths;
    private final long now;

    WayList(PathRecord paths, long nowNanos) {
        this.paths = paths;
        this.now = nowNanos;
    }

    private static long[] millis(long... values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = TimeUnit.MILLISECONDS.toNanos(values[i]);
        }
        return values;
    }

    /** The active way did not answer while another did: it must prove itself more often. */
    void failed(int way) {
        paths.state(way, WayState.DEAD);
        paths.proofs(way, 0);
        paths.tries(way, BURST_NANOS.length);
        paths.nextProbe(way, now + (FIRST_RETRY_NANOS << paths.needed(way) - 1));
        if (!paths.moved()) {
            paths.needed(way, Math.min(paths.needed(way) + 1, MAX_NEEDED));
        }
    }

    boolean isBetter(int way, int active) {
        int rank = paths.kind(way).compareTo(paths.kind(active));
        boolean measured = paths.doubtSince() == 0 && paths.proofs(active) >= MEASURED_PROOFS;
        return rank < 0 || rank == 0 && measured && saves(way, active);
    }

    /** By the least of all answers: under load the others tell more of queues than of ways. */
    private boolean saves(int way, int active) {
        long faster = paths.leastRtt(active) - paths.leastRtt(way);
        return paths.leastRtt(active) >= 0
                && faster > CLEARLY_FASTER_NANOS
                && faster > paths.leastRtt(active) / 2;
    }

    /**
     * A way of the same kind may be faster, but the active one has only its first answers: both are
     * asked a few times more.
     */
    boolean isCompared(int way, int active) {
        return active >= 0
                && paths.state(way) == WayState.VALID
                && paths.kind(way) == paths.kind(active)
                && paths.proofs(active) <= MEASURED_PROOFS
                && paths.proofs(way) < 2 * MEASURED_PROOFS
                && (paths.leastRtt(active) < 0 || saves(way, active));
    }

    /**
     * Notes what an answer took.
     *
     * @return how much later it came than the way itself explains: what queues, or processors that
     *     are busy at either end, have added; 0 for the first answer
     */
    long measured(int way, long rttNanos) {
        long before = paths.rtt(way);
        long least = paths.leastRtt(way) < 0 ? rttNanos : paths.leastRtt(way);
        paths.rtt(way, before < 0 ? rttNanos : before + (rttNanos - before) / RTT_WEIGHT);
        paths.leastRtt(way, Math.min(least, rttNanos));
        return Math.max(0, rttNanos - least);
    }

    int bestProvenSince(long since) {
        int best = -1;
        for (int way = 0; way < paths.count(); way++) {
            boolean proven =
                    paths.state(way) == WayState.VALID
                            && paths.proof(way) - since >= 0
                            && !paths.endpoint(way).equals(paths.active());
            if (proven && (best < 0 || isPreferred(way, best))) {
                best = way;
            }
        }
        return best;
    }

    /** Of two that are not in use: one that somebody in between prolongs is the longer one. */
    private boolean isPreferred(int way, int other) {
        int rank = paths.kind(way).compareTo(paths.kind(other));
        return rank < 0 || rank == 0 && paths.leastRtt(way) < paths.leastRtt(other);
    }

    /** How long a doubted way may take to answer. */
    long grace(int active) {
        long rtt = paths.rtt(active);
        return rtt < 0
                ? UNKNOWN_GRACE_NANOS
                : Math.clamp(rtt + rtt / 2 + MIN_GRACE_NANOS, MIN_GRACE_NANOS, MAX_GRACE_NANOS);
    }

    /** How long packets may stay unanswered before the active way is in doubt. */
    long patience(int active) {
        long rtt = active < 0 ? -1 : paths.rtt(active);
        return rtt < 0
                ? UNKNOWN_PATIENCE_NANOS
                : Math.clamp(PEER_THINKS_NANOS + 2 * rtt, MIN_PATIENCE_NANOS, MAX_PATIENCE_NANOS);
    }

    void schedule(int way, int active) {
        int tries = paths.tries(way);
        boolean better = active < 0 || paths.kind(way).compareTo(paths.kind(active)) < 0;
        if (tries <= BURST_NANOS.length) {
            paths.state(way, WayState.PROBING);
            paths.nextProbe(way, now + BURST_NANOS[Math.max(0, tries - 1)]);
        } else {
            paths.state(way, WayState.DEAD);
            paths.proofs(way, 0);
            boolean patient = better && tries < PATIENT_TRIES;
            paths.nextProbe(way, now + (patient ? RETRY_NANOS : SLOW_RETRY_NANOS));
        }
    }

    void restart(int way) {
        if (paths.state(way) != WayState.PROBING || paths.tries(way) >= BURST_NANOS.length) {
            paths.state(way, WayState.UNTRIED);
            paths.tries(way, 0);
            paths.nextProbe(way, now);
        }
    }

    void restartOthers() {
        for (int way = 0; way < paths.count(); way++) {
            if (!paths.endpoint(way).equals(paths.active())) {
                paths.state(way, WayState.UNTRIED);
                paths.tries(way, 0);
                paths.nextProbe(way, now);
            }
        }
    }

    /** One end is elsewhere: what answers took before says nothing any more. */
    void forgetTimes() {
        for (int way = 0; way < paths.count(); way++) {
            paths.leastRtt(way, -1);
        }
    }

    int obtain(InetSocketAddress endpoint, Kind kind) {
        int way = paths.find(endpoint);
        if (way >= 0) {
            if (kind.compareTo(paths.kind(way)) < 0 && paths.kind(way).isDirect()) {
                paths.kind(way, kind);
            }
            return way;
        }
        return paths.count() < PathRecord.MAX_WAYS || evict() ? paths.add(endpoint, kind) : -1;
    }

    /** Makes room: a direct way that does not work goes first, a relay never. */
    boolean evict() {
        int worst = -1;
        for (int way = 0; way < paths.count(); way++) {
            boolean wanted =
                    !paths.kind(way).isDirect()
                            || paths.endpoint(way).equals(paths.active())
                            || paths.state(way) == WayState.VALID;
            boolean worse = worst < 0 || paths.state(way).compareTo(paths.state(worst)) > 0;
            if (!wanted && worse) {
                worst = way;
            }
        }
        if (worst >= 0) {
            paths.remove(worst);
        }
        return worst >= 0;
    }

    void forgetUnnamed(List<Way> named) {
        for (int way = paths.count() - 1; way >= 0; way--) {
            InetSocketAddress endpoint = paths.endpoint(way);
            boolean keep =
                    !paths.kind(way).isDirect()
                            || endpoint.equals(paths.active())
                            || paths.state(way) == WayState.VALID
                            || named.stream().anyMatch(each -> each.endpoint().equals(endpoint));
            if (!keep) {
                paths.remove(way);
            }
        }
    }
}
