package io.cyphonic.signaling.node;

import static io.cyphonic.signaling.node.NmsFixture.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.config.SocketAddresses;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.ControlMessage.DirectionRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionConfirmation;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToInitiator;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToResponder;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;

class DirectionsTest {
    private final NmsFixture fixture = new NmsFixture();
    private NmsFixture.Node alice;
    private NmsFixture.Node bob;

    @BeforeEach
    void register() {
        alice = fixture.node("alice").at("198.51.100.7:40000").registered(local("10.1.0.7:7000"));
        bob = fixture.node("bob").at("203.0.113.8:7000").registered(local("203.0.113.8:7000"));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldLeadTheInitiatorToTheResponder() {
        RouteDirectionToResponder toBob = request(new DirectionRequest(42, bob.fqdn, null));

        RouteDirectionToInitiator toAlice = confirm(toBob, Status.OK);

        assertThat(toBob.transactionId()).isEqualTo(42);
        assertThat(toBob.initiatorId()).isEqualTo(alice.id);
        assertThat(toBob.fqdn()).isEqualTo(alice.fqdn);
        assertThat(toBob.procedure()).isEqualTo(Procedure.DIRECT);
        assertThat(toBob.candidates())
                .containsExactly(
                        local("10.1.0.7:7000"),
                        new Candidate(alice.address, CandidateKind.OBSERVED));
        assertThat(toAlice.status()).isEqualTo(Status.OK);
        assertThat(toAlice.transactionId()).isEqualTo(42);
        assertThat(toAlice.pathId()).isEqualTo(toBob.pathId()).isNotEqualTo(Id128.NONE);
        assertThat(toAlice.responderId()).isEqualTo(bob.id);
        assertThat(toAlice.fqdn()).isEqualTo(bob.fqdn);
        assertThat(toAlice.virtualIpv4())
                .isEqualTo(fixture.registry.findById(bob.id).orElseThrow().virtualIpv4());
        assertThat(toAlice.candidates()).containsExactly(local("203.0.113.8:7000"));
        assertThat(toAlice.certificate()).hasSize(600).containsOnly((byte) 'b');
    }

    @Test
    void shouldFindThePeerByEitherVirtualAddress() {
        var record = fixture.registry.findById(bob.id).orElseThrow();

        assertThat(request(new DirectionRequest(1, "", record.virtualIpv4())).fqdn())
                .isEqualTo(alice.fqdn);
        assertThat(request(new DirectionRequest(2, "", record.virtualIpv6())).fqdn())
                .isEqualTo(alice.fqdn);
    }

    @Test
    void shouldTellTheResponderAtBothAddressesWhenItRegisteredOverBothFamilies() {
        bob.at("[2001:db8::8]:7000").registered();

        assertThat(alice.send(new DirectionRequest(1, bob.fqdn, null)))
                .extracting(Reply::destination)
                .containsExactlyInAnyOrder(
                        SocketAddresses.parse("203.0.113.8:7000"),
                        SocketAddresses.parse("[2001:db8::8]:7000"));
    }

    @Test
    void shouldNameTheSamePathWhenARequestIsRepeated() {
        Id128 first = request(new DirectionRequest(42, bob.fqdn, null)).pathId();

        assertThat(request(new DirectionRequest(42, bob.fqdn, null)).pathId()).isEqualTo(first);
        assertThat(request(new DirectionRequest(43, bob.fqdn, null)).pathId()).isNotEqualTo(first);
    }

    @Test
    void shouldSayWhyThereIsNoWay() {
        NmsFixture.Node offline = fixture.node("offline");
        NmsFixture.Node revoked = fixture.node("revoked").at("198.51.100.9:40000").registered();
        fixture.registry.revoke(revoked.fqdn);
        NmsFixture.Node otherFamily = fixture.node("six").at("[2001:db8::9]:7000").registered();

        assertThat(refusal("nobody.example.internal")).isEqualTo(Status.PEER_UNKNOWN);
        assertThat(refusal("")).isEqualTo(Status.PEER_UNKNOWN);
        assertThat(refusal(alice.fqdn)).isEqualTo(Status.PEER_UNKNOWN);
        assertThat(refusal(offline.fqdn)).isEqualTo(Status.PEER_OFFLINE);
        assertThat(refusal(revoked.fqdn)).isEqualTo(Status.FORBIDDEN);
        assertThat(refusal(otherFamily.fqdn)).isEqualTo(Status.UNAVAILABLE);
    }

    @Test
    void shouldCallAPeerOfflineWhenItsLoginHasEnded() {
        fixture.nowMillis += Duration.ofHours(13).toMillis();
        alice.login();
        alice.registered();

        assertThat(refusal(bob.fqdn)).isEqualTo(Status.PEER_OFFLINE);
    }

    @Test
    void shouldAskTheInitiatorToRegisterWhenItIsNotWhereItRegistered() {
        alice.at("198.51.100.7:40001");

        assertThat(refusal(bob.fqdn)).isEqualTo(Status.NOT_REGISTERED);
    }

    @Test
    void shouldPassOnARefusalOfTheResponder() {
        RouteDirectionToResponder toBob = request(new DirectionRequest(42, bob.fqdn, null));

        RouteDirectionToInitiator toAlice = confirm(toBob, Status.FORBIDDEN);

        assertThat(toAlice.status()).isEqualTo(Status.FORBIDDEN);
        assertThat(toAlice.transactionId()).isEqualTo(42);
        assertThat(toAlice.certificate()).isEmpty();
    }

    @Test
    void shouldAnswerEveryCopyOfAConfirmation() {
        RouteDirectionToResponder toBob = request(new DirectionRequest(42, bob.fqdn, null));

        RouteDirectionToInitiator first = confirm(toBob, Status.OK);
        RouteDirectionToInitiator second = confirm(toBob, Status.OK);

        assertThat(second.pathId()).isEqualTo(first.pathId());
    }

    @Test
    void shouldRejectASealedStateThatWasAlteredOrIsOfAnotherDirection() {
        RouteDirectionToResponder toBob = request(new DirectionRequest(42, bob.fqdn, null));
        RouteDirectionToResponder other = request(new DirectionRequest(43, bob.fqdn, null));
        for (int i = 0; i < toBob.sealedState().length; i++) {
            byte[] altered = toBob.sealedState().clone();
            altered[i] ^= 0x10;
            assertRejected(bob, confirmation(42, toBob.pathId(), altered));
        }
        assertRejected(bob, confirmation(42, toBob.pathId(), new byte[0]));
        assertRejected(bob, confirmation(43, toBob.pathId(), toBob.sealedState()));
        assertRejected(bob, confirmation(42, other.pathId(), toBob.sealedState()));
        assertRejected(alice, confirmation(42, toBob.pathId(), toBob.sealedState()));
    }

    @Test
    void shouldRejectALateConfirmation() {
        RouteDirectionToResponder toBob = request(new DirectionRequest(42, bob.fqdn, null));
        fixture.nowMillis += Directions.CONFIRMATION_LIFE_MILLIS;

        assertRejected(bob, confirmation(42, toBob.pathId(), toBob.sealedState()));
    }

    @Test
    void shouldNotLeadARevokedInitiatorToItsPeer() {
        RouteDirectionToResponder toBob = request(new DirectionRequest(42, bob.fqdn, null));
        fixture.registry.revoke(alice.fqdn);

        assertThat(bob.send(confirmation(42, toBob.pathId(), toBob.sealedState()))).isEmpty();

        assertThat(fixture.counters.get(NmsCounter.CONFIRMATION_OBSOLETE)).isEqualTo(1);
    }

    @Test
    void shouldLeaveOutCandidatesWhenTheDatagramWouldBeTooLong() {
        byte[] longest = new byte[1000];
        fixture.registry.storeCertificate(bob.id, longest);
        Candidate[] many = new Candidate[8];
        for (int i = 0; i < many.length; i++) {
            many[i] = local("203.0.113." + (100 + i) + ":7000");
        }
        bob.registered(many);

        RouteDirectionToInitiator toAlice =
                confirm(request(new DirectionRequest(1, bob.fqdn, null)), Status.OK);

        assertThat(toAlice.certificate()).hasSize(1000);
        assertThat(toAlice.candidates()).isNotEmpty().hasSizeLessThan(8);
    }

    private RouteDirectionToResponder request(DirectionRequest request) {
        List<Reply> replies = alice.send(request);
        return bob.only(replies, RouteDirectionToResponder.class);
    }

    private RouteDirectionToInitiator confirm(RouteDirectionToResponder direction, Status status) {
        List<Reply> replies =
                bob.send(
                        new RouteDirectionConfirmation(
                                direction.transactionId(),
                                direction.pathId(),
                                status,
                                direction.sealedState()));
        return alice.only(replies, RouteDirectionToInitiator.class);
    }

    private static RouteDirectionConfirmation confirmation(
            long transactionId, Id128 pathId, byte[] sealedState) {
        return new RouteDirectionConfirmation(transactionId, pathId, Status.OK, sealedState);
    }

    private void assertRejected(NmsFixture.Node from, RouteDirectionConfirmation confirmation) {
        long before = fixture.counters.get(NmsCounter.STATE_REJECTED);
        assertThat(from.send(confirmation)).isEmpty();
        assertThat(fixture.counters.get(NmsCounter.STATE_REJECTED)).isEqualTo(before + 1);
    }

    private Status refusal(String fqdn) {
        return alice.ask(new DirectionRequest(1, fqdn, null), RouteDirectionToInitiator.class)
                .status();
    }
}
