package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.signaling.net.Readiness;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The inbound stage of two threads: the first serves both directions and lends it to the second
 * while there is bulk both ways and a {@link LoanTrial} says that it pays.
 *
 * <pre>
 *   at home --- the lender finds it worth while: lends, wakes the borrower ----&gt; out
 *      ^                                                                        |
 *      `--- the borrower finds it recalled: gives back, wakes the lender -------'
 * </pre>
 *
 * <p>Whoever has the stage also has all that belongs to it: receiver, replay windows, deliverer,
 * counters. Only the lender ends the first state and only the borrower the second, each between two
 * batches, by a volatile write that the other reads before it touches the stage; so each sees all
 * that the other did, and order is kept as a batch is finished before the stage goes.
 */
final class StageLoan {
    private final LendingPolicy policy;
    private final Counters counters;
    private final Counters.Lane lenderCounters;
    private final LongSupplier clock;
    private final RandomGenerator random;

    private volatile boolean out;

    /** The lender's word; the borrower gives back when it sees it. */
    private volatile boolean recalled;

    /** Next to nothing comes in, as whoever has the stage found when it last looked. */
    private volatile boolean silent;

    // Set before the threads start.
    private Runnable wakeLender;
    private Runnable wakeBorrower;

    /**
     * Makes a loan that is at home.
     *
     * @param counters of the engine, for what both directions carried
     * @param lenderCounters the lender's lane of them
     * @param clock nanoseconds, as in {@link System#nanoTime}
     * @param random for the order of trials
     */
    StageLoan(
            LendingPolicy policy,
            Counters counters,
            Counters.Lane lenderCounters,
            LongSupplier clock,
            RandomGenerator random) {
        this.policy = policy;
        this.counters = counters;
        this.lenderCounters = lenderCounters;
        this.clock = clock;
        this.random = random;
    }

    /** How either is woken; once, before they run. */
    void between(Runnable lender, Runnable borrower) {
        wakeLender = lender;
        wakeBorrower = borrower;
    }

    Duties lender() {
        return new Lender();
    }

    Duties borrower() {
        return new Borrower();
    }

    /** Of a thread that has to look at what it does, however little that is. */
    private int untilNextLookMillis() {
        return (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(policy.lookNanos()));
    }

    private final class Lender implements Duties {
        private final LoanTrial trial = new LoanTrial(policy.trial(), random);
        private int bulkLooks;
        private boolean flowsIn;
        private long flowedNanos = clock.getAsLong();

        @Override
        public int sources() {
            return out ? Readiness.TUN : Readiness.SOURCES;
        }

        @Override
        public long lookNanos() {
            return policy.lookNanos();
        }

        @Override
        public int longestSleepMillis() {
            return out || trial.isRunning() ? untilNextLookMillis() : IDLE_MILLIS;
        }

        @Override
        public void look(LoadMeter load) {
            long nowNanos = clock.getAsLong();
            if (isOver(load, nowNanos)) {
                bulkLooks = 0;
                trial.abandon();
                recall();
            } else if (trial.isRunning()) {
                bring(trial.look(nowNanos, carriedBytes(), out));
            } else if (trial.isDecided(nowNanos)) {
                bring(trial.pays() && (out || isBulk(load)));
            } else if (out) {
                recall();
            } else {
                waitForBulk(load);
            }
        }

        /**
         * Whether there was next to nothing in a direction for long. The same wherever the stage
         * is, as a trial must not count the good times of one place only.
         */
        private boolean isOver(LoadMeter load, long nowNanos) {
            flowsIn = out ? !silent : policy.isWorthAThread(load, load.inbound());
            if (flowsBothWays(load)) {
                flowedNanos = nowNanos;
            }
            return nowNanos - flowedNanos > policy.steadyLooks() * policy.lookNanos();
        }

        private boolean flowsBothWays(LoadMeter load) {
            return flowsIn && policy.isWorthAThread(load, load.outbound());
        }

        /** Asked at home only: two threads with half the work each may both find little. */
        private boolean isBulk(LoadMeter load) {
            return policy.isBusy(load) && flowsBothWays(load);
        }

        /** Begins a trial once there was bulk in most looks for long. */
        private void waitForBulk(LoadMeter load) {
            bulkLooks = isBulk(load) ? bulkLooks + 1 : Math.max(0, bulkLooks - 1);
            if (bulkLooks >= policy.steadyLooks()) {
                bulkLooks = 0;
                trial.begin();
            }
        }

        private long carriedBytes() {
            return counters.get(Counter.OUTBOUND_SENT_BYTES)
                    + counters.get(Counter.INBOUND_DELIVERED_BYTES);
        }

        private void bring(boolean away) {
            if (away) {
                lend();
            } else {
                recall();
            }
        }

        private void lend() {
            if (!out) {
                lenderCounters.add(Counter.STAGE_LOANS, 1);
                recalled = false;
                silent = !flowsIn;
                out = true;
                wakeBorrower.run();
            }
        }

        private void recall() {
            if (out && !recalled) {
                recalled = true;
                wakeBorrower.run();
            }
        }
    }

    private final class Borrower implements Duties {
        private boolean working;

        @Override
        public int sources() {
            return out ? Readiness.UDP : 0;
        }

        @Override
        public long lookNanos() {
            return recalled ? 0 : policy.lookNanos();
        }

        @Override
        public int longestSleepMillis() {
            return out ? untilNextLookMillis() : IDLE_MILLIS;
        }

        @Override
        public void look(LoadMeter load) {
            if (!out) {
                return;
            }
            if (recalled) {
                working = false;
                out = false;
                wakeLender.run();
            } else if (working) {
                publish(!policy.isWorthAThread(load, load.inbound()));
            } else {
                // What lies behind is sleep, mostly.
                working = true;
            }
        }

        private void publish(boolean nothing) {
            if (silent != nothing) {
                silent = nothing;
            }
        }
    }
}
