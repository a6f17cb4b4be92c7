package io.cyphonic.engine.control.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.gateway.PortMapper.Mapping;
import io.cyphonic.engine.control.gateway.PortMapper.Survey;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

class PortMapperTest {
    private static final int PORT = 40123;

    private final FakeGateway gateway = new FakeGateway();
    private GatewayRoute route = FakeGateway.ROUTE;
    private int changes;
    private final PortMapper mapper =
            new PortMapper(
                    () -> Optional.ofNullable(route),
                    _ -> gateway,
                    PORT,
                    address -> address.getHostAddress().startsWith("10.121."),
                    new SecureRandom(),
                    () -> TimeUnit.SECONDS.toNanos(gateway.nowSeconds),
                    () -> changes++);

    private void speak(String protocol) {
        gateway.pcp = protocol.equals("PCP");
        gateway.natPmp = !protocol.equals("UPnP");
        gateway.upnp = true;
    }

    /** Runs as the thread does, for so long. */
    private void run(long seconds) {
        long end = gateway.nowSeconds + seconds;
        while (gateway.nowSeconds <= end) {
            gateway.nowSeconds += TimeUnit.NANOSECONDS.toSeconds(mapper.step());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PCP", "NAT-PMP", "UPnP"})
    void shouldMapByTheBestProtocolAndGiveBack(String protocol) {
        speak(protocol);

        mapper.step();

        InetSocketAddress external = new InetSocketAddress(gateway.external, PORT);
        assertThat(mapper.mapping()).contains(new Mapping(protocol, external, FakeGateway.ADDRESS));
        assertThat(mapper.candidates())
                .containsExactly(new Candidate(external, CandidateKind.PORT_MAPPING));
        assertThat(gateway.mappings).containsEntry(PORT, PORT);
        assertThat(changes).isEqualTo(1);

        mapper.withdraw();

        assertThat(gateway.mappings).isEmpty();
        assertThat(mapper.mapping()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PCP", "NAT-PMP", "UPnP"})
    void shouldRenewInTime(String protocol) {
        speak(protocol);
        run(60);
        gateway.mappings.clear();

        run(MappingProtocol.LIFETIME_SECONDS / 2 + 120);

        assertThat(gateway.mappings).containsKey(PORT);
        assertThat(changes).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PCP", "NAT-PMP"})
    void shouldMapAgainWhenTheGatewayHasRestarted(String protocol) {
        speak(protocol);
        run(600);

        gateway.restart();
        run(120);

        assertThat(gateway.mappings).containsKey(PORT);
        assertThat(changes).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"NAT-PMP", "UPnP"})
    void shouldTellWhenTheGatewayHasAnotherOuterAddress(String protocol) {
        speak(protocol);
        run(120);

        gateway.external = FakeGateway.ipv4("198.51.100.99");
        run(120);

        assertThat(mapper.mapping().orElseThrow().external().getAddress())
                .isEqualTo(gateway.external);
        assertThat(changes).isEqualTo(2);
    }

    @Test
    void shouldTakeAnotherPortWhenItsOwnIsTaken() {
        speak("UPnP");
        gateway.conflicts = 2;

        mapper.step();

        assertThat(mapper.mapping().orElseThrow().external().getPort()).isNotEqualTo(PORT);
        assertThat(gateway.mappings).containsKey(PORT);
    }

    @Test
    void shouldGoOnToTheNextProtocolWhenOneIsRefused() {
        speak("PCP");
        gateway.pcpResult = 2;

        mapper.step();

        assertThat(mapper.mapping().orElseThrow().protocol()).isEqualTo("NAT-PMP");
    }

    /** One round, and the time until the next. */
    private void runOnce() {
        gateway.nowSeconds += TimeUnit.NANOSECONDS.toSeconds(mapper.step());
    }

    @ParameterizedTest
    @ValueSource(strings = {"PCP", "NAT-PMP", "UPnP"})
    void shouldKeepTheMappingWhenACheckIsNotAnswered(String protocol) {
        speak(protocol);
        run(120);
        Mapping before = mapper.mapping().orElseThrow();

        gateway.silent = true;
        long wait = mapper.step();
        assertThat(mapper.mapping()).contains(before);
        assertThat(TimeUnit.NANOSECONDS.toSeconds(wait)).as("soon").isBetween(2L, 5L);

        gateway.silent = false;
        gateway.nowSeconds += TimeUnit.NANOSECONDS.toSeconds(wait);
        assertThat(mapper.step()).isEqualTo(PortMapper.CHECK_NANOS);
        assertThat(mapper.mapping()).contains(before);
        assertThat(changes).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PCP", "NAT-PMP", "UPnP"})
    void shouldKeepTheMappingWhenARenewalIsNotAnswered(String protocol) {
        speak(protocol);
        runOnce();
        Mapping before = mapper.mapping().orElseThrow();
        gateway.mappings.clear();
        gateway.nowSeconds += MappingProtocol.LIFETIME_SECONDS / 2;

        gateway.silent = true;
        runOnce();
        assertThat(mapper.mapping()).contains(before);

        gateway.silent = false;
        runOnce();
        assertThat(gateway.mappings).as("renewed").containsKey(PORT);
        assertThat(changes).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PCP", "NAT-PMP", "UPnP"})
    void shouldMapAgainWithoutAWordWhenTheGatewayWasSilentBecauseItRestarted(String protocol) {
        speak(protocol);
        run(600);

        gateway.silent = true;
        runOnce();
        runOnce();
        gateway.restart();
        gateway.silent = false;
        runOnce();

        assertThat(gateway.mappings).containsKey(PORT);
        assertThat(changes).isEqualTo(1);
    }

    @Test
    void shouldAskASilentGatewayEverMoreRarelyWhileTheMappingHolds() {
        speak("PCP");
        run(120);

        gateway.silent = true;
        long former = 0;
        int misses = 0;
        while (true) {
            long wait = mapper.step();
            if (mapper.mapping().isEmpty()) {
                break;
            }
            assertThat(wait).isGreaterThan(former);
            former = wait;
            misses++;
            gateway.nowSeconds += TimeUnit.NANOSECONDS.toSeconds(wait);
        }

        assertThat(misses).isBetween(3, 6);
        assertThat(changes).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PCP", "NAT-PMP"})
    void shouldGiveTheMappingUpWhenItsLifetimeEndsUnrenewed(String protocol) {
        speak(protocol);
        gateway.lifetimeSeconds = 40;
        long end = gateway.nowSeconds + gateway.lifetimeSeconds;
        runOnce();

        gateway.silent = true;
        while (gateway.nowSeconds < end) {
            runOnce();
            assertThat(mapper.mapping()).isPresent();
        }
        assertThat(gateway.nowSeconds).isEqualTo(end);
        runOnce();

        assertThat(mapper.mapping()).isEmpty();
        assertThat(changes).isEqualTo(2);
    }

    @Test
    void shouldRenewInTimeWhenTheLifetimeIsShorterThanTheTimeBetweenChecks() {
        speak("PCP");
        gateway.lifetimeSeconds = 40;

        runOnce();
        assertThat(gateway.nowSeconds).isEqualTo(1020);
        gateway.mappings.clear();
        runOnce();

        assertThat(gateway.mappings).containsKey(PORT);
        assertThat(changes).isEqualTo(1);
    }

    @Test
    void shouldSeekAMappingSoonWhenTheGatewayHadGrantedOneBefore() {
        speak("PCP");
        run(120);
        gateway.silent = true;
        long wait = 0;
        while (mapper.mapping().isPresent()) {
            wait = mapper.step();
        }
        assertThat(TimeUnit.NANOSECONDS.toSeconds(wait)).as("soon").isBetween(2L, 5L);

        gateway.silent = false;
        mapper.step();
        assertThat(mapper.mapping()).isPresent();
    }

    @Test
    void shouldFindTheServiceOfUpnpWhenItHasMovedToAnotherPort() {
        speak("UPnP");
        run(120);

        gateway.restart();
        gateway.upnpServer = new InetSocketAddress(FakeGateway.ADDRESS, 5001);
        run(120);

        assertThat(gateway.mappings).containsKey(PORT);
        assertThat(changes).isEqualTo(1);
    }

    @Test
    void shouldForgetAndComeBackWhenTheGatewayIsSilentForAWhile() {
        speak("PCP");
        run(120);

        gateway.silent = true;
        run(120);
        assertThat(mapper.mapping()).isEmpty();
        assertThat(changes).isEqualTo(2);

        gateway.silent = false;
        run(600);
        assertThat(mapper.mapping()).isPresent();
    }

    @Test
    void shouldAskEverMoreRarelyWhenThereIsNothingToGet() {
        run(24 * 3600);

        // Three protocols in a round; a round every half an hour in the end.
        assertThat(gateway.exchanges).isLessThan(3 * (2 * 24 + 8));
        assertThat(changes).isZero();
    }

    @Test
    void shouldAskNobodyWhenTheOwnAddressIsPublicOrThereIsNoGateway() {
        speak("PCP");
        route = new GatewayRoute(FakeGateway.ADDRESS, "eth0", FakeGateway.ipv4("203.0.113.5"));
        run(600);
        route = null;
        run(600);

        assertThat(gateway.exchanges).isZero();
        assertThat(mapper.survey()).noneMatch(Survey::available);
    }

    @Test
    void shouldForgetWhatAnotherGatewayGranted() {
        speak("PCP");
        run(60);

        route = null;
        mapper.step();

        assertThat(mapper.candidates()).isEmpty();
        assertThat(changes).isEqualTo(2);
    }

    @Test
    void shouldNotTellAnAddressThatCannotBeReached() {
        speak("NAT-PMP");
        for (String useless :
                new String[] {"127.0.0.1", "224.0.0.1", "10.121.0.1", "169.254.1.1"}) {
            gateway.external = FakeGateway.ipv4(useless);
            run(3600);
            assertThat(mapper.candidates()).as(useless).isEmpty();
        }
    }

    @Test
    void shouldFindWhatTheGatewaySpeaks() {
        gateway.pcp = true;
        gateway.natPmp = true;

        assertThat(mapper.survey())
                .containsExactly(
                        new Survey("PCP", true, null),
                        new Survey("NAT-PMP", true, gateway.external),
                        new Survey("UPnP", false, null));
    }
}
