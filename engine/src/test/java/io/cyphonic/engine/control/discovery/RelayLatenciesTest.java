package io.cyphonic.engine.control.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.VirtualRuntime;
import io.cyphonic.engine.fixtures.VirtualTime;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.RelayRoundTrip;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.stun.StunOrigins;
import io.cyphonic.signaling.stun.StunResponder;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

class RelayLatenciesTest {
    private static final InetSocketAddress OWN = address("192.0.2.1", 7000);
    private static final InetSocketAddress NEAR = address("203.0.113.1", 7448);
    private static final InetSocketAddress FAR = address("203.0.113.2", 7448);

    private final VirtualTime time = new VirtualTime();
    private final VirtualRuntime runtime = new VirtualRuntime(time, 3, "node");
    private final Map<Endpoint, Integer> delays = new HashMap<>();
    private final StunClient client = new StunClient(runtime, this::send);
    private List<RelayServer> relays =
            List.of(new RelayServer(1, NEAR, null, 0), new RelayServer(2, FAR, null, 0));
    private int changes;
    private int sent;
    private final RelayLatencies latencies =
            new RelayLatencies(runtime, client, () -> relays, () -> changes++);

    private static InetSocketAddress address(String host, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(host), port);
    }

    private boolean send(byte[] datagram, int length, Endpoint to) {
        sent++;
        Integer millis = delays.get(to);
        if (millis != null) {
            byte[] answer =
                    StunResponder.answer(
                                    datagram, length, OWN, StunOrigins.alone(to.toSocketAddress()))
                            .datagram();
            time.after(millis * 1_000_000L, () -> client.onDatagram(answer, to));
        }
        return true;
    }

    private void run(int seconds) {
        for (int i = 0; i < 2 * seconds; i++) {
            latencies.tick();
            time.advance(Duration.ofMillis(500));
        }
    }

    @Test
    void shouldTellHowFarEachRelayIs() {
        delays.put(Endpoint.of(NEAR), 5);

        run(20);

        assertThat(latencies.roundTrips())
                .containsExactly(
                        new RelayRoundTrip(1, 5),
                        new RelayRoundTrip(2, RelayRoundTrip.UNREACHABLE));
        assertThat(changes).isEqualTo(2);
    }

    @Test
    void shouldSpeakUpOnlyWhenItMatters() {
        delays.put(Endpoint.of(NEAR), 5);
        delays.put(Endpoint.of(FAR), 90);
        run(10);
        delays.put(Endpoint.of(NEAR), 8);
        run(60);
        assertThat(changes).isEqualTo(2);

        delays.put(Endpoint.of(NEAR), 60);
        run(60);

        assertThat(changes).isEqualTo(3);
        assertThat(latencies.roundTrips().getFirst()).isEqualTo(new RelayRoundTrip(1, 60));
    }

    @Test
    void shouldNotMeasureWhenThereIsNoChoice() {
        relays = relays.subList(0, 1);

        run(120);

        assertThat(sent).isZero();
        assertThat(latencies.roundTrips()).isEmpty();
    }
}
