package io.cyphonic.signaling.node;

import static io.cyphonic.signaling.node.NmsFixture.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.config.SocketAddresses;
import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.registry.NodeRecord.Registration;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetSocketAddress;
import java.util.Arrays;

class RouteDeciderTest {
    /** A node is written: observed IPv4 | observed IPv6 | local addresses. */
    @ParameterizedTest(name = "{0} to {1}: {2}")
    @CsvSource({
        // public to public
        "192.0.2.1:1||192.0.2.1:1,              192.0.2.2:1||192.0.2.2:1,               DIRECT",
        // behind NAT to public
        "192.0.2.1:1||10.0.0.1:1,               192.0.2.2:1||192.0.2.2:1,               DIRECT",
        // public to behind NAT
        "192.0.2.1:1||192.0.2.1:1,              192.0.2.2:1||10.0.0.1:1,                HOLE_PUNCH",
        // each behind a NAT of its own
        "192.0.2.1:1||10.0.0.1:1,               192.0.2.2:1||10.0.0.1:1,                HOLE_PUNCH",
        // both behind the same NAT
        "192.0.2.1:1||10.0.0.1:1,               192.0.2.1:2||10.0.0.2:1,                DIRECT",
        // a responder that names no local address may be behind NAT
        "192.0.2.1:1||,                         192.0.2.2:1||,                          HOLE_PUNCH",
        // IPv4 only to IPv6 only
        "192.0.2.1:1||192.0.2.1:1,              |[2001:db8::2]:1|[2001:db8::2]:1,       RELAY",
        // dual stack to single stack: the common family serves
        "192.0.2.1:1|[2001:db8::1]:1|192.0.2.1:1 [2001:db8::1]:1, 192.0.2.2:1||192.0.2.2:1, DIRECT",
        "192.0.2.1:1|[2001:db8::1]:1|192.0.2.1:1 [2001:db8::1]:1, |[2001:db8::2]:1|[2001:db8::2]:1,"
                + " DIRECT",
        // both dual stack, IPv4 behind NAT, IPv6 not: IPv6 serves
        "192.0.2.1:1|[2001:db8::1]:1|10.0.0.1:1 [2001:db8::1]:1,"
                + " 192.0.2.2:1|[2001:db8::2]:1|10.0.0.2:1 [2001:db8::2]:1, DIRECT",
        // seen in different families, but both have local addresses of one
        "192.0.2.1:1||192.0.2.1:1 [fd00::1]:1,  |[2001:db8::2]:1|[fd00::2]:1,           DIRECT",
    })
    void shouldChooseTheMostDirectProcedureThatCanWork(
            String initiator, String responder, Procedure expected) {
        assertThat(RouteDecider.decide(registration(initiator), registration(responder)))
                .isEqualTo(expected);
    }

    private static Registration registration(String text) {
        String[] parts = text.split("\\|", -1);
        return new Registration(
                1,
                1,
                address(parts[0]),
                address(parts[1]),
                Arrays.stream(parts[2].split(" "))
                        .filter(part -> !part.isEmpty())
                        .map(part -> local(part))
                        .toList(),
                0);
    }

    private static InetSocketAddress address(String text) {
        return text.isEmpty() ? null : SocketAddresses.parse(text);
    }
}
