package io.cyphonic.engine.control.state;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.cyphonic.engine.fixtures.MemoryStateStore;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.state.ChronicleStateStore;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the handlers of the control plane share, in the very tables of the node: one store for all
 * instances of a race, each with a key of its own, which it takes away again.
 */
public class SharedStateRace {
    private static final long NOW = 1_000_000;
    private static final long LATER = NOW + 1_000;
    private static final int MAX_TUNNELS = 4_096;
    private static final SharedState STATE =
            new SharedState(new ChronicleStateStore(), MAX_TUNNELS);
    private static final AtomicLong KEYS = new AtomicLong();

    private SharedStateRace() {}

    private static long newKey() {
        return KEYS.incrementAndGet();
    }

    private static WantedPeer newPeer() {
        byte[] key = new byte[WantedPeer.LENGTH];
        RecordFields.putLong(key, 1, newKey());
        return new WantedPeer(key);
    }

    private static ProbeRecord newProbe() {
        return new ProbeRecord(ProbeRecord.Purpose.CONFIRM, Id128.NONE, 0, null, NOW, LATER);
    }

    private static String tries(ProbeRecord taken) {
        return taken == null ? "nothing" : taken.tries() == 1 ? "the first" : "the second";
    }

    /** An answer that comes twice. */
    @JCStressTest
    @Outcome(
            id = {"the first, nothing", "nothing, the first"},
            expect = ACCEPTABLE,
            desc = "Used once.")
    @Outcome(expect = FORBIDDEN, desc = "Used twice, or not at all.")
    @State
    public static class TwoTakeOneRecord {
        private final long id = newKey();

        public TwoTakeOneRecord() {
            STATE.probes().add(id, newProbe());
        }

        @Actor
        public void one(LL_Result r) {
            r.r1 = tries(STATE.probes().take(id));
        }

        @Actor
        public void two(LL_Result r) {
            r.r2 = tries(STATE.probes().take(id));
        }
    }

    /** The answer comes while the request is being repeated. */
    @JCStressTest
    @Outcome(
            id = {"the first, not repeated", "the second, repeated"},
            expect = ACCEPTABLE,
            desc = "Changed before it was taken, or not at all.")
    @Outcome(expect = FORBIDDEN, desc = "A record that was taken is back, or a change is lost.")
    @State
    public static class TakenWhileItIsChanged {
        private final long id = newKey();
        private final ProbeRecord first = newProbe();

        public TakenWhileItIsChanged() {
            STATE.probes().add(id, first);
        }

        @Actor
        public void answer(LL_Result r) {
            r.r1 = tries(STATE.probes().take(id));
        }

        @Actor
        public void repeat(LL_Result r) {
            boolean replaced = STATE.probes().replace(id, first, first.triedAgain());
            r.r2 = replaced ? "repeated" : "not repeated";
        }

        @Arbiter
        public void judge(LL_Result r) {
            if (STATE.probes().take(id) != null) {
                r.r2 = "back again";
            }
        }
    }

    /** Two packets want the same peer. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = ACCEPTABLE,
            desc = "One asks the cloud for both.")
    @Outcome(expect = FORBIDDEN, desc = "Both ask, or none.")
    @State
    public static class TwoWantOnePeer {
        private final WantedPeer peer = newPeer();

        @Actor
        public void one(ZZ_Result r) {
            r.r1 = STATE.beginAttempt(peer, 1, LATER, NOW);
        }

        @Actor
        public void two(ZZ_Result r) {
            r.r2 = STATE.beginAttempt(peer, 2, LATER, NOW);
        }

        @Arbiter
        public void leave() {
            STATE.endAttempt(peer);
        }
    }

    /** Two packets want the same peer, after an attempt that has expired. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = ACCEPTABLE,
            desc = "One asks the cloud for both.")
    @Outcome(expect = FORBIDDEN, desc = "Both ask, or none.")
    @State
    public static class TwoWantOnePeerAgain {
        private final WantedPeer peer = newPeer();

        public TwoWantOnePeerAgain() {
            STATE.beginAttempt(peer, 3, NOW, NOW - 1);
        }

        @Actor
        public void one(ZZ_Result r) {
            r.r1 = STATE.beginAttempt(peer, 1, LATER, NOW);
        }

        @Actor
        public void two(ZZ_Result r) {
            r.r2 = STATE.beginAttempt(peer, 2, LATER, NOW);
        }

        @Arbiter
        public void leave() {
            STATE.endAttempt(peer);
        }
    }

    /** A request comes twice, from an initiator who has sent one before. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = ACCEPTABLE,
            desc = "The copy is refused.")
    @Outcome(expect = FORBIDDEN, desc = "A request that is played back is answered.")
    @State
    public static class OneStampTwice {
        /** Nobody forgets a stamp: the initiators come again, each time with a later one. */
        private static final int INITIATORS = 4_096;

        private final long stamp = 2 * newKey();
        private final Id128 initiator = new Id128(1, stamp % INITIATORS);

        public OneStampTwice() {
            STATE.acceptStamp(initiator, stamp - 1, stamp, NOW);
        }

        @Actor
        public void one(ZZ_Result r) {
            r.r1 = STATE.acceptStamp(initiator, stamp, stamp, NOW);
        }

        @Actor
        public void two(ZZ_Result r) {
            r.r2 = STATE.acceptStamp(initiator, stamp, stamp, NOW);
        }
    }

    /** Equal requests at the same moment, the first of their kind. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = ACCEPTABLE,
            desc = "One is answered, and the answer serves both.")
    @Outcome(expect = FORBIDDEN, desc = "Two handshakes for one request, or none.")
    @State
    public static class OneRequestTwice {
        private final Id128 digest = new Id128(2, newKey());

        @Actor
        public void one(ZZ_Result r) {
            r.r1 = STATE.claimResponse(digest, LATER);
        }

        @Actor
        public void two(ZZ_Result r) {
            r.r2 = STATE.claimResponse(digest, LATER);
        }

        @Arbiter
        public void leave() {
            STATE.releaseResponse(digest);
        }
    }

    /** The record of the cloud is remembered by those who read it; one store for each instance. */
    @JCStressTest
    @Outcome(
            id = {"the old, the new", "the new, the new"},
            expect = ACCEPTABLE,
            desc = "Read before or after; afterwards the new one.")
    @Outcome(expect = FORBIDDEN, desc = "An old copy is taken for the present one.")
    @State
    public static class ReadWhileTheCloudChanges {
        private final SharedState state = new SharedState(new MemoryStateStore(), 1);
        private final CloudRecord old = new CloudRecord(1);
        private final CloudRecord next = new CloudRecord(1);

        public ReadWhileTheCloudChanges() {
            old.revocationEpoch(1);
            next.revocationEpoch(2);
            state.cloud(old);
        }

        @Actor
        public void write() {
            state.cloud(next);
        }

        @Actor
        public void read(LL_Result r) {
            r.r1 = name();
        }

        @Arbiter
        public void later(LL_Result r) {
            r.r2 = name();
        }

        private String name() {
            return state.cloud().revocationEpoch() == 1 ? "the old" : "the new";
        }
    }
}
