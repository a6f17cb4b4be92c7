package io.cyphonic.engine.counters;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.J_Result;

/** Counting on the data path: plain additions, one lane for each writer. */
public class CountersRace {
    private CountersRace() {}

    /** A thread of the data path counts, another one reads. */
    @JCStressTest
    @Outcome(
            id = {"5, 5", "5, 6", "5, 8", "6, 6", "6, 8", "8, 8"},
            expect = ACCEPTABLE,
            desc = "What was counted so far.")
    @Outcome(expect = FORBIDDEN, desc = "The sum went back, or was never that.")
    @State
    public static class ReadWhileCounting {
        private final Counters counters = new Counters();
        private final Counters.Lane lane = counters.newLane();

        public ReadWhileCounting() {
            counters.newLane().add(Counter.UDP_SENDS, 5);
        }

        @Actor
        public void count() {
            lane.add(Counter.UDP_SENDS, 1);
            lane.add(Counter.UDP_SENDS, 2);
        }

        @Actor
        public void read(JJ_Result r) {
            r.r1 = counters.get(Counter.UDP_SENDS);
            r.r2 = counters.get(Counter.UDP_SENDS);
        }
    }

    /** Two threads of the data path begin to count. */
    @JCStressTest
    @Outcome(id = "3", expect = ACCEPTABLE, desc = "Exact once the writers rest.")
    @Outcome(expect = FORBIDDEN, desc = "A lane is lost, and all that it counts.")
    @State
    public static class TwoNewLanes {
        private final Counters counters = new Counters();

        @Actor
        public void one() {
            counters.newLane().add(Counter.UDP_SENDS, 1);
        }

        @Actor
        public void two() {
            counters.newLane().add(Counter.UDP_SENDS, 2);
        }

        @Arbiter
        public void judge(J_Result r) {
            r.r1 = counters.get(Counter.UDP_SENDS);
        }
    }

    /** Threads without a lane count drops. */
    @JCStressTest
    @Outcome(id = "3", expect = ACCEPTABLE, desc = "Every drop is counted.")
    @Outcome(expect = FORBIDDEN, desc = "A drop is not counted.")
    @State
    public static class TwoDropWithoutALane {
        private final Counters counters = new Counters();

        @Actor
        public void one() {
            counters.drop(DropReason.OUTBOUND_NO_TUNNEL);
        }

        @Actor
        public void two() {
            counters.drop(DropReason.OUTBOUND_NO_TUNNEL);
            counters.drop(DropReason.OUTBOUND_NO_TUNNEL);
        }

        @Arbiter
        public void judge(J_Result r) {
            r.r1 = counters.drops(DropReason.OUTBOUND_NO_TUNNEL);
        }
    }
}
