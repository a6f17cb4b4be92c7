package io.cyphonic.engine.control.path;

import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.engine.control.state.PathRecord.WayState;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Decides which way a tunnel takes: one event, then {@link #actions}. Everything it knows is in the
 * record; it has neither clock nor socket, so the same record, event and time give the same answer.
 *
 * <pre>
 *   a way:   UNTRIED --probe--&gt; PROBING --no answer to a burst--&gt; DEAD --a probe now and then--+
 *               ^                  |  answer                        ^                         |
 *               |                  v                                |                         |
 *               +-- moved ------ VALID ------- failed as active ----+&lt;------------------------+
 *
 *   a tunnel:  [sure of its active way]
 *                 |  packets go out and nothing comes back; the peer speaks from elsewhere;
 *                 |  one of the two has moved
 *                 v
 *              [in doubt]  probes go to the active way and to the others, again and again
 *                 |  the active way answers: sure again
 *                 |  another answers, twice, and the active does not within its grace: that one
 * </pre>
 *
 * <p>A better way (direct before relay before TCP, of the direct ones those that the peer or the
 * cloud has named first) that proves itself is taken at once. One that has failed must prove itself
 * more than once, so that a bad link does not make the tunnel flap. Not thread-safe; lives for one
 * event.
 */
public final class PathMachine {
    /** Between two regular looks at the paths of a tunnel. */
    public static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Between two rounds of probes while in doubt, at first. */
    static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

    private static final long PROOF_GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final long TRIGGERED_GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(40);
    private static final long KEEP_ALIVE_LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(600);
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long BUSY_DOUBT_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long LONG_DOUBT_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long ASK_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(6);
    private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long BUSY_MACHINE_NANOS = TimeUnit.MILLISECONDS.toNanos(30);
    private static final long LATE_LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(2500);
    private static final int LATE_FACTOR = 4;
    private static final long NOTED_OUTAGE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final int MAX_TOLD = 8;

    /**
     * The peer is heard elsewhere: the active way is asked whether it still works if its last
     * answer is older than this. Each time it does, twice as long, up to {@link #RECENT_NANOS}.
     */
    private static final long ELSEWHERE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final int MAX_ELSEWHERE = 4;

    /** More ways than this, and a round of probes is followed by a longer pause. */
    private static final int WAYS_PER_ROUND = 4;

    /** A way that answered so lately is not asked again because the peer was heard elsewhere. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final PathRecord paths;
    private final long now;
    private final WayList ways;
    private final List<PathAction> actions = new ArrayList<>();

    /** Works on a record, which the caller writes back. */
    public PathMachine(PathRecord paths, long nowNanos) {
        this.paths = paths;
        this.now = nowNanos;
        this.ways = new WayList(paths, nowNanos);
    }

    /** What is to be done, in this order. */
    public List<PathAction> actions() {
        return actions;
    }

    /** The first session is there, made over this way; or a new one after the tunnel was down. */
    public void onSession(InetSocketAddress endpoint, Kind kind) {
        int way = ways.obtain(endpoint, kind);
        if (way < 0) {
            return;
        }
        // Anybody may have been faster with a copy of the peer's message: an address that nobody
        // has named must answer a probe, and gives way to any other that does.
        boolean named = paths.kind(way) != Kind.HEARD;
        paths.state(way, named ? WayState.VALID : WayState.PROBING);
        paths.proof(way, named ? now : 0);
        paths.doubt(0, 0);
        paths.unansweredSince(0);
        paths.moved(false);
        paths.activate(endpoint, now);
        actions.add(new PathAction.Activate(endpoint));
        ways.restartOthers();
        if (!named) {
            enterDoubt(ways.grace(way), 0);
        }
        probeWhatIsDue();
    }

    /**
     * The peer, or the cloud, names ways to the peer.
     *
     * @param complete whether ways that are not named, and not proven, are to be forgotten
     */
    public void onWays(List<Way> named, boolean complete) {
        if (complete) {
            ways.forgetUnnamed(named);
        }
        for (Way each : named) {
            int way = ways.obtain(each.endpoint(), each.kind());
            if (way >= 0 && paths.state(way) != WayState.VALID) {
                ways.restart(way);
            }
        }
        if (paths.active() != null) {
            probeWhatIsDue();
        }
    }

    /** The relay can be used, or another than before. */
    public void onRelay(InetSocketAddress endpoint, Kind kind) {
        InetSocketAddress active = paths.active();
        boolean wasActive = false;
        for (int way = paths.count() - 1; way >= 0; way--) {
            if (!paths.kind(way).isDirect() && !paths.endpoint(way).equals(endpoint)) {
                wasActive |= paths.endpoint(way).equals(active);
                paths.remove(way);
            }
        }
        int way = ways.obtain(endpoint, kind);
        if (way < 0) {
            return;
        }
        paths.kind(way, kind);
        if (wasActive) {
            paths.activate(endpoint, now);
            actions.add(new PathAction.Activate(endpoint));
        }
        if (endpoint.equals(active)) {
            probe(way);
        } else if (active != null) {
            ways.restart(way);
            probeWhatIsDue();
        }
    }

    /** There is no relay any more. */
    public void onRelayLost() {
        for (int way = paths.count() - 1; way >= 0; way--) {
            if (!paths.kind(way).isDirect()) {
                boolean active = paths.endpoint(way).equals(paths.active());
                paths.remove(way);
                if (active) {
                    enterDoubt(0, paths.outageSince());
                }
            }
        }
    }

    /** A probe to this endpoint was answered. */
    public void onProof(InetSocketAddress endpoint, long rttNanos) {
        int way = ways.obtain(endpoint, Kind.HEARD);
        if (way < 0 || paths.active() == null) {
            return;
        }
        paths.state(way, WayState.VALID);
        paths.tries(way, 0);
        long late = ways.measured(way, rttNanos);
        paths.proof(way, now);
        paths.proofs(way, paths.proofs(way) + 1);
        if (endpoint.equals(paths.active())) {
            activeProven(way);
        } else if (isToWait(way, late, now - rttNanos)) {
            waitForTheActiveWay(late);
        } else if (mayReplaceActive(way)) {
            activate(bestOfThisDoubt(way));
        } else if (ways.isCompared(way, paths.find(paths.active()))) {
            probe(paths.find(paths.active()));
            paths.nextProbe(way, now + PROOF_GAP_NANOS);
            actions.add(new PathAction.Wake(PROOF_GAP_NANOS));
        } else if (paths.proofs(way) < paths.needed(way)) {
            paths.nextProbe(way, now + PROOF_GAP_NANOS);
            actions.add(new PathAction.Wake(PROOF_GAP_NANOS));
        }
    }

    private void activeProven(int way) {
        if (paths.doubtSince() != 0) {
            // The first probe answered: there was nothing wrong, the peer had nothing to say.
            boolean outage = now - paths.doubtSince() >= NOTED_OUTAGE_NANOS;
            paths.doubt(0, 0);
            endOutage(outage);
        }
        paths.unansweredSince(0);
        paths.moved(false);
        if (now - paths.activeSince() > STEADY_NANOS) {
            paths.needed(way, 1);
        }
    }

    /**
     * Another way has answered. In a doubt the active one is asked again, together with it, when
     * that happens first: a lost probe, or a processor that came to a halt between two answers, is
     * not enough to leave it. If the answer is late, and the way no better than the active one,
     * what has delayed it may delay the active way's as well.
     */
    private boolean isToWait(int way, long late, long sent) {
        int active = paths.find(paths.active());
        if (paths.doubtSince() == 0 || paths.moved() || active < 0) {
            return false;
        }
        if (paths.otherAnswered() == 0) {
            paths.otherAnswered(now);
            probe(active);
            probe(way);
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
    private void waitForTheActiveWay(long late) {
        long patient = Math.min(now + LATE_FACTOR * late, paths.doubtSince() + LATE_LIMIT_NANOS);
        long until = paths.graceUntil();
        for (long each : new long[] {patient, now + BUSY_MACHINE_NANOS}) {
            until = each - until > 0 ? each : until;
        }
        paths.doubt(paths.doubtSince(), until);
        wakeAfterGrace();
    }

    /** A regular look before the end of the grace comes here again. */
    private void wakeAfterGrace() {
        long left = paths.graceUntil() - now;
        if (left < LOOK_NANOS) {
            actions.add(new PathAction.Wake(left + 1));
        }
    }

    /** What answered before this way, and had to wait for the active one, may be better still. */
    private int bestOfThisDoubt(int way) {
        int best = paths.doubtSince() == 0 ? way : bestInDoubt();
        return best >= 0 && paths.proofs(best) >= paths.needed(best) ? best : way;
    }

    private boolean mayReplaceActive(int way) {
        int active = paths.find(paths.active());
        if (paths.moved() || active < 0) {
            return true;
        }
        boolean trusted = paths.proofs(way) >= paths.needed(way);
        if (isDecided() && now - paths.graceUntil() >= 0) {
            return paths.proof(active) - paths.doubtSince() < 0;
        }
        return trusted && ways.isBetter(way, active);
    }

    private void activate(int way) {
        int before = paths.find(paths.active());
        boolean failed =
                before >= 0
                        && paths.doubtSince() != 0
                        && paths.proof(before) - paths.doubtSince() < 0;
        if (failed) {
            ways.failed(before);
        }
        paths.doubt(0, 0);
        paths.moved(false);
        paths.unansweredSince(0);
        paths.elsewhere(0);
        paths.activate(paths.endpoint(way), now);
        actions.add(new PathAction.Activate(paths.endpoint(way)));
        endOutage(true);
    }

    private void endOutage(boolean real) {
        if (paths.outageSince() != 0 && real) {
            paths.outageOver(now - paths.outageSince());
        } else {
            paths.outageSince(0);
        }
    }

    /** An authentic capsule, or a probe of the peer, came from this endpoint. */
    public void onHeard(InetSocketAddress endpoint, Kind kind) {
        if (paths.active() == null || endpoint.equals(paths.active())) {
            return;
        }
        int way = ways.obtain(endpoint, kind);
        if (way < 0) {
            return;
        }
        // What is known to work needs no new proof, and a probe that is answered by a probe on the
        // other way of the peer would be answered by one again, for ever.
        boolean triggered =
                paths.lastProbe(way) == 0 || now - paths.lastProbe(way) >= TRIGGERED_GAP_NANOS;
        if (triggered && !isFresh(way)) {
            probe(way);
        }
        int active = paths.find(paths.active());
        if (active < 0) {
            enterDoubt(0, paths.outageSince());
        } else if (paths.kind(active).compareTo(paths.kind(way)) <= 0 && isToBeAsked(active)) {
            if (isAsGood(way)) {
                askAlone(active);
            } else {
                enterDoubt(ways.grace(active), paths.outageSince());
            }
        }
    }

    /**
     * Whether the peer has left the active way because it does not work, or just likes another
     * better, only the way itself can say. At once, since the peer's own doubt has gone before; but
     * two ends that stay on different ways ask each other ever more rarely.
     */
    private boolean isToBeAsked(int active) {
        long old = now - paths.proof(active);
        if (old >= FRESH_NANOS) {
            paths.elsewhere(0);
        }
        // Without packets of this node's own that may be lost there is no haste.
        boolean idle = paths.unansweredSince() == 0;
        long enough =
                idle ? RECENT_NANOS : Math.min(ELSEWHERE_NANOS << paths.elsewhere(), RECENT_NANOS);
        boolean fresh = old < enough;
        if (fresh || paths.doubtSince() != 0) {
            return false;
        }
        paths.elsewhere(Math.min(paths.elsewhere() + 1, MAX_ELSEWHERE));
        return true;
    }

    /**
     * The ends may take different direct ways, as one sees an interface's address where the other
     * sees that of a NAT, and tell each other nothing by it.
     */
    private boolean isAsGood(int way) {
        return paths.state(way) == WayState.VALID
                && paths.kind(way).isDirect()
                && paths.kind(way) != Kind.HEARD;
    }

    /** A doubt that the active way ends alone if it answers in time. */
    private void askAlone(int active) {
        long grace = ways.grace(active);
        paths.doubt(now, now + grace);
        probe(active);
        paths.nextRound(now + grace);
        actions.add(new PathAction.Wake(grace + 1));
    }

    private boolean isFresh(int way) {
        return paths.state(way) == WayState.VALID && now - paths.proof(way) < FRESH_NANOS;
    }

    /** This node's addresses or routes have changed, or it has slept. */
    public void onMoved(long lastHeardNanos) {
        if (paths.active() == null) {
            return;
        }
        boolean recently = lastHeardNanos != 0 && now - lastHeardNanos < LONG_DOUBT_NANOS;
        paths.told(0);
        everythingAnew(recently ? lastHeardNanos : now);
    }

    /** The peer has moved, and says where it is now. */
    public void onPeerMoved(List<Way> named) {
        onWays(named, true);
        if (paths.active() != null) {
            everythingAnew(paths.outageSince());
        }
    }

    private void everythingAnew(long outageSince) {
        paths.moved(true);
        ways.forgetTimes();
        ways.restartOthers();
        paths.doubt(0, 0);
        enterDoubt(0, outageSince);
        probeWhatIsDue();
    }

    /** This node has learnt a new address of its own: the peer is to be told. */
    public void onOwnWays() {
        paths.told(0);
        tell();
        if (paths.active() != null) {
            ways.restartOthers();
            probeWhatIsDue();
        }
    }

    /** The peer has got our addresses. */
    public void onTold() {
        paths.told(-1);
    }

    /** Nothing was sent for a while: sees whether the active way still works. */
    public void onIdle() {
        int active = paths.active() == null ? -1 : paths.find(paths.active());
        if (active >= 0) {
            probe(active);
        }
    }

    /** The tunnel is down and the cloud cannot help: one probe on every way there is. */
    public void onLost() {
        for (int way = 0; way < paths.count(); way++) {
            probe(way);
        }
    }

    /**
     * A regular look, or one that was asked for.
     *
     * @param packetsOut packets the tunnel has sent so far
     * @param lastHeardNanos when the last authentic capsule came, any way; 0 never
     */
    public void onTick(long packetsOut, long lastHeardNanos) {
        if (paths.active() == null) {
            return;
        }
        listen(packetsOut, lastHeardNanos);
        if (paths.doubtSince() != 0) {
            resolveDoubt();
        }
        probeWhatIsDue();
    }

    private void listen(long packetsOut, long lastHeardNanos) {
        if (paths.unansweredSince() != 0 && lastHeardNanos - paths.unansweredSince() >= 0) {
            paths.unansweredSince(0);
        }
        boolean silentBefore = paths.unansweredSince() != 0;
        if (packetsOut != paths.packetsOut()) {
            paths.packetsOut(packetsOut);
            if (!silentBefore) {
                // They went out since the last look; those before the last answer were answered.
                boolean flows = lastHeardNanos != 0 && now - lastHeardNanos < LOOK_NANOS;
                paths.unansweredSince(flows ? lastHeardNanos + 1 : now);
            }
        }
        if (paths.doubtSince() != 0) {
            return;
        }
        int active = paths.find(paths.active());
        long unanswered = paths.unansweredSince();
        long patience = unanswered == 0 ? 0 : ways.patience(active) - (now - unanswered);
        if (silentBefore && patience > 0 && patience < LOOK_NANOS) {
            actions.add(new PathAction.Wake(patience));
        }
        if (unanswered != 0 && patience <= 0) {
            boolean flowed = lastHeardNanos != 0 && unanswered - lastHeardNanos < RECENT_NANOS;
            enterDoubt(active < 0 ? 0 : ways.grace(active), flowed ? lastHeardNanos : unanswered);
        } else if (active >= 0 && isProbeLost(active, lastHeardNanos)) {
            enterDoubt(ways.grace(active), 0);
        } else if (active >= 0 && isQuiet(active, lastHeardNanos)) {
            probe(active);
        }
    }

    /** Probes of other ways are no keep-alive of this one, however often they are sent. */
    private boolean isQuiet(int active, long lastHeardNanos) {
        return now - paths.lastProbe(active) >= QUIET_NANOS
                && now - lastHeardNanos >= QUIET_NANOS
                && now - paths.activeSince() >= QUIET_NANOS;
    }

    private boolean isProbeLost(int active, long lastHeardNanos) {
        long sent = paths.lastProbe(active);
        return sent != 0
                && sent - paths.proof(active) > 0
                && sent - lastHeardNanos > 0
                && now - sent >= KEEP_ALIVE_LIMIT_NANOS;
    }

    private void enterDoubt(long graceNanos, long outageSince) {
        if (paths.doubtSince() != 0) {
            return;
        }
        paths.doubt(now, now + graceNanos);
        if (outageSince != 0) {
            paths.outageSince(outageSince);
        }
        round();
        actions.add(new PathAction.Wake(graceNanos + 1));
    }

    /** Probes the active way, and every other that may still be good. */
    private void round() {
        tell();
        int probes = 0;
        for (int way = 0; way < paths.count(); way++) {
            boolean active = paths.endpoint(way).equals(paths.active());
            if (active || !paths.kind(way).isDirect() || paths.state(way) == WayState.VALID) {
                probe(way);
                probes++;
            }
        }
        long since = now - paths.doubtSince();
        boolean busy = since < BUSY_DOUBT_NANOS;
        long gap =
                busy
                        ? ROUND_NANOS * Math.ceilDiv(probes, WAYS_PER_ROUND)
                        : since < LONG_DOUBT_NANOS ? RECENT_NANOS : WayList.RETRY_NANOS;
        paths.nextRound(now + gap);
        if (busy) {
            actions.add(new PathAction.Wake(gap));
        }
    }

    /** Tells the peer our addresses, over all that may reach it, until it says it knows. */
    private void tell() {
        if (paths.told() < 0 || paths.told() >= MAX_TOLD || paths.active() == null) {
            return;
        }
        paths.told(paths.told() + 1);
        actions.add(new PathAction.Tell(paths.active()));
        for (int way = 0; way < paths.count(); way++) {
            InetSocketAddress endpoint = paths.endpoint(way);
            boolean other = !endpoint.equals(paths.active());
            if (other && (!paths.kind(way).isDirect() || paths.state(way) == WayState.VALID)) {
                actions.add(new PathAction.Tell(endpoint));
            }
        }
    }

    private void resolveDoubt() {
        int best = bestInDoubt();
        if (best >= 0 && now - paths.graceUntil() < 0) {
            wakeAfterGrace();
        } else if (best >= 0 && isDecided()) {
            if (!isLookLate()) {
                activate(best);
                return;
            }
            waitForTheActiveWay(BUSY_MACHINE_NANOS);
        }
        if (now - paths.nextRound() >= 0) {
            round();
        }
        boolean asked = paths.asked() != 0 && now - paths.asked() < ASK_AGAIN_NANOS;
        if (now - paths.doubtSince() >= ASK_AFTER_NANOS && !asked) {
            paths.asked(now);
            actions.add(new PathAction.AskCloud());
        }
    }

    /** Another way works, and the active one has had its second chance. */
    private boolean isDecided() {
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

    private void probeWhatIsDue() {
        int active = paths.active() == null ? -1 : paths.find(paths.active());
        for (int way = 0; way < paths.count(); way++) {
            boolean unproven =
                    paths.state(way) != WayState.VALID
                            || paths.proofs(way) < paths.needed(way)
                            || ways.isCompared(way, active)
                            || isPassedOver(way, active);
            if (way != active && unproven && now - paths.nextProbe(way) >= 0) {
                probe(way);
                ways.schedule(way, active);
            }
        }
    }

    /** A better way that answered while the active one was in doubt, which then answered too. */
    private boolean isPassedOver(int way, int active) {
        return active >= 0
                && paths.doubtSince() == 0
                && paths.kind(way).compareTo(paths.kind(active)) < 0;
    }

    private void probe(int way) {
        paths.tries(way, paths.tries(way) + 1);
        paths.lastProbe(way, now);
        actions.add(new PathAction.Probe(paths.endpoint(way)));
    }
}
