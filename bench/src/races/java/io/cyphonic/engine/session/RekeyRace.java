package io.cyphonic.engine.session;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.cyphonic.bench.races.SmallTable;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/** A tunnel gets new keys while packets go through it. */
public class RekeyRace {
    private RekeyRace() {}

    /** The stages look up what they seal and open with. */
    @JCStressTest
    @Outcome(
            id = {"old, both open", "old, only the old opens", "new, both open"},
            expect = ACCEPTABLE,
            desc = "There is always a session to seal with, and what is under way is opened.")
    @Outcome(
            id = "new, only the old opens",
            expect = FORBIDDEN,
            desc = "Sealed with keys under which the answer would not be found.")
    @Outcome(expect = FORBIDDEN, desc = "No session at all, or the old one opens no more.")
    @State
    public static class PacketsDuringARekey {
        private final SmallTable tables = new SmallTable();
        private final Session old = tables.openWithSession(SmallTable.ALICE);
        private final Tunnel tunnel = old.tunnel();
        private final int next = tables.table.reserve(tunnel.index());

        @Actor
        public void rekey() {
            tables.installAt(tunnel, next, true, 1);
        }

        @Actor
        public void stages(LL_Result r) {
            Session current = tunnel.current();
            r.r1 = current == null ? "none" : current == old ? "old" : "new";
            boolean newOpens = tables.table.session(next) != null;
            boolean oldOpens = tables.table.session(old.receiverIndex()) == old;
            r.r2 = !oldOpens ? "the old is lost" : newOpens ? "both open" : "only the old opens";
        }
    }

    /**
     * The peer uses a session that waited for that, while a newer one is installed. If the older
     * one won, each end would forget what the other seals with.
     */
    @JCStressTest
    @Outcome(
            id = "the newer seals, the older opens",
            expect = ACCEPTABLE,
            desc = "As if one had come after the other.")
    @Outcome(expect = FORBIDDEN, desc = "The ends would go on with different keys.")
    @State
    public static class ConfirmedWhileANewerIsInstalled {
        private final SmallTable tables = new SmallTable();
        private final Tunnel tunnel = tables.openWithSession(SmallTable.ALICE).tunnel();
        private final Session older = tables.install(tunnel, false, 1);
        private final int newerIndex = tables.table.reserve(tunnel.index());

        @Actor
        public void confirm() {
            tables.table.confirm(older, 2);
        }

        @Actor
        public void install() {
            tables.installAt(tunnel, newerIndex, true, 2);
        }

        @Arbiter
        public void judge(L_Result r) {
            Session newer = tables.table.session(newerIndex);
            String seals = tunnel.current() == newer ? "the newer seals" : "another seals";
            boolean opens = tables.table.session(older.receiverIndex()) == older;
            r.r1 = seals + (opens ? ", the older opens" : ", the older is lost");
        }
    }
}
