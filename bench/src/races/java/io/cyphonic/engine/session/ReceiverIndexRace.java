package io.cyphonic.engine.session;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.cyphonic.bench.races.SmallTable;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * A capsule for a tunnel that is just being closed, while the next tunnel gets its place and its
 * session the place of the old one.
 */
@JCStressTest
@Outcome(
        id = {"its own", "none"},
        expect = ACCEPTABLE,
        desc = "Closed before, or not yet.")
@Outcome(expect = FORBIDDEN, desc = "The capsule counts as one of another peer.")
@State
public class ReceiverIndexRace {
    private final SmallTable tables = new SmallTable();
    private final Session session = tables.openWithSession(SmallTable.ALICE);

    @Actor
    public void closeAndOpen() {
        tables.table.close(session.tunnel().index());
        tables.openWithSession(SmallTable.BOB);
    }

    @Actor
    public void capsule(L_Result r) {
        Session found = tables.table.session(session.receiverIndex());
        r.r1 = found == null ? "none" : found == session ? "its own" : "another's";
    }
}
