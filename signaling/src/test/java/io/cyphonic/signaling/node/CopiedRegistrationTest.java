package io.cyphonic.signaling.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.config.SocketAddresses;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.ControlMessage.DirectionRequest;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAlive;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAliveAck;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToResponder;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.InetSocketAddress;
import java.util.List;

/** Somebody on the way copies what a node sends to the cloud, and his copy is there first. */
class CopiedRegistrationTest {
    private static final String HOME = "198.51.100.7:40000";
    private static final String ELSEWHERE = "198.51.100.9:41000";
    private static final String COPIER = "192.0.2.66:6666";
    private static final String BOB = "203.0.113.8:7000";

    private final NmsFixture fixture = new NmsFixture();
    private NmsFixture.Node alice;
    private NmsFixture.Node bob;

    @BeforeEach
    void nodes() {
        alice = fixture.node("alice").at(HOME);
        bob = fixture.node("bob").at(BOB).registered();
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldNameTheNodeAndNotTheCopierWhenEveryRegistrationIsCopied() {
        RegistrationResponse answer = copiedFirst(new RegistrationRequest(1, List.of()), HOME);
        copiedFirst(NmsFixture.Node.confirmation(answer), HOME);

        assertThat(named()).contains(candidate(HOME, CandidateKind.OBSERVED));
        assertThat(named()).doesNotContain(candidate(COPIER, CandidateKind.OBSERVED));
        assertThat(keepAlive(HOME)).isEqualTo(Status.OK);
        assertThat(keepAlive(COPIER)).isNotEqualTo(Status.OK);
    }

    @Test
    void shouldKeepTheConfirmedAddressWhenALaterRegistrationIsCopied() {
        alice.registered();

        RegistrationResponse answer = copiedFirst(new RegistrationRequest(1, List.of()), HOME);

        assertThat(answer.status()).isEqualTo(Status.OK);
        assertThat(named())
                .containsExactly(
                        candidate(HOME, CandidateKind.OBSERVED),
                        candidate(COPIER, CandidateKind.UNCONFIRMED));
    }

    @Test
    void shouldKeepTheConfirmedAddressWhenTheFirstRegistrationOfANewLoginIsCopied() {
        alice.registered();
        alice.login();

        copiedFirst(new RegistrationRequest(1, List.of()), HOME);

        assertThat(named())
                .containsExactly(
                        candidate(HOME, CandidateKind.OBSERVED),
                        candidate(COPIER, CandidateKind.UNCONFIRMED));
    }

    @Test
    void shouldNameBothAddressesAtOnceWhenANodeHasMoved() {
        alice.registered();

        RegistrationResponse moved =
                alice.at(ELSEWHERE)
                        .ask(new RegistrationRequest(1, List.of()), RegistrationResponse.class);

        assertThat(moved.status()).isEqualTo(Status.OK);
        assertThat(named())
                .containsExactly(
                        candidate(HOME, CandidateKind.OBSERVED),
                        candidate(ELSEWHERE, CandidateKind.UNCONFIRMED));
        alice.at(ELSEWHERE).ask(NmsFixture.Node.confirmation(moved), RegistrationResponse.class);
        assertThat(namedTo(ELSEWHERE))
                .containsExactly(candidate(ELSEWHERE, CandidateKind.OBSERVED));
    }

    @Test
    void shouldSendADirectionToEveryPlaceWhereTheNodeMayBe() {
        alice.registered();
        copiedFirst(new RegistrationRequest(1, List.of()), HOME);

        assertThat(bob.at(BOB).send(new DirectionRequest(7, alice.fqdn, null)))
                .extracting(Reply::destination)
                .containsExactly(address(HOME), address(COPIER));
    }

    @Test
    void shouldNotConfirmAnAddressWithoutTheProofThatWasSentThere() {
        alice.registered();
        RegistrationResponse answer =
                alice.at(HOME)
                        .ask(new RegistrationRequest(1, List.of()), RegistrationResponse.class);

        alice.ask(
                new RegistrationRequest(
                        2, List.of(), List.of(), address("192.0.2.99:53"), answer.proof()),
                RegistrationResponse.class);

        assertThat(named()).containsExactly(candidate(HOME, CandidateKind.OBSERVED));
        long another =
                bob.at(HOME)
                        .ask(new RegistrationRequest(3, List.of()), RegistrationResponse.class)
                        .proof();
        assertThat(another).as("of another node at the same address").isNotEqualTo(answer.proof());
    }

    @Test
    void shouldNotFillTheLogNorShutTheNodeOutWhenRegistrationsArePlayedBackFromManyPlaces() {
        byte[] ofAFormerLogin = alice.seal(new RegistrationRequest(1, List.of()));
        alice.deliver(ofAFormerLogin);
        alice.login();
        alice.registered();
        byte[] first = alice.seal(new RegistrationRequest(2, List.of()));
        byte[] newest = alice.seal(new RegistrationRequest(3, List.of()));
        alice.deliver(first);
        alice.deliver(newest);

        for (int port = 1; port <= 200; port++) {
            for (byte[] old : List.of(ofAFormerLogin, first, newest)) {
                alice.at("192.0.2.66:" + port).deliver(old);
            }
        }

        assertThat(fixture.counters.get(NmsCounter.REGISTRATION_LIMITED)).isZero();
        assertThat(named())
                .containsExactly(
                        candidate(HOME, CandidateKind.OBSERVED),
                        candidate("192.0.2.66:1", CandidateKind.UNCONFIRMED));
        alice.at(HOME).registered();
        assertThat(named()).containsExactly(candidate(HOME, CandidateKind.OBSERVED));
    }

    /** The copier's datagram is there before the node's own, and so is that of the answer. */
    private RegistrationResponse copiedFirst(RegistrationRequest request, String home) {
        byte[] datagram = alice.seal(request);
        alice.at(COPIER).deliver(datagram);
        return alice.at(home).only(alice.deliver(datagram), RegistrationResponse.class);
    }

    private List<Candidate> named() {
        return namedTo(HOME);
    }

    /** What a peer is told of the node, which asks for it from one of its addresses. */
    private List<Candidate> namedTo(String asking) {
        List<Reply> replies = alice.at(asking).send(new DirectionRequest(42, bob.fqdn, null));
        return bob.at(BOB).only(replies, RouteDirectionToResponder.class).candidates();
    }

    private Status keepAlive(String from) {
        return alice.at(from).ask(new KeepAlive(1), KeepAliveAck.class).status();
    }

    private static Candidate candidate(String literal, CandidateKind kind) {
        return new Candidate(address(literal), kind);
    }

    private static InetSocketAddress address(String literal) {
        return SocketAddresses.parse(literal);
    }
}
