package io.cyphonic.engine.simulation;

import io.cyphonic.engine.simulation.NatBehaviour.Depends;

import java.util.List;

/** Which nodes can reach each other, by the behaviour of what is between them. Pure. */
final class Reachability {
    private Reachability() {}

    /** Whether a node must get through to another: everybody reaches the relay. */
    static boolean mustConnect(SimNode from, SimNode to) {
        return from != to;
    }

    /** Whether a direct path must be found when the first of the two begins. */
    static boolean isDirect(SimNode from, SimNode to) {
        if (from.place().segment() == to.place().segment()) {
            return true;
        }
        if (from.host().has(false) && to.host().has(false)) {
            return true;
        }
        return from.host().has(true) && to.host().has(true) && isDirectOverIpv4(from, to);
    }

    private static boolean isDirectOverIpv4(SimNode from, SimNode to) {
        List<Gateway> left = Gateway.above(from.place().segment());
        List<Gateway> right = Gateway.above(to.place().segment());
        if (left.stream().anyMatch(right::contains)) {
            // Through a common NAT there may be a way or not.
            return false;
        }
        return isIndependent(right)
                && (filtering(right) != Depends.ON_ADDRESS_AND_PORT || isIndependent(left));
    }

    private static boolean isIndependent(List<Gateway> gateways) {
        return gateways.stream()
                .allMatch(each -> !each.translates() || each.nat().isEndpointIndependent());
    }

    private static Depends filtering(List<Gateway> gateways) {
        Depends strictest = Depends.ON_NOTHING;
        for (Gateway gateway : gateways) {
            Depends each =
                    gateway.translates() ? gateway.nat().filtering() : Depends.ON_ADDRESS_AND_PORT;
            strictest = each.compareTo(strictest) > 0 ? each : strictest;
        }
        return strictest;
    }
}
