package io.cyphonic.engine.control.policy;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Puts the addresses of a peer into the order in which they are tried: neighbours first, then what
 * is most likely to answer, a relay last. Addresses that cannot work are left out: of a family this
 * node does not have, or which are no address of a host. Pure.
 */
public final class PathSelector {
    /** Most addresses of a peer that are tried. */
    public static final int MAX_PATHS = 10;

    private static final int NEIGHBOUR = 0;

    private PathSelector() {}

    /**
     * Orders candidates.
     *
     * @param candidates of the peer, in any order, with repetitions
     * @param ownAddresses of this node's interfaces
     * @return what to try, best first, each once, at most {@value #MAX_PATHS}
     */
    public static List<InetSocketAddress> order(
            List<Candidate> candidates, List<InetSocketAddress> ownAddresses) {
        boolean ipv4 = ownAddresses.stream().anyMatch(own -> isIpv4(own.getAddress()));
        boolean ipv6 = ownAddresses.stream().anyMatch(own -> !isIpv4(own.getAddress()));
        List<Candidate> usable = new ArrayList<>(candidates);
        usable.removeIf(
                candidate ->
                        !isHost(candidate.address())
                                || !(isIpv4(candidate.address().getAddress()) ? ipv4 : ipv6));
        usable.sort(
                Comparator.<Candidate>comparingInt(candidate -> rank(candidate, ownAddresses))
                        .thenComparing(candidate -> familyRank(candidate, ownAddresses)));
        LinkedHashSet<InetSocketAddress> ordered = new LinkedHashSet<>();
        usable.forEach(candidate -> ordered.add(candidate.address()));
        return ordered.stream().limit(MAX_PATHS).toList();
    }

    private static int rank(Candidate candidate, List<InetSocketAddress> ownAddresses) {
        InetAddress address = candidate.address().getAddress();
        if (candidate.kind() == CandidateKind.RELAY) {
            return 5;
        }
        if (isNeighbour(address, ownAddresses)) {
            return NEIGHBOUR;
        }
        // A private address of another network is most likely not ours to reach.
        boolean foreignPrivate = address.isSiteLocalAddress();
        return switch (candidate.kind()) {
            case LOCAL -> foreignPrivate ? 4 : 1;
            case OBSERVED -> 2;
            default -> 3;
        };
    }

    /**
     * There is no NAT between neighbours, and IPv4 spares twenty bytes of each datagram and the
     * kernel some work. Everywhere else IPv6 comes first: mostly nothing on its way translates.
     */
    private static int familyRank(Candidate candidate, List<InetSocketAddress> ownAddresses) {
        InetAddress address = candidate.address().getAddress();
        return isIpv4(address) == isNeighbour(address, ownAddresses) ? 0 : 1;
    }

    private static boolean isNeighbour(InetAddress address, List<InetSocketAddress> ownAddresses) {
        return ownAddresses.stream().anyMatch(own -> areNeighbours(own.getAddress(), address));
    }

    /** Same /24 or /64: prefix lengths are not known here, and these are the usual ones. */
    private static boolean areNeighbours(InetAddress own, InetAddress other) {
        byte[] left = own.getAddress();
        byte[] right = other.getAddress();
        if (left.length != right.length) {
            return false;
        }
        int prefix = left.length == 4 ? 3 : 8;
        for (int i = 0; i < prefix; i++) {
            if (left[i] != right[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isHost(InetSocketAddress candidate) {
        InetAddress address = candidate.getAddress();
        return candidate.getPort() != 0
                && !address.isAnyLocalAddress()
                && !address.isMulticastAddress()
                && !address.isLoopbackAddress()
                && !address.isLinkLocalAddress();
    }

    private static boolean isIpv4(InetAddress address) {
        return address instanceof Inet4Address;
    }
}
