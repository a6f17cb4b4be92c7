package io.cyphonic.engine.control.path;

import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.Kind;

import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * Answers that came back another way than the probe went. Such an answer shows that the peer lives
 * and has got the probe, but not how: somebody may have copied it past a firewall that drops the
 * probe itself, and the peer, which does not know where it came from, answers over the relay too.
 * Or he is faster than probes that do arrive, and then nothing but such answers tells of a way that
 * works. So they count until something speaks against them:
 *
 * <ul>
 *   <li>They do not end a doubt about the way in use, unless an end has moved. So a way that
 *       carries nothing is left as soon as another answers, however often it answers by a detour.
 *   <li>A way that was left in a doubt is not taken again for its detours for a while, each time
 *       twice as long. Straight answers bring it back as ever, so nothing that works in both
 *       directions waits.
 *   <li>Where nothing answers straight for a second, detours are better than nothing, and count
 *       until something does.
 * </ul>
 *
 * Lives for one event, like {@link PathMachine}, whose decisions it serves.
 */
final class Detours {
    /** For so long detours of a way do not count after it was left for the first time. */
    static final long FIRST_HOLD_NANOS = TimeUnit.SECONDS.toNanos(4);

    /** A doubt in which nothing has answered straight for so long takes what there is. */
    static final long LAST_RESORT_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** So many times the hold is at most doubled: to about a minute. */
    private static final int MAX_DOUBLED = 4;

    private static final int NONE = -1;

    private final PathRecord paths;
    private final long now;
    private final WayList ways;

    Detours(PathRecord paths, long nowNanos, WayList ways) {
        this.paths = paths;
        this.now = nowNanos;
        this.ways = ways;
    }

    /**
     * Whether an answer came by a way that is known for another. One from an address that nobody
     * has named is no detour: a NAT may have changed it, or somebody is faster with a copy of the
     * answer, which takes nothing from what it says.
     */
    boolean isDetour(InetSocketAddress probed, InetSocketAddress from) {
        int other = from.equals(probed) ? NONE : paths.find(from);
        return other >= 0 && paths.kind(other) != Kind.HEARD;
    }

    /** An answer to a probe of this way came by a detour: whether it counts as a proof. */
    boolean isBelieved(int way) {
        paths.detour(way, now);
        boolean active = paths.endpoint(way).equals(paths.active());
        boolean doubted = active ? paths.doubtSince() != 0 : isHeld(way);
        return !doubted || paths.moved() || paths.onlyDetours();
    }

    private boolean isHeld(int way) {
        return paths.held(way) != 0 && now - paths.heldUntil(way) < 0;
    }

    /** The active way was left, as another answered and it did not. */
    void failed(int way) {
        if (!paths.moved()) {
            paths.heldUntil(way, now + (FIRST_HOLD_NANOS << paths.held(way)));
            paths.held(way, Math.min(paths.held(way) + 1, MAX_DOUBLED));
        }
    }

    /** The way has worked for long. */
    void forget(int way) {
        paths.held(way, 0);
    }

    /** An end is elsewhere: other gateways are in between. */
    void forgetAll() {
        for (int way = 0; way < paths.count(); way++) {
            forget(way);
        }
    }

    /**
     * The way to go by in a doubt in which none but detours have come for long, the active one if
     * that is among them; or {@value #NONE}.
     */
    int lastResort() {
        long lately = now - LAST_RESORT_NANOS;
        if (paths.doubtSince() - lately > 0 || ways.bestProvenSince(lately) >= 0) {
            return NONE;
        }
        int best = NONE;
        for (int way = 0; way < paths.count(); way++) {
            if (paths.detour(way) != 0 && paths.detour(way) - lately >= 0) {
                if (paths.endpoint(way).equals(paths.active())) {
                    best = way;
                    break;
                }
                boolean better = best < 0 || paths.kind(way).compareTo(paths.kind(best)) < 0;
                best = better ? way : best;
            }
        }
        paths.onlyDetours(best >= 0);
        return best;
    }
}
