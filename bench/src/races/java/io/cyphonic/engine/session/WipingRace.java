package io.cyphonic.engine.session;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.cyphonic.bench.races.SmallTable;
import io.cyphonic.signaling.handshake.CipherSuite;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

import java.util.Arrays;

/** Keys are wiped while packets are under way ({@link BatchMarks}, {@link CapsuleKey}). */
public class WipingRace {
    private static final byte[] KEY = newKey();

    private WipingRace() {}

    private static byte[] newKey() {
        byte[] key = new byte[32];
        Arrays.fill(key, SmallTable.KEY_BYTE);
        return key;
    }

    /** Uses a key as a cipher of the JCA does. */
    private static String use(CapsuleKey key) {
        try {
            return Arrays.equals(KEY, key.getEncoded()) ? "used" : "zeros";
        } catch (IllegalStateException e) {
            return "refused";
        }
    }

    /** One batch of the inbound pipeline, while the tunnel is closed. */
    @JCStressTest
    @Outcome(
            id = {"used, wiped", "not found, wiped"},
            expect = ACCEPTABLE,
            desc = "The batch had the session to its end, or never; then the keys are gone.")
    @Outcome(
            id = {"refused, .*", "zeros, .*"},
            expect = FORBIDDEN,
            desc = "Wiped while the batch was under way.")
    @Outcome(id = ".*, kept", expect = FORBIDDEN, desc = "Keys that nobody will wipe.")
    @State
    public static class InboundBatch {
        private final SmallTable tables = new SmallTable();
        private final Session session = tables.openWithSession(SmallTable.ALICE);

        @Actor
        public void batch(LL_Result r) {
            long batch = tables.inbound.begin();
            Session found = tables.table.session(session.receiverIndex());
            r.r1 = found == null ? "not found" : use(found.openKey());
            tables.inbound.finish(batch);
        }

        @Actor
        public void close() {
            tables.table.close(session.tunnel().index());
        }

        @Arbiter
        public void later(LL_Result r) {
            tables.table.housekeep(1);
            r.r2 = session.isWiped() ? "wiped" : "kept";
        }
    }

    /** One batch of the outbound pipeline, while the tunnel gets new keys twice. */
    @JCStressTest
    @Outcome(
            id = {"used, wiped", "another session, wiped"},
            expect = ACCEPTABLE,
            desc = "The batch had the session to its end, or never; then the keys are gone.")
    @Outcome(
            id = {"refused, .*", "zeros, .*"},
            expect = FORBIDDEN,
            desc = "Wiped while the batch was under way.")
    @Outcome(id = ".*, kept", expect = FORBIDDEN, desc = "Keys that nobody will wipe.")
    @State
    public static class OutboundBatch {
        private final SmallTable tables = new SmallTable();
        private final Session first = tables.openWithSession(SmallTable.ALICE);

        @Actor
        public void batch(LL_Result r) {
            long batch = tables.outbound.begin();
            Session found = first.tunnel().current();
            r.r1 = found == first ? use(found.sealKey()) : "another session";
            tables.outbound.finish(batch);
        }

        @Actor
        public void rekeyTwice() {
            tables.install(first.tunnel(), true, 1);
            tables.install(first.tunnel(), true, 2);
        }

        @Arbiter
        public void later(LL_Result r) {
            tables.table.housekeep(3);
            r.r2 = first.isWiped() ? "wiped" : "kept";
        }
    }

    /** The last line of defence: a key that is read while it is wiped. */
    @JCStressTest
    @Outcome(
            id = {"used", "refused"},
            expect = ACCEPTABLE,
            desc = "The whole key, or none.")
    @Outcome(expect = FORBIDDEN, desc = "Sealing under zeros tells everybody what is inside.")
    @State
    public static class KeyReadWhileWiped {
        private final CapsuleKey key = new CapsuleKey(CipherSuite.AES_GCM_SHA256, KEY);

        @Actor
        public void seal(L_Result r) {
            r.r1 = use(key);
        }

        @Actor
        public void wipe() {
            key.destroy();
        }
    }
}
