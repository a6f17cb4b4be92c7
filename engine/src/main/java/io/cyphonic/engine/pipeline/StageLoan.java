package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.signaling.net.Readiness;

import java.util.concurrent.TimeUnit;

/**
 * The inbound stage of two threads: the first serves both directions and lends it to the second
 * while there is bulk both ways, and the second gives it back when that is over.
 *
 * <pre>
 *   at home --- the lender is busy, both ways: lends, wakes the borrower ---&gt; out
 *      ^                                                                       |
 *      `--- the borrower finds it is not needed: gives back, wakes the lender -'
 * </pre>
 *
 * <p>Whoever has the stage also has all that belongs to it: receiver, replay windows, deliverer,
 * counters. Only the lender ends the first state and only the borrower the second, each between two
 * batches, by a volatile write that the other reads before it touches the stage; so each sees all
 * that the other did, and order is kept as a batch is finished before the stage goes.
 */
final class StageLoan {
    private final LendingPolicy policy;
    private final Counters.Lane lenderCounters;

    private volatile boolean out;

    /** What the lender found when it last looked. */
    private volatile boolean lenderBusy;

    // Set before the threads start.
    private Runnable wakeLender;
    private Runnable wakeBorrower;

    StageLoan(LendingPolicy policy, Counters.Lane lenderCounters) {
        this.policy = policy;
        this.lenderCounters = lenderCounters;
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

    private final class Lender implements Duties {
        @Override
        public int sources() {
            return out ? Readiness.TUN : Readiness.SOURCES;
        }

        @Override
        public long lookNanos() {
            return policy.lookNanos();
        }

        @Override
        public void look(LoadMeter load) {
            boolean busy = policy.isBusy(load);
            if (lenderBusy != busy) {
                lenderBusy = busy;
            }
            if (!out
                    && busy
                    && policy.isWorthAThread(load, load.outbound())
                    && policy.isWorthAThread(load, load.inbound())) {
                lenderCounters.add(Counter.STAGE_LOANS, 1);
                out = true;
                wakeBorrower.run();
            }
        }
    }

    private final class Borrower implements Duties {
        private boolean working;
        private int idleLooks;
        private int calmLooks;

        @Override
        public int sources() {
            return out ? Readiness.UDP : 0;
        }

        @Override
        public long lookNanos() {
            return policy.lookNanos();
        }

        /** With nothing borrowed it waits to be woken; with something it must give it back soon. */
        @Override
        public int longestSleepMillis() {
            return out
                    ? (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(policy.lookNanos()))
                    : IDLE_MILLIS;
        }

        @Override
        public void look(LoadMeter load) {
            if (!out) {
                return;
            }
            if (!working) {
                // What lies behind is sleep, mostly.
                working = true;
                return;
            }
            idleLooks = policy.isWorthAThread(load, load.inbound()) ? 0 : idleLooks + 1;
            calmLooks = lenderBusy || policy.isBusy(load) ? 0 : calmLooks + 1;
            if (idleLooks >= policy.idleLooks() || calmLooks >= policy.calmLooks()) {
                working = false;
                idleLooks = 0;
                calmLooks = 0;
                out = false;
                wakeLender.run();
            }
        }
    }
}
