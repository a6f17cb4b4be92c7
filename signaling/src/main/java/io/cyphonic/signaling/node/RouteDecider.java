package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.registry.NodeRecord.Registration;

import java.net.Inet4Address;
import java.net.InetSocketAddress;

/**
 * Chooses the procedure by which two nodes build their tunnel, from what the NMS knows about both.
 * Pure: same input, same answer.
 *
 * <p>Each address family in which the NMS has observed both nodes is judged alone, and the best
 * verdict counts:
 *
 * <pre>
 *  initiator       responder                        procedure
 *  any             public                           DIRECT
 *  public          behind NAT                       HOLE_PUNCH
 *  behind NAT      behind another NAT               HOLE_PUNCH (both ends send; a relay helps where that fails)
 *  behind NAT      behind the same NAT              DIRECT (local addresses)
 *  no family in common, local addresses included    RELAY
 * </pre>
 *
 * A node is behind NAT if the observed address is none of those that it found on its own
 * interfaces; a node that names none is taken to be, since an unneeded hole punch harms nothing.
 */
final class RouteDecider {
    private RouteDecider() {}

    static Procedure decide(Registration initiator, Registration responder) {
        Procedure ipv4 = decide(initiator, responder, true);
        Procedure ipv6 = decide(initiator, responder, false);
        return better(ipv4, ipv6);
    }

    private static Procedure decide(Registration initiator, Registration responder, boolean ipv4) {
        InetSocketAddress from = observed(initiator, ipv4);
        InetSocketAddress to = observed(responder, ipv4);
        if (from == null || to == null) {
            // One of them has not shown itself to the cloud in this family, but both may share a
            // network that has no way to the cloud.
            return hasLocal(initiator, ipv4) && hasLocal(responder, ipv4)
                    ? Procedure.DIRECT
                    : Procedure.RELAY;
        }
        if (isLocal(responder, to) || from.getAddress().equals(to.getAddress())) {
            return Procedure.DIRECT;
        }
        return Procedure.HOLE_PUNCH;
    }

    private static Procedure better(Procedure one, Procedure other) {
        // The values of the enum rise from the most direct to the most indirect.
        return one.value() <= other.value() ? one : other;
    }

    private static InetSocketAddress observed(Registration registration, boolean ipv4) {
        return ipv4 ? registration.observedIpv4() : registration.observedIpv6();
    }

    private static boolean isLocal(Registration registration, InetSocketAddress observed) {
        for (Candidate candidate : registration.candidates()) {
            if (candidate.kind() == CandidateKind.LOCAL
                    && candidate.address().getAddress().equals(observed.getAddress())) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasLocal(Registration registration, boolean ipv4) {
        for (Candidate candidate : registration.candidates()) {
            if (candidate.kind() == CandidateKind.LOCAL
                    && candidate.address().getAddress() instanceof Inet4Address == ipv4) {
                return true;
            }
        }
        return false;
    }
}
