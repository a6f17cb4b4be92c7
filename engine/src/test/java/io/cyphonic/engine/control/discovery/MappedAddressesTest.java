package io.cyphonic.engine.control.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.SignalingNetwork;
import io.cyphonic.engine.fixtures.SignalingNetwork.Weather;
import io.cyphonic.engine.fixtures.VirtualRuntime;
import io.cyphonic.engine.fixtures.VirtualTime;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.stun.StunCodec;
import io.cyphonic.signaling.stun.StunMessage;
import io.cyphonic.signaling.stun.StunTransactionId;
import io.cyphonic.signaling.stun.StunType;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

class MappedAddressesTest {
    private static final InetSocketAddress OWN = address("10.1.1.2", 7000);
    private static final InetSocketAddress SERVER = address("203.0.113.9", 3478);
    private static final InetSocketAddress MAPPED = address("198.51.100.7", 40000);

    private final VirtualTime time = new VirtualTime();
    private final SignalingNetwork network = new SignalingNetwork(time, 7);
    private final VirtualRuntime runtime = new VirtualRuntime(time, 7, "node");
    private final Map<String, List<InetAddress>> names = new ConcurrentHashMap<>();
    private final List<List<Candidate>> changes = new ArrayList<>();
    private final StunClient client =
            new StunClient(
                    runtime,
                    (datagram, _, to) -> {
                        network.send(datagram, Endpoint.of(OWN), to);
                        return true;
                    });
    private InetSocketAddress seen = MAPPED;
    private List<InetSocketAddress> local = List.of(OWN);
    private int questions;
    private MappedAddresses mapped;

    private static InetSocketAddress address(String host, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(host), port);
    }

    @BeforeEach
    void start() {
        network.attach(Endpoint.of(OWN), client::onDatagram);
        network.attach(Endpoint.of(SERVER), this::answer);
        use(SERVER);
    }

    private void use(InetSocketAddress... servers) {
        mapped =
                new MappedAddresses(
                        runtime,
                        client,
                        new StunServers(
                                runtime,
                                List.of(servers),
                                name -> names.getOrDefault(name, literal(name))),
                        () -> local,
                        each -> each.getHostAddress().startsWith("10.121."),
                        () -> changes.add(mapped.candidates()));
    }

    private static List<InetAddress> literal(String name) {
        return name.matches("[0-9.]+") ? List.of(InetAddress.ofLiteral(name)) : List.of();
    }

    private void answer(byte[] datagram, Endpoint from) {
        StunMessage request = StunCodec.decode(datagram, datagram.length);
        assertThat(request.type()).isEqualTo(StunType.BINDING_REQUEST);
        questions++;
        if (seen != null) {
            network.send(success(request.id(), seen), Endpoint.of(SERVER), from);
        }
    }

    private static byte[] success(StunTransactionId id, InetSocketAddress mapped) {
        return StunCodec.encode(
                new StunMessage(
                        StunType.BINDING_SUCCESS,
                        id,
                        mapped,
                        null,
                        null,
                        StunMessage.ABSENT,
                        StunMessage.ABSENT,
                        0,
                        List.of(),
                        false));
    }

    private void run(Duration duration) {
        for (long half = 0; half < duration.toMillis() / 500; half++) {
            mapped.tick();
            time.advance(Duration.ofMillis(500));
        }
    }

    @Test
    void shouldKnowTheMappedAddressSoonAndAskAgainBeforeAMappingEnds() {
        run(Duration.ofSeconds(1));

        assertThat(mapped.candidates()).containsExactly(new Candidate(MAPPED, CandidateKind.STUN));
        assertThat(changes).hasSize(1);

        run(Duration.ofSeconds(100));

        assertThat(questions).isEqualTo(5);
        assertThat(changes).hasSize(1);
    }

    @Test
    void shouldTellWhenTheAddressChangesOrVanishes() {
        run(Duration.ofSeconds(1));
        seen = address("198.51.100.8", 41000);
        run(Duration.ofSeconds(30));

        assertThat(changes.getLast()).containsExactly(new Candidate(seen, CandidateKind.STUN));

        seen = null;
        run(Duration.ofSeconds(90));

        assertThat(changes).hasSize(3);
        assertThat(mapped.candidates()).isEmpty();
        assertThat(client.open()).isZero();
    }

    @Test
    void shouldAskAtOnceWhenTheHostHasMoved() {
        run(Duration.ofSeconds(1));
        local = List.of(address("10.2.2.2", 7000));

        run(Duration.ofSeconds(6));

        assertThat(questions).isEqualTo(2);
    }

    @Test
    void shouldFindTheAddressWhenMuchIsLost() {
        network.weather(new Weather(0.5, 0.3, 1, 60));

        run(Duration.ofSeconds(60));

        assertThat(network.lost()).isPositive();
        assertThat(mapped.candidates()).hasSize(1);
    }

    @Test
    void shouldNotNameWhatIsNoNewWayToTheNode() {
        for (String useless :
                List.of("10.1.1.2", "127.0.0.1", "0.0.0.0", "224.0.0.1", "10.121.3.4")) {
            seen = address(useless, 7000);
            run(Duration.ofSeconds(30));
            assertThat(mapped.candidates()).as(useless).isEmpty();
        }
        assertThat(changes).isEmpty();
    }

    @Test
    void shouldResolveNamesAndTryAgainWhenThereIsNoAnswer() {
        use(InetSocketAddress.createUnresolved("stun.example", 3478));
        run(Duration.ofSeconds(20));
        assertThat(questions).isZero();

        names.put("stun.example", List.of(SERVER.getAddress()));
        run(Duration.ofSeconds(20));

        assertThat(mapped.candidates()).hasSize(1);
    }

    @Test
    void shouldBelieveOnlyTheServerItAsked() {
        seen = null;
        network.recording(true);
        run(Duration.ofSeconds(1));
        byte[] request = network.recorded().getFirst().datagram();
        StunTransactionId id = StunCodec.decode(request, request.length).id();
        byte[] forged = success(id, address("203.0.113.66", 1));

        assertThat(client.onDatagram(forged, Endpoint.of(address("203.0.113.9", 3479)))).isFalse();
        assertThat(
                        client.onDatagram(
                                success(new StunTransactionId(1, 2), MAPPED), Endpoint.of(SERVER)))
                .isFalse();
        assertThat(client.onDatagram(request, Endpoint.of(SERVER))).isFalse();
        assertThat(mapped.candidates()).isEmpty();

        assertThat(client.onDatagram(success(id, MAPPED), Endpoint.of(SERVER))).isTrue();
        assertThat(client.onDatagram(success(id, MAPPED), Endpoint.of(SERVER))).isFalse();
        assertThat(mapped.candidates()).hasSize(1);
    }

    @Test
    void shouldSurviveAnyBytesAndStayBounded() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[random.nextInt(100)];
            random.nextBytes(noise);
            assertThat(client.onDatagram(noise, Endpoint.of(SERVER))).as("seed %d", seed).isFalse();
        }
        List<StunClient.Answer> answers = new ArrayList<>();
        for (int i = 0; i < 3 * StunClient.MAX_QUESTIONS; i++) {
            client.ask(SERVER, answers::add);
        }

        assertThat(client.open()).isEqualTo(StunClient.MAX_QUESTIONS);
        time.advance(Duration.ofSeconds(30));
        assertThat(answers).hasSize(3 * StunClient.MAX_QUESTIONS);
        assertThat(client.open()).isZero();
    }
}
