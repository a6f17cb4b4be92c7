package io.cyphonic.engine.control.discovery;

import static io.cyphonic.engine.control.discovery.NatBehaviour.Dependence.ADDRESS_AND_PORT_DEPENDENT;
import static io.cyphonic.engine.control.discovery.NatBehaviour.Dependence.ADDRESS_DEPENDENT;
import static io.cyphonic.engine.control.discovery.NatBehaviour.Dependence.DEPENDENT;
import static io.cyphonic.engine.control.discovery.NatBehaviour.Dependence.ENDPOINT_INDEPENDENT;
import static io.cyphonic.engine.control.discovery.NatBehaviour.Dependence.UNKNOWN;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.discovery.NatBehaviour.Dependence;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;

class BehaviourDiscoveryTest {
    private static final InetSocketAddress A1 = address("203.0.113.1", 7447);
    private static final InetSocketAddress A2 = address("203.0.113.1", 7449);
    private static final InetSocketAddress B1 = address("203.0.113.2", 7447);
    private static final InetSocketAddress B2 = address("203.0.113.2", 7449);
    private static final InetSocketAddress PLAIN = address("203.0.113.77", 3478);

    private static InetSocketAddress address(String host, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(host), port);
    }

    private static NatBehaviour measure(FakeNat nat, InetSocketAddress... servers) {
        return new BehaviourDiscovery(
                        nat, new SecureRandom(), nat::nanoTime, FakeNat.INSIDE::equals)
                .measure(true, List.of(servers));
    }

    @ParameterizedTest
    @CsvSource({
        "ENDPOINT_INDEPENDENT, ENDPOINT_INDEPENDENT, true",
        "ENDPOINT_INDEPENDENT, ADDRESS_DEPENDENT, false",
        "ENDPOINT_INDEPENDENT, ADDRESS_AND_PORT_DEPENDENT, true",
        "ADDRESS_DEPENDENT, ADDRESS_DEPENDENT, false",
        "ADDRESS_AND_PORT_DEPENDENT, ADDRESS_AND_PORT_DEPENDENT, false"
    })
    void shouldNameTheBehaviourWhenTheServerHasTwoAddresses(
            Dependence mapping, Dependence filtering, boolean hairpin) {
        FakeNat nat = new FakeNat(true, mapping, filtering, hairpin);
        nat.serve(List.of(A1, B1), List.of(A2, B2));

        NatBehaviour found = measure(nat, A1);

        assertThat(found.mapping()).isEqualTo(mapping);
        assertThat(found.filtering()).isEqualTo(filtering);
        assertThat(found.hairpin()).isEqualTo(hairpin);
        assertThat(found.translated()).isTrue();
        assertThat(found.portKept()).isFalse();
        assertThat(found.mapped().getAddress()).isEqualTo(FakeNat.OUTSIDE);
        assertThat(found.servers())
                .singleElement()
                .satisfies(server -> assertThat(server.rttMillis()).isPositive());
    }

    @ParameterizedTest
    @CsvSource({
        "ENDPOINT_INDEPENDENT, NOT_PORT_DEPENDENT, ENDPOINT_INDEPENDENT, NOT_PORT_DEPENDENT",
        "ADDRESS_DEPENDENT, NOT_PORT_DEPENDENT, ADDRESS_DEPENDENT, NOT_PORT_DEPENDENT",
        "ADDRESS_AND_PORT_DEPENDENT, ADDRESS_AND_PORT_DEPENDENT, ADDRESS_AND_PORT_DEPENDENT,"
                + " ADDRESS_AND_PORT_DEPENDENT"
    })
    void shouldNotSayMoreThanOneAddressWithTwoPortsShows(
            Dependence mapping, Dependence foundMapping, Dependence filtering, Dependence found) {
        FakeNat nat = new FakeNat(true, mapping, filtering, false);
        nat.serve(List.of(A1), List.of(A2));

        NatBehaviour behaviour = measure(nat, A1);

        assertThat(behaviour.mapping()).isEqualTo(foundMapping);
        assertThat(behaviour.filtering()).isEqualTo(found);
    }

    @Test
    void shouldTellTheMappingFromPlainServersAtSeveralAddresses() {
        FakeNat cone = new FakeNat(true, ENDPOINT_INDEPENDENT, ADDRESS_AND_PORT_DEPENDENT, false);
        cone.serve(List.of(A1, PLAIN), List.of());
        FakeNat symmetric =
                new FakeNat(true, ADDRESS_AND_PORT_DEPENDENT, ADDRESS_AND_PORT_DEPENDENT, false);
        symmetric.serve(List.of(A1, PLAIN), List.of());

        assertThat(measure(cone, A1, PLAIN).mapping()).isEqualTo(ENDPOINT_INDEPENDENT);
        assertThat(measure(symmetric, A1, PLAIN).mapping()).isEqualTo(DEPENDENT);
        assertThat(measure(cone, A1, PLAIN).filtering()).isEqualTo(UNKNOWN);
        assertThat(measure(cone, PLAIN).mapping()).isEqualTo(UNKNOWN);
    }

    @Test
    void shouldSeeAFirewallWithoutTranslation() {
        FakeNat firewall =
                new FakeNat(false, ENDPOINT_INDEPENDENT, ADDRESS_AND_PORT_DEPENDENT, false);
        firewall.serve(List.of(A1, B1), List.of(A2, B2));

        NatBehaviour found = measure(firewall, A1);

        assertThat(found.translated()).isFalse();
        assertThat(found.portKept()).isTrue();
        assertThat(found.filtering()).isEqualTo(ADDRESS_AND_PORT_DEPENDENT);
        assertThat(found.hairpin()).isNull();
    }

    @Test
    void shouldSayNothingWhenNobodyAnswers() {
        FakeNat nat = new FakeNat(true, ENDPOINT_INDEPENDENT, ENDPOINT_INDEPENDENT, true);

        NatBehaviour found = measure(nat, A1, B1);

        assertThat(found.reachable()).isFalse();
        assertThat(found.mapping()).isEqualTo(UNKNOWN);
        assertThat(found.servers()).hasSize(2);
        assertThat(found.servers()).allSatisfy(each -> assertThat(each.mapped()).isNull());
    }

    @Test
    void shouldUseTheServersThatAnswer() {
        FakeNat nat = new FakeNat(true, ENDPOINT_INDEPENDENT, ADDRESS_DEPENDENT, true);
        nat.serve(List.of(A1, B1), List.of(A2, B2));

        NatBehaviour found = measure(nat, PLAIN, A1);

        assertThat(found.mapping()).isEqualTo(ENDPOINT_INDEPENDENT);
        assertThat(found.filtering()).isEqualTo(ADDRESS_DEPENDENT);
    }
}
