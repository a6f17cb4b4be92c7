package io.cyphonic.signaling.cluster;

import org.agrona.concurrent.IdleStrategy;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long the agents of this process sleep when they find nothing to do: twenty-five milliseconds
 * at a time, so an idle cloud costs next to nothing; a fraction of a millisecond while work is
 * under way. Whoever brings work calls {@link #wake}, so nothing waits for a long sleep to end.
 */
final class AgentPacing {
    private static final long IDLE_PARK_NS = TimeUnit.MILLISECONDS.toNanos(25);
    private static final long BUSY_PARK_NS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long BUSY_FOR_NS = TimeUnit.MILLISECONDS.toNanos(30);

    private final List<Thread> agents = new CopyOnWriteArrayList<>();
    private volatile long busyUntilNs = System.nanoTime();
    private volatile boolean heldAwake;

    /** Makes the threads of agents; short names, as they show in {@code top -H}. */
    ThreadFactory threads(String name) {
        return body -> {
            final Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(body);
            agents.removeIf(agent -> agent.getState() == Thread.State.TERMINATED);
            agents.add(thread);
            return thread;
        };
    }

    /** Shortens sleeps for a while, and ends those under way. */
    void wake() {
        final long nowNs = System.nanoTime();
        final boolean wasIdle = busyUntilNs - nowNs <= 0;
        busyUntilNs = nowNs + BUSY_FOR_NS;
        if (wasIdle) {
            agents.forEach(LockSupport::unpark);
        }
    }

    /** While true, nobody sleeps for long; for starting and closing. */
    void holdAwake(boolean hold) {
        heldAwake = hold;
        wake();
    }

    /** Sleeps once. */
    void park() {
        LockSupport.parkNanos(busyUntilNs - System.nanoTime() > 0 ? BUSY_PARK_NS : IDLE_PARK_NS);
    }

    /** For the duty cycle of an agent. */
    IdleStrategy idleStrategy() {
        return new Pacing(false);
    }

    /** For a thread that waits for an answer of the agents: keeps them awake meanwhile. */
    IdleStrategy waitingStrategy() {
        return new Pacing(true);
    }

    /** No state: how long to sleep depends on what others do. */
    private final class Pacing implements IdleStrategy {
        private final boolean waking;

        Pacing(boolean waking) {
            this.waking = waking;
        }

        @Override
        public void idle(int workCount) {
            if (workCount <= 0) {
                idle();
            }
        }

        @Override
        public void idle() {
            if (waking || heldAwake) {
                wake();
            }
            park();
        }

        @Override
        public void reset() {
            // Nothing to reset.
        }
    }
}
