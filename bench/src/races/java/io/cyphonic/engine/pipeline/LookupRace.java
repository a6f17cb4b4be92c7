package io.cyphonic.engine.pipeline;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.cyphonic.bench.races.SmallTable;
import io.cyphonic.engine.session.Tunnel;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * A packet for a tunnel that is just being closed, while the next tunnel gets its place in the
 * table. First the address is looked up, then the tunnel.
 */
@JCStressTest
@Outcome(
        id = {"its own, none", "none, none"},
        expect = ACCEPTABLE,
        desc = "Closed before, or not yet; later it is gone.")
@Outcome(
        id = "another's, .*",
        expect = FORBIDDEN,
        desc = "A packet for one peer goes to another, who can read it.")
@Outcome(expect = FORBIDDEN, desc = "The answer is remembered although the tunnel is closed.")
@State
public class LookupRace {
    private final SmallTable tables = new SmallTable();
    private final Tunnel tunnel = tables.open(SmallTable.ALICE);
    private final TunnelLookup lookup = new TunnelLookup(tables.table);
    private final byte[] key = SmallTable.keyOf(SmallTable.ALICE);

    @Actor
    public void packet(LL_Result r) {
        r.r1 = find();
    }

    @Actor
    public void closeAndOpen() {
        tables.table.close(tunnel.index());
        tables.open(SmallTable.BOB);
    }

    @Arbiter
    public void later(LL_Result r) {
        r.r2 = find();
    }

    private String find() {
        Tunnel found = lookup.find(key);
        return found == null ? "none" : found == tunnel ? "its own" : "another's";
    }
}
