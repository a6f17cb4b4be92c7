package io.cyphonic.engine.session;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.cyphonic.bench.races.SmallTable;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** The counters of a session, and of a channel through a relay. */
public class SessionCountersRace {
    private SessionCountersRace() {}

    /** The outbound stage takes counters, the control plane looks how many, to rekey in time. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "0, 1", "0, 3", "1, 1", "1, 3", "3, 3"},
            expect = ACCEPTABLE,
            desc = "What was taken so far, and never less than before.")
    @Outcome(expect = FORBIDDEN, desc = "The count went back, or was never that.")
    @State
    public static class OneTakesAnotherLooks {
        private final Session session = new SmallTable().openWithSession(SmallTable.ALICE);

        @Actor
        public void stage() {
            session.reserve(1);
            session.reserve(2);
        }

        @Actor
        public void look(JJ_Result r) {
            r.r1 = session.reserved();
            r.r2 = session.reserved();
        }
    }

    /** The outbound stage and a handshake send through the same channel of a relay. */
    @JCStressTest
    @Outcome(
            id = {"100, 102", "101, 100"},
            expect = ACCEPTABLE,
            desc = "One after the other.")
    @Outcome(expect = FORBIDDEN, desc = "Two datagrams with one counter: the relay drops one.")
    @State
    public static class TwoSendThroughARelay {
        private final RelayChannel channel =
                new RelayChannel(SmallTable.PEER, 1, 0, new byte[16], 100);

        @Actor
        public void superPacket(JJ_Result r) {
            r.r1 = channel.reserve(2);
        }

        @Actor
        public void handshake(JJ_Result r) {
            r.r2 = channel.reserve(1);
        }
    }
}
