package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.registry.NodeRecord.Registration;
import io.cyphonic.signaling.registry.Sighting;

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
    static Registration of(Request request, InetSocketAddress confirmed, List<Candidate> named) {
        boolean ipv4 = isIpv4(request.source());
        Sighting sighting = sighting(request, confirmed);
        return new Registration(
                request.loginId(),
                request.counter(),
                ipv4 ? sighting : Sighting.NONE,
                ipv4 ? Sighting.NONE : sighting,
                usable(named),
                request.nowMillis(),
                List.of());
    }

    private static Sighting sighting(Request request, InetSocketAddress confirmed) {
        InetSocketAddress source = request.source();
        boolean sameFamily = confirmed != null && isIpv4(confirmed) == isIpv4(source);
        InetSocketAddress sure = sameFamily ? confirmed : null;
        return new Sighting(request.counter(), sure, source.equals(sure) ? null : source);
    }

    /**
     * Whether a request can change nothing in a registration: it is a duplicate, or somebody plays
     * it back. A copy of the newest request from elsewhere is neither.
     */
    static boolean isOld(Registration request, Registration present) {
        return present.supersededLogins().contains(request.loginId())
                || request.loginId() == present.loginId()
                        && request.counter() <= present.counter()
                        && present.ipv4().after(request.ipv4()) == present.ipv4()
                        && present.ipv6().after(request.ipv6()) == present.ipv6();
    }

    /** What is known of the node's address in the family of another address. */
    static Sighting sighting(Registration registration, InetSocketAddress sameFamily) {
        return isIpv4(sameFamily) ? registration.ipv4() : registration.ipv6();
    }

    /**
     * All addresses at which the node was seen. What is sent to it goes to all of them: only it can
     * read it, and while one of them is not confirmed nobody knows which is right.
     */
    static List<InetSocketAddress> observed(Registration registration) {
        List<InetSocketAddress> observed = new ArrayList<>(4);
        for (Sighting each : List.of(registration.ipv4(), registration.ipv6())) {
            if (each.confirmed() != null) {
                observed.add(each.confirmed());
            }
            if (each.unconfirmed() != null) {
                observed.add(each.unconfirmed());
            }
        }
        return observed;
    }

    /**
     * What a peer may try: local addresses first, then the observed, then the others, last what
     * nobody has confirmed; each once.
     */
    static List<Candidate> candidates(Registration registration) {
        Map<InetSocketAddress, Candidate> candidates = new LinkedHashMap<>();
        for (Candidate candidate : registration.candidates()) {
            if (candidate.kind() == CandidateKind.LOCAL) {
                candidates.putIfAbsent(candidate.address(), candidate);
            }
        }
        add(candidates, registration.ipv4().confirmed(), CandidateKind.OBSERVED);
        add(candidates, registration.ipv6().confirmed(), CandidateKind.OBSERVED);
        for (Candidate candidate : registration.candidates()) {
            candidates.putIfAbsent(candidate.address(), candidate);
        }
        add(candidates, registration.ipv4().unconfirmed(), CandidateKind.UNCONFIRMED);
        add(candidates, registration.ipv6().unconfirmed(), CandidateKind.UNCONFIRMED);
        return List.copyOf(candidates.values());
    }

    private static void add(
            Map<InetSocketAddress, Candidate> candidates,
            InetSocketAddress observed,
            CandidateKind kind) {
        if (observed != null) {
            candidates.putIfAbsent(observed, new Candidate(observed, kind));
        }
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
