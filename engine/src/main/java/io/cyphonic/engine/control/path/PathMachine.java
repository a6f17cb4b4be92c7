package io.cyphonic.engine.control.path;

import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.engine.control.state.PathRecord.WayState;

import java.net.InetSocketAddress;
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

    private static final long PROOF_GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final long TRIGGERED_GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(40);
    private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A move counts as an outage from the last capsule on, unless that is older. */
    private static final long OUTAGE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long NOTED_OUTAGE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /**
     * The peer is heard elsewhere: the active way is asked whether it still works if its last
     * answer is older than this. Each time it does, twice as long, up to {@link #RECENT_NANOS}.
     */
    private static final long ELSEWHERE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final int MAX_ELSEWHERE = 4;

    /** A way that answered so lately is not asked again because the peer was heard elsewhere. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final PathRecord paths;
    private final long now;
    private final WayList ways;
    private final Actions actions;
    private final Doubt doubt;
    private final Detours detours;
    private final Silence silence;

    /** Works on a record, which the caller writes back. */
    public PathMachine(PathRecord paths, long nowNanos) {
        this.paths = paths;
        this.now = nowNanos;
        this.ways = new WayList(paths, nowNanos);
        this.actions = new Actions(paths, nowNanos);
        this.doubt = new Doubt(paths, nowNanos, ways, actions);
        this.detours = new Detours(paths, nowNanos, ways);
        this.silence = new Silence(paths, nowNanos, ways, actions, doubt);
    }

    /** What is to be done, in this order. */
    public List<PathAction> actions() {
        return actions.all();
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
        actions.activate(endpoint);
        ways.restartOthers();
        if (!named) {
            doubt.enter(ways.grace(way), 0);
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
            actions.activate(endpoint);
        }
        if (endpoint.equals(active)) {
            actions.probe(way);
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
                    doubt.enter(0, paths.outageSince());
                }
            }
        }
    }

    /**
     * A probe to this endpoint was answered.
     *
     * @param from where the answer came from
     * @return whether it counts as a proof: if not, another answer to the same probe still may
     */
    public boolean onAnswer(InetSocketAddress endpoint, InetSocketAddress from, long rttNanos) {
        if (detours.isDetour(endpoint, from)) {
            return onDetour(endpoint, rttNanos);
        }
        onProof(endpoint, rttNanos);
        return true;
    }

    /** A probe to this endpoint was answered, and nothing says that it was by a detour. */
    void onProof(InetSocketAddress endpoint, long rttNanos) {
        int way = ways.obtain(endpoint, Kind.HEARD);
        if (way >= 0 && paths.active() != null) {
            paths.onlyDetours(false);
            proven(way, rttNanos);
            if (endpoint.equals(paths.active()) && now - paths.activeSince() > STEADY_NANOS) {
                detours.forget(way);
            }
        }
    }

    private boolean onDetour(InetSocketAddress endpoint, long rttNanos) {
        int way = ways.obtain(endpoint, Kind.HEARD);
        boolean believed = way >= 0 && paths.active() != null && detours.isBelieved(way);
        if (believed) {
            proven(way, rttNanos);
        }
        return believed;
    }

    private void proven(int way, long rttNanos) {
        InetSocketAddress endpoint = paths.endpoint(way);
        paths.state(way, WayState.VALID);
        paths.tries(way, 0);
        long late = ways.measured(way, rttNanos);
        paths.proof(way, now);
        paths.proofs(way, paths.proofs(way) + 1);
        if (endpoint.equals(paths.active())) {
            activeProven(way);
        } else if (doubt.isToWait(way, late, now - rttNanos)) {
            doubt.waitForTheActiveWay(late);
        } else if (mayReplaceActive(way)) {
            activate(doubt.bestOf(way));
        } else if (ways.isCompared(way, paths.find(paths.active()))) {
            actions.probe(paths.find(paths.active()));
            paths.nextProbe(way, now + PROOF_GAP_NANOS);
            actions.wake(PROOF_GAP_NANOS);
        } else if (paths.proofs(way) < paths.needed(way)) {
            paths.nextProbe(way, now + PROOF_GAP_NANOS);
            actions.wake(PROOF_GAP_NANOS);
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

    private boolean mayReplaceActive(int way) {
        int active = paths.find(paths.active());
        if (paths.moved() || active < 0) {
            return true;
        }
        boolean trusted = paths.proofs(way) >= paths.needed(way);
        if (doubt.isDecided() && now - paths.graceUntil() >= 0) {
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
            detours.failed(before);
            ways.failed(before);
        }
        paths.doubt(0, 0);
        paths.moved(false);
        paths.unansweredSince(0);
        paths.elsewhere(0);
        actions.activate(paths.endpoint(way));
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
            actions.probe(way);
        }
        int active = paths.find(paths.active());
        if (active < 0) {
            doubt.enter(0, paths.outageSince());
        } else if (paths.kind(active).compareTo(paths.kind(way)) <= 0 && isToBeAsked(active)) {
            if (isAsGood(way)) {
                doubt.askAlone(active);
            } else {
                doubt.enter(ways.grace(active), paths.outageSince());
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

    private boolean isFresh(int way) {
        return paths.state(way) == WayState.VALID && now - paths.proof(way) < FRESH_NANOS;
    }

    /** This node's addresses or routes have changed, or it has slept. */
    public void onMoved(long lastHeardNanos) {
        if (paths.active() == null) {
            return;
        }
        boolean recently = lastHeardNanos != 0 && now - lastHeardNanos < OUTAGE_LIMIT_NANOS;
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
        detours.forgetAll();
        ways.restartOthers();
        paths.doubt(0, 0);
        doubt.enter(0, outageSince);
        probeWhatIsDue();
    }

    /** This node has learnt a new address of its own: the peer is to be told. */
    public void onOwnWays() {
        paths.told(0);
        actions.tell();
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
            actions.probe(active);
        }
    }

    /** The tunnel is down and the cloud cannot help: one probe on every way there is. */
    public void onLost() {
        for (int way = 0; way < paths.count(); way++) {
            actions.probe(way);
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
        silence.listen(packetsOut, lastHeardNanos);
        if (paths.doubtSince() != 0) {
            resolve();
        }
        probeWhatIsDue();
    }

    private void resolve() {
        int last = detours.lastResort();
        if (last >= 0 && paths.endpoint(last).equals(paths.active())) {
            activeProven(last);
            return;
        }
        int better = last >= 0 ? last : doubt.resolve();
        if (better >= 0) {
            activate(better);
        }
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
                actions.probe(way);
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
}
