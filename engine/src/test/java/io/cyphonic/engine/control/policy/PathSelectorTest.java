package io.cyphonic.engine.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import org.junit.jupiter.api.Test;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

class PathSelectorTest {
    private static final List<InetSocketAddress> BOTH_FAMILIES =
            List.of(at("192.0.2.7"), at("2001:db8:1::7"));

    private static InetSocketAddress at(String address) {
        return new InetSocketAddress(address, 7000);
    }

    private static Candidate candidate(String address, CandidateKind kind) {
        return new Candidate(at(address), kind);
    }

    @Test
    void shouldTryNeighboursFirstAndRelaysLastWhenThereAreMany() {
        List<Candidate> candidates =
                List.of(
                        candidate("203.0.113.1", CandidateKind.RELAY),
                        candidate("203.0.113.2", CandidateKind.STUN),
                        candidate("203.0.113.3", CandidateKind.OBSERVED),
                        candidate("10.1.1.1", CandidateKind.LOCAL),
                        candidate("2001:db8:2::1", CandidateKind.LOCAL),
                        candidate("192.0.2.9", CandidateKind.LOCAL));

        assertThat(PathSelector.order(candidates, BOTH_FAMILIES))
                .containsExactly(
                        at("192.0.2.9"),
                        at("2001:db8:2::1"),
                        at("203.0.113.3"),
                        at("203.0.113.2"),
                        at("10.1.1.1"),
                        at("203.0.113.1"));
    }

    @Test
    void shouldPreferIpv4BetweenNeighboursAndIpv6ElsewhereWhenThereAreBoth() {
        List<Candidate> candidates =
                List.of(
                        candidate("203.0.113.3", CandidateKind.LOCAL),
                        candidate("2001:db8:2::1", CandidateKind.LOCAL),
                        candidate("2001:db8:1::9", CandidateKind.LOCAL),
                        candidate("192.0.2.9", CandidateKind.LOCAL));

        assertThat(PathSelector.order(candidates, BOTH_FAMILIES))
                .containsExactly(
                        at("192.0.2.9"),
                        at("2001:db8:1::9"),
                        at("2001:db8:2::1"),
                        at("203.0.113.3"));
    }

    @Test
    void shouldLeaveOutAFamilyWhenThisNodeHasNoneOfIt() {
        List<Candidate> candidates =
                List.of(
                        candidate("2001:db8:2::1", CandidateKind.LOCAL),
                        candidate("203.0.113.3", CandidateKind.OBSERVED));

        assertThat(PathSelector.order(candidates, List.of(at("192.0.2.7"))))
                .containsExactly(at("203.0.113.3"));
        assertThat(PathSelector.order(candidates, List.of(at("2001:db8:1::7"))))
                .containsExactly(at("2001:db8:2::1"));
    }

    @Test
    void shouldLeaveOutWhatIsNoHostWhenSomebodyNamesIt() {
        List<Candidate> candidates =
                List.of(
                        candidate("127.0.0.1", CandidateKind.LOCAL),
                        candidate("0.0.0.0", CandidateKind.LOCAL),
                        candidate("224.0.0.1", CandidateKind.LOCAL),
                        candidate("fe80::1", CandidateKind.LOCAL),
                        new Candidate(
                                new InetSocketAddress("203.0.113.3", 0), CandidateKind.OBSERVED));

        assertThat(PathSelector.order(candidates, BOTH_FAMILIES)).isEmpty();
    }

    @Test
    void shouldTryEachAddressOnceAndNotTooManyWhenTheListIsLong() {
        List<Candidate> candidates = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            candidates.add(candidate("203.0.113." + i, CandidateKind.LOCAL));
            candidates.add(candidate("203.0.113." + i, CandidateKind.OBSERVED));
        }

        assertThat(PathSelector.order(candidates, BOTH_FAMILIES))
                .hasSize(PathSelector.MAX_PATHS)
                .doesNotHaveDuplicates();
    }
}
