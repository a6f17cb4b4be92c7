package io.cyphonic.engine.control.path;

import io.cyphonic.engine.control.state.PathRecord;

import java.util.concurrent.TimeUnit;

/**
 * Whether the peer answers what goes out: packets that nothing has come back to for longer than the
 * way's patience, or a probe, put the active way in doubt; a way on which nobody says anything is
 * asked now and then. Lives for one event, like {@link PathMachine}, whose decisions it serves.
 */
final class Silence {
    private static final long KEEP_ALIVE_LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(600);
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final PathRecord paths;
    private final long now;
    private final WayList ways;
    private final Actions actions;
    private final Doubt doubt;

    Silence(PathRecord paths, long nowNanos, WayList ways, Actions actions, Doubt doubt) {
        this.paths = paths;
        this.now = nowNanos;
        this.ways = ways;
        this.actions = actions;
        this.doubt = doubt;
    }

    /** See {@link PathMachine#onTick}. */
    void listen(long packetsOut, long lastHeardNanos) {
        if (paths.unansweredSince() != 0 && lastHeardNanos - paths.unansweredSince() >= 0) {
            paths.unansweredSince(0);
        }
        boolean silentBefore = paths.unansweredSince() != 0;
        if (packetsOut != paths.packetsOut()) {
            paths.packetsOut(packetsOut);
            if (!silentBefore) {
                // They went out since the last look; those before the last answer were answered.
                boolean flows =
                        lastHeardNanos != 0 && now - lastHeardNanos < PathMachine.LOOK_NANOS;
                paths.unansweredSince(flows ? lastHeardNanos + 1 : now);
            }
        }
        if (paths.doubtSince() != 0) {
            return;
        }
        int active = paths.find(paths.active());
        long unanswered = paths.unansweredSince();
        long patience = unanswered == 0 ? 0 : ways.patience(active) - (now - unanswered);
        if (silentBefore && patience > 0 && patience < PathMachine.LOOK_NANOS) {
            actions.wake(patience);
        }
        if (unanswered != 0 && patience <= 0) {
            boolean flowed = lastHeardNanos != 0 && unanswered - lastHeardNanos < RECENT_NANOS;
            doubt.enter(active < 0 ? 0 : ways.grace(active), flowed ? lastHeardNanos : unanswered);
        } else if (active >= 0 && isProbeLost(active, lastHeardNanos)) {
            doubt.enter(ways.grace(active), 0);
        } else if (active >= 0 && isQuiet(active, lastHeardNanos)) {
            actions.probe(active);
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
}
