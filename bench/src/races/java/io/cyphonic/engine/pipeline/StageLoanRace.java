package io.cyphonic.engine.pipeline;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.cyphonic.engine.counters.Counters;
import io.cyphonic.signaling.net.Readiness;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

import java.util.SplittableRandom;

/**
 * The inbound stage goes from the lender to the borrower and back while both do batches: a plain
 * number stands for all that belongs to the stage and has no lock.
 */
@JCStressTest
@Outcome(id = "kept", expect = ACCEPTABLE, desc = "Every batch found what those before it left.")
@Outcome(expect = FORBIDDEN, desc = "Both had the stage, or one did not see what the other did.")
@State
public class StageLoanRace {
    private static final int ROUNDS = 14;
    private static final LendingPolicy RESTLESS =
            new LendingPolicy(true, 0, 0, 0, 0, 0, new LoanTerms(0, 1 << 30, 0, 0, 0));

    private final Counters counters = new Counters();
    private final StageLoan loan =
            new StageLoan(
                    RESTLESS,
                    counters,
                    counters.newLane(),
                    System::nanoTime,
                    new SplittableRandom(1));
    private final Duties lender = loan.lender();
    private final Duties borrower = loan.borrower();
    private final LoadMeter lenderLoad = new LoadMeter(0);
    private final LoadMeter borrowerLoad = new LoadMeter(0);

    private int stage;
    private int byLender;
    private int byBorrower;

    public StageLoanRace() {
        loan.between(() -> {}, () -> {});
    }

    @Actor
    public void lender() {
        for (int round = 0; round < ROUNDS; round++) {
            if ((lender.sources() & Readiness.UDP) != 0) {
                stage++;
                byLender++;
            }
            lender.look(lenderLoad);
        }
    }

    @Actor
    public void borrower() {
        for (int round = 0; round < ROUNDS; round++) {
            if ((borrower.sources() & Readiness.UDP) != 0) {
                stage++;
                byBorrower++;
            }
            borrower.look(borrowerLoad);
        }
    }

    @Arbiter
    public void afterwards(L_Result r) {
        r.r1 = stage == byLender + byBorrower ? "kept" : "lost";
    }
}
