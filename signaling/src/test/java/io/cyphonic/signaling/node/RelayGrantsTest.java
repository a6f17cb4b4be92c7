package io.cyphonic.signaling.node;

import static io.cyphonic.signaling.node.NmsFixture.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.config.SocketAddresses;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.protocol.ControlMessage.DirectionRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionConfirmation;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToInitiator;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToResponder;
import io.cyphonic.signaling.protocol.RelayGrant;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.RelayRoundTrip;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;

class RelayGrantsTest {
    private static final byte[] SECRET = new byte[RelayKeys.SECRET_LENGTH];
    private static final RelayServer NEAR =
            new RelayServer(1, SocketAddresses.parse("192.0.2.1:7448"), null, 443);
    private static final RelayServer FAR =
            new RelayServer(2, SocketAddresses.parse("192.0.2.2:7448"), null, 0);

    private final RelayGrants grants = new RelayGrants(List.of(NEAR, FAR), SECRET, 125_000);
    private final NmsFixture fixture = new NmsFixture(grants);
    private final NmsFixture.Node alice =
            fixture.node("alice").at("198.51.100.7:40000").registered(local("10.1.0.7:7000"));
    private final NmsFixture.Node bob =
            fixture.node("bob").at("[2001:db8::8]:7000").registered(local("[2001:db8::8]:7000"));

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldGrantBothEndsAChannelOfTheSameRelay() {
        RouteDirectionToResponder toBob = request();
        RouteDirectionToInitiator toAlice = confirm(toBob);

        assertThat(toBob.procedure()).isEqualTo(Procedure.RELAY);
        assertThat(toAlice.procedure()).isEqualTo(Procedure.RELAY);
        assertGrant(toBob.relayGrant(), toBob, RelayHeader.RESPONDER);
        assertGrant(toAlice.relayGrant(), toBob, RelayHeader.INITIATOR);
        assertThat(toAlice.relayGrant().channelKey()).isNotEqualTo(toBob.relayGrant().channelKey());
    }

    @Test
    void shouldChooseTheRelayWithTheSmallestSumOfRoundTrips() {
        assertThat(chosen()).isEqualTo(NEAR.id());
        measure(alice, new RelayRoundTrip(1, 90), new RelayRoundTrip(2, 10));
        assertThat(chosen()).isEqualTo(FAR.id());
        measure(bob, new RelayRoundTrip(1, 10), new RelayRoundTrip(2, 91));
        assertThat(chosen()).isEqualTo(NEAR.id());
        measure(bob, new RelayRoundTrip(1, RelayRoundTrip.UNREACHABLE));
        assertThat(chosen()).isEqualTo(FAR.id());
        measure(
                alice,
                new RelayRoundTrip(1, RelayRoundTrip.UNREACHABLE),
                new RelayRoundTrip(2, RelayRoundTrip.UNREACHABLE));
        assertThat(chosen()).as("some relay, if none answered").isNotEqualTo(RelayGrants.NONE);
    }

    @Test
    void shouldGrantBothEndsTheSameTimeWhenTheConfirmationComesLater() {
        RouteDirectionToResponder toBob = request();
        fixture.nowMillis += 700;

        RouteDirectionToInitiator toAlice = confirm(toBob);

        assertThat(toAlice.relayGrant().expiryMillis())
                .isEqualTo(toBob.relayGrant().expiryMillis());
    }

    @Test
    void shouldGrantBothEndsTheSameTimeWhenTheRequestCameTwice() {
        fixture.nowMillis = beginOfSpan() + Directions.SPAN_MILLIS;
        RouteDirectionToResponder toBob = request();
        fixture.nowMillis += Directions.SPAN_MILLIS - 1;
        RouteDirectionToResponder again = request();
        assertThat(again.pathId()).isEqualTo(toBob.pathId());

        RouteDirectionToInitiator toAlice = confirm(again);

        assertThat(toAlice.relayGrant().expiryMillis())
                .isEqualTo(toBob.relayGrant().expiryMillis());
    }

    private long beginOfSpan() {
        return fixture.nowMillis - fixture.nowMillis % Directions.SPAN_MILLIS;
    }

    @Test
    void shouldNotGrantARevokedNodeAnything() {
        RouteDirectionToResponder toBob = request();
        fixture.registry.revoke(bob.fqdn);

        assertThat(bob.send(confirmation(toBob))).isEmpty();
        RouteDirectionToInitiator refused =
                alice.ask(new DirectionRequest(8, bob.fqdn, null), RouteDirectionToInitiator.class);
        assertThat(refused.status()).isEqualTo(Status.FORBIDDEN);
        assertThat(refused.relayGrant()).isNull();
        RouteDirectionToInitiator own =
                bob.ask(new DirectionRequest(9, alice.fqdn, null), RouteDirectionToInitiator.class);
        assertThat(own.status()).isEqualTo(Status.FORBIDDEN);
        assertThat(own.relayGrant()).isNull();
    }

    private void assertGrant(RelayGrant grant, RouteDirectionToResponder path, int side) {
        assertThat(grant.relay()).isEqualTo(NEAR);
        assertThat(grant.side()).isEqualTo(side);
        assertThat(grant.limit()).isEqualTo(125_000);
        assertThat(grant.expiryMillis()).isEqualTo(beginOfSpan() + RelayGrants.LIFE.toMillis());
        assertThat(grant.channelKey())
                .isEqualTo(
                        RelayKeys.channelKey(
                                SECRET,
                                NEAR.id(),
                                path.pathId(),
                                side,
                                side == RelayHeader.INITIATOR ? alice.id : bob.id,
                                grant.expiryMillis(),
                                grant.limit()));
        assertThat(grant.toString()).doesNotContain("channelKey");
    }

    private int chosen() {
        return request().relayGrant().relay().id();
    }

    private void measure(NmsFixture.Node node, RelayRoundTrip... roundTrips) {
        assertThat(
                        node.ask(
                                        new RegistrationRequest(
                                                3, List.of(), List.of(roundTrips), null, 0),
                                        RegistrationResponse.class)
                                .status())
                .isEqualTo(Status.OK);
    }

    private RouteDirectionToResponder request() {
        return bob.only(
                alice.send(new DirectionRequest(42, bob.fqdn, null)),
                RouteDirectionToResponder.class);
    }

    private static RouteDirectionConfirmation confirmation(RouteDirectionToResponder direction) {
        return new RouteDirectionConfirmation(
                direction.transactionId(), direction.pathId(), Status.OK, direction.sealedState());
    }

    private RouteDirectionToInitiator confirm(RouteDirectionToResponder direction) {
        return alice.only(bob.send(confirmation(direction)), RouteDirectionToInitiator.class);
    }
}
