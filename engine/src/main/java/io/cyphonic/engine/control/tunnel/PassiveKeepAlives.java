package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.pipeline.DataPlane.TunnelTraffic;

import java.util.concurrent.TimeUnit;

/**
 * Answers for a host that only listens. A peer whose packets nothing comes back to must take its
 * path for broken, and asks all its ways within a fifth of a second; an empty capsule now and then
 * tells it that they arrive, for a hundredth of what those probes cost both ends (WireGuard,
 * Passive Keepalive; the white paper of 2020, section 6.5, but after milliseconds instead of ten
 * seconds).
 *
 * <p>Keep-alives are not answered: they are no packets, so two idle ends stay silent.
 */
public final class PassiveKeepAlives {
    /**
     * A host that has sent something within this answers for itself. With the time between two
     * looks it is well within the 150 ms after which the most impatient peer doubts its path.
     */
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** So that they leave room in the engine's queue; peers beyond this probe, which is dearer. */
    private static final int MAX_PER_LOOK = 512;

    private static final byte[] NOTHING = {};

    private final TunnelContext context;

    /** For the tunnels of a context. */
    public PassiveKeepAlives(TunnelContext context) {
        this.context = context;
    }

    /** Looks at every tunnel once. To be called more often than a peer loses patience. */
    public void tick() {
        long now = context.nowNanos();
        int left = MAX_PER_LOOK;
        for (TunnelRecord tunnel : context.state().tunnels().view().values()) {
            int index = tunnel.tunnelIndex();
            if (left > 0 && isDue(context.dataPlane().traffic(index), now)) {
                left--;
                context.dataPlane().sendControl(index, NOTHING, null);
            }
        }
    }

    private static boolean isDue(TunnelTraffic traffic, long now) {
        long delivered = traffic.lastDeliveredNanos();
        long sent = traffic.lastSentNanos();
        return delivered != 0 && (sent == 0 || delivered - sent > 0 && now - sent >= QUIET_NANOS);
    }
}
