package io.cyphonic.engine.control.path;

import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.WayState;

import java.util.concurrent.TimeUnit;

/**
 * Whether the active way still works is not sure: it, and the others that may, are asked in rounds,
 * until it answers or another has earned its place.
 *
 * <pre>
 *   since            other answered       other confirmed      grace over
 *     |--- grace, longer the later answers come ---|---------------|
 *     probes to all,   both asked again     from now on it         the best of those that answered
 *     again and again                       may take its place     lately, if the active has not
 * </pre>
 *
 * Lives for one event, like {@link PathMachine}, whose decisions it serves.
 */
final class Doubt {
    /** Between two rounds of probes, at first. */
    static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

    private static final long BUSY_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long CALM_ROUND_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long ASK_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(6);
    private static final long BUSY_MACHINE_NANOS = TimeUnit.MILLISECONDS.toNanos(30);
    private static final long LATE_LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(2500);
    private static final int LATE_FACTOR = 4;

    /** More ways than this, and a round of probes is followed by a longer pause. */
    private static final int WAYS_PER_ROUND = 4;

    private static final int NONE = -1;

    private final PathRecord paths;
    private final long now;
    private final WayList ways;
    private final Actions actions;

    Doubt(PathRecord paths, long nowNanos, WayList ways, Actions actions) {
        this.paths = paths;
        this.now = nowNanos;
        this.ways = ways;
        this.actions = actions;
    }

    /** Begins, unless it has begun. */
    void enter(long graceNanos, long outageSince) {
        if (paths.doubtSince() != 0) {
            return;
        }
        paths.doubt(now, now + graceNanos);
        if (outageSince != 0) {
            paths.outageSince(outageSince);
        }
        round();
        actions.wake(graceNanos + 1);
    }

    /** Probes the active way, and every other that may still be good. */
    private void round() {
        actions.tell();
        int probes = 0;
        for (int way = 0; way < paths.count(); way++) {
            boolean active = paths.endpoint(way).equals(paths.active());
            if (active || !paths.kind(way).isDirect() || paths.state(way) == WayState.VALID) {
                actions.probe(way);
                probes++;
            }
        }
        long since = now - paths.doubtSince();
        boolean busy = since < BUSY_NANOS;
        long gap =
                busy
                        ? ROUND_NANOS * Math.ceilDiv(probes, WAYS_PER_ROUND)
                        : since < LONG_NANOS ? CALM_ROUND_NANOS : WayList.RETRY_NANOS;
        paths.nextRound(now + gap);
        if (busy) {
            actions.wake(gap);
        }
    }

    /** A doubt that the active way ends alone if it answers in time. */
    void askAlone(int active) {
        long grace = ways.grace(active);
        paths.doubt(now, now + grace);
        actions.probe(active);
        paths.nextRound(now + grace);
        actions.wake(grace + 1);
    }

    /**
     * Another way has answered. In a doubt the active one is asked again, together with it, when
     * that happens first: a lost probe, or a processor that came to a halt between two answers, is
     * not enough to leave it. If the answer is late, and the way no better than the active one,
     * what has delayed it may delay the active way's as well.
     */
    boolean isToWait(int way, long late, long sent) {
        int active = paths.find(paths.active());
        if (paths.doubtSince() == 0 || paths.moved() || active < 0) {
            return false;
        }
        if (paths.otherAnswered() == 0) {
            paths.otherAnswered(now);
            actions.probe(active);
            actions.probe(way);
            return true;
        }
        if (sent - paths.otherAnswered() >= 0) {
            paths.otherConfirmed(true);
        }
        return LATE_FACTOR * late > BUSY_MACHINE_NANOS
                && paths.kind(active).compareTo(paths.kind(way)) <= 0;
    }

    /**
     * On a busy machine answers come late, and then all at once: the active way's may be the next.
     * Where all is late by so much, it has several times as long again, as one delay says little of
     * the next; but in the end it must answer.
     */
    void waitForTheActiveWay(long late) {
        long patient = Math.min(now + LATE_FACTOR * late, paths.doubtSince() + LATE_LIMIT_NANOS);
        long atLeast = later(patient, now + BUSY_MACHINE_NANOS);
        paths.doubt(paths.doubtSince(), later(paths.graceUntil(), atLeast));
        wakeAfterGrace();
    }

    private static long later(long one, long other) {
        return one - other > 0 ? one : other;
    }

    /** A regular look before the end of the grace comes here again. */
    private void wakeAfterGrace() {
        long left = paths.graceUntil() - now;
        if (left < PathMachine.LOOK_NANOS) {
            actions.wake(left + 1);
        }
    }

    /** What answered before this way, and had to wait for the active one, may be better still. */
    int bestOf(int way) {
        int best = paths.doubtSince() == 0 ? way : bestInDoubt();
        return best >= 0 && paths.proofs(best) >= paths.needed(best) ? best : way;
    }

    /** A look at it: the way that takes the place of the active one, or {@value #NONE}. */
    int resolve() {
        int best = bestInDoubt();
        if (best >= 0 && now - paths.graceUntil() < 0) {
            wakeAfterGrace();
        } else if (best >= 0 && isDecided()) {
            if (!isLookLate()) {
                return best;
            }
            waitForTheActiveWay(BUSY_MACHINE_NANOS);
        }
        if (now - paths.nextRound() >= 0) {
            round();
        }
        boolean asked = paths.asked() != 0 && now - paths.asked() < ASK_AGAIN_NANOS;
        if (now - paths.doubtSince() >= ASK_AFTER_NANOS && !asked) {
            actions.askCloud();
        }
        return NONE;
    }

    /** Another way works, and the active one has had its second chance. */
    boolean isDecided() {
        return paths.doubtSince() != 0
                && (paths.otherConfirmed()
                        || paths.moved()
                        || paths.find(paths.active()) < 0
                        || now - paths.doubtSince() >= LATE_LIMIT_NANOS);
    }

    /**
     * The best of those that have answered in this doubt, and lately: of what has fallen silent
     * again no more is known than of the active way.
     */
    private int bestInDoubt() {
        long lately = now - ROUND_NANOS;
        return ways.bestProvenSince(lately - paths.doubtSince() > 0 ? lately : paths.doubtSince());
    }

    /** This look comes late itself, so answers may be there that have not been read yet. */
    private boolean isLookLate() {
        return !paths.moved()
                && now - paths.graceUntil() > BUSY_MACHINE_NANOS
                && now - paths.doubtSince() < LATE_LIMIT_NANOS;
    }
}
