package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.registry.NodeRecord.Registration;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and writes registrations: what a node says of itself, and what the NMS saw. Pure. */
final class Registrations {
    private Registrations() {}

    /**
     * The registration that a request asks for. It names only the family it came over: the registry
     * merges requests of one login, family by family.
     */
    static Registration of(Request request, List<Candidate> named) {
        boolean ipv4 = isIpv4(request.source());
        return new Registration(
                request.loginId(),
                request.counter(),
                ipv4 ? request.source() : null,
                ipv4 ? null : request.source(),
                usable(named),
                request.nowMillis());
    }

    /** The address observed in the family of {@code sameFamily}, or {@code null}. */
    static InetSocketAddress observed(Registration registration, InetSocketAddress sameFamily) {
        return isIpv4(sameFamily) ? registration.observedIpv4() : registration.observedIpv6();
    }

    /** All addresses observed. */
    static List<InetSocketAddress> observed(Registration registration) {
        List<InetSocketAddress> observed = new ArrayList<>(2);
        if (registration.observedIpv4() != null) {
            observed.add(registration.observedIpv4());
        }
        if (registration.observedIpv6() != null) {
            observed.add(registration.observedIpv6());
        }
        return observed;
    }

    /**
     * What a peer may try: local addresses first, then the observed, then the others; each once.
     */
    static List<Candidate> candidates(Registration registration) {
        Map<InetSocketAddress, Candidate> candidates = new LinkedHashMap<>();
        for (Candidate candidate : registration.candidates()) {
            if (candidate.kind() == CandidateKind.LOCAL) {
                candidates.putIfAbsent(candidate.address(), candidate);
            }
        }
        for (InetSocketAddress observed : observed(registration)) {
            candidates.putIfAbsent(observed, new Candidate(observed, CandidateKind.OBSERVED));
        }
        for (Candidate candidate : registration.candidates()) {
            candidates.putIfAbsent(candidate.address(), candidate);
        }
        return List.copyOf(candidates.values());
    }

    /** Only what a node can know of itself and a peer can send to. */
    private static List<Candidate> usable(List<Candidate> named) {
        List<Candidate> usable = new ArrayList<>();
        for (Candidate candidate : named) {
            InetAddress address = candidate.address().getAddress();
            boolean ownKnowledge =
                    switch (candidate.kind()) {
                        case LOCAL, STUN, PORT_MAPPING -> true;
                        default -> false;
                    };
            if (ownKnowledge
                    && candidate.address().getPort() != 0
                    && reachesFromElsewhere(address)
                    && usable.size() < Registration.MAX_CANDIDATES) {
                usable.add(candidate);
            }
        }
        return List.copyOf(usable);
    }

    private static boolean reachesFromElsewhere(InetAddress address) {
        boolean needsScope = address instanceof Inet6Address && address.isLinkLocalAddress();
        return !needsScope
                && !address.isAnyLocalAddress()
                && !address.isLoopbackAddress()
                && !address.isMulticastAddress();
    }

    private static boolean isIpv4(InetSocketAddress address) {
        return address.getAddress() instanceof Inet4Address;
    }
}
