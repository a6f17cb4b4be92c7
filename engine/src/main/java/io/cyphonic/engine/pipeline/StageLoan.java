package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.signaling.net.Readiness;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

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
    /** What the borrower found when it last looked. */
    private enum Found {
        NOTHING,
        SOME,
        MUCH
    }

    private final LendingPolicy policy;
    private final Counters counters;
    private final Counters.Lane lenderCounters;
    private final LongSupplier clock;

    private volatile boolean out;

    /** The lender's word; the borrower gives back when it sees it. */
    private volatile boolean recalled;

    /** The borrower's word. */
    private volatile Found found = Found.NOTHING;

    // Set before the threads start.
    private Runnable wakeLender;
    private Runnable wakeBorrower;

    /**
     * Makes a loan that is at home.
     *
     * @param counters of the engine, for what both directions carried
     * @param lenderCounters the lender's lane of them
     * @param clock nanoseconds, as in {@link System#nanoTime}
     */
    StageLoan(
            LendingPolicy policy,
            Counters counters,
            Counters.Lane lenderCounters,
            LongSupplier clock) {
        this.policy = policy;
        this.counters = counters;
        this.lenderCounters = lenderCounters;
        this.clock = clock;
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

    /** While the stage is out both look at what they do, however little it is. */
    private int longestSleepMillis() {
        return out
                ? (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(policy.lookNanos()))
                : Duties.IDLE_MILLIS;
    }

    private final class Lender implements Duties {
        private final LoanTrial trial = new LoanTrial(policy.trial());
        private int calmLooks;

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
            return StageLoan.this.longestSleepMillis();
        }

        @Override
        public void look(LoadMeter load) {
            boolean bulk = isBulk(load);
            if (!bulk) {
                rest();
                return;
            }
            calmLooks = 0;
            if (trial.look(clock.getAsLong(), carriedBytes(), out)) {
                lend();
            } else {
                recall();
            }
        }

        private void rest() {
            trial.rest();
            if (out && ++calmLooks >= policy.calmLooks()) {
                recall();
            }
        }

        /** Much to do, and some of it in either direction. */
        private boolean isBulk(LoadMeter load) {
            if (!policy.isWorthAThread(load, load.outbound())) {
                return false;
            }
            if (!out) {
                return policy.isBusy(load) && policy.isWorthAThread(load, load.inbound());
            }
            Found inbound = found;
            return inbound == Found.MUCH || inbound == Found.SOME && policy.isBusy(load);
        }

        private long carriedBytes() {
            return counters.get(Counter.OUTBOUND_SENT_BYTES)
                    + counters.get(Counter.INBOUND_DELIVERED_BYTES);
        }

        private void lend() {
            if (!out) {
                lenderCounters.add(Counter.STAGE_LOANS, 1);
                recalled = false;
                // Until it has looked itself.
                found = Found.MUCH;
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
            return StageLoan.this.longestSleepMillis();
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
                publish(load);
            } else {
                // What lies behind is sleep, mostly.
                working = true;
            }
        }

        private void publish(LoadMeter load) {
            Found now = Found.NOTHING;
            if (policy.isWorthAThread(load, load.inbound())) {
                now = policy.isBusy(load) ? Found.MUCH : Found.SOME;
            }
            if (found != now) {
                found = now;
            }
        }
    }
}
