package io.cyphonic.engine.session;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.cyphonic.bench.races.SmallTable;
import io.cyphonic.signaling.net.Endpoint;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

import java.net.InetSocketAddress;

/** A tunnel changes to a relay, or from one to the next, while packets go through it. */
public class RelaySwitchRace {
    private RelaySwitchRace() {}

    private static RelayChannel channel(String address) {
        return new RelayChannel(endpoint(address), 1, 0, new byte[16], 0);
    }

    private static Endpoint endpoint(String address) {
        return Endpoint.of(new InetSocketAddress(address, 7447));
    }

    /**
     * The outbound stage asks where to, and then whether that is the relay. If the change comes in
     * between, the packet goes to the old relay without the header that it wants: sealed as ever,
     * and lost.
     */
    @JCStressTest
    @Outcome(
            id = {"the old relay, with its header", "the new relay, with its header"},
            expect = ACCEPTABLE,
            desc = "Before or after the change.")
    @Outcome(
            id = "the old relay, without header",
            expect = ACCEPTABLE_INTERESTING,
            desc = "Between two looks: the relay that was left drops one packet.")
    @Outcome(expect = FORBIDDEN, desc = "A header that is not for the relay it goes to.")
    @State
    public static class PacketsDuringAChange {
        private final Tunnel tunnel = new SmallTable().open(SmallTable.ALICE);
        private final RelayChannel old = channel("192.0.2.10");
        private final RelayChannel next = channel("192.0.2.20");

        public PacketsDuringAChange() {
            tunnel.setRelay(old);
            tunnel.moveTo(old.endpoint());
        }

        @Actor
        public void change() {
            tunnel.setRelay(next);
        }

        @Actor
        public void stage(L_Result r) {
            Endpoint to = tunnel.endpoint();
            RelayChannel through = tunnel.relayTo(to);
            boolean toOld = to == old.endpoint();
            String where = toOld ? "the old relay" : "the new relay";
            boolean fits = through == (toOld ? old : next);
            r.r1 =
                    through == null
                            ? where + ", without header"
                            : where + (fits ? ", with its header" : ", with another's header");
        }
    }

    /** The path moves to the relay's address while the relay is being set. */
    @JCStressTest
    @Outcome(id = "through the relay", expect = ACCEPTABLE, desc = "Whichever came first.")
    @Outcome(expect = FORBIDDEN, desc = "Later changes of the relay would not reach the tunnel.")
    @State
    public static class MovedWhileTheRelayIsSet {
        private final Tunnel tunnel = new SmallTable().open(SmallTable.ALICE);
        private final RelayChannel relay = channel("192.0.2.10");
        private final Endpoint sameAddress = endpoint("192.0.2.10");

        @Actor
        public void move() {
            tunnel.moveTo(sameAddress);
        }

        @Actor
        public void setRelay() {
            tunnel.setRelay(relay);
        }

        @Arbiter
        public void judge(L_Result r) {
            r.r1 = tunnel.endpoint() == relay.endpoint() ? "through the relay" : "past it";
        }
    }
}
