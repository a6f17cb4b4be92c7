package io.cyphonic.signaling.node;

import static io.cyphonic.signaling.node.NmsFixture.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.config.SocketAddresses;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.ControlCipher;
import io.cyphonic.signaling.protocol.ControlMessage.Finalization;
import io.cyphonic.signaling.protocol.ControlMessage.FinalizationAck;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAlive;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAliveAck;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationNotice;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationQuery;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.NodeRecord.Registration;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

class NodeManagementTest {
    private final NmsFixture fixture = new NmsFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldRecordTheObservedAddressWhenANodeRegisters() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000");

        RegistrationResponse response =
                alice.ask(
                        new RegistrationRequest(77, List.of(local("10.0.0.7:7000"))),
                        RegistrationResponse.class);

        assertThat(response.transactionId()).isEqualTo(77);
        assertThat(response.status()).isEqualTo(Status.OK);
        assertThat(response.observed()).isEqualTo(alice.address);
        Registration registration = registration(alice);
        assertThat(registration.observedIpv4()).isEqualTo(alice.address);
        assertThat(registration.observedIpv6()).isNull();
        assertThat(registration.candidates()).containsExactly(local("10.0.0.7:7000"));
    }

    @Test
    void shouldAnswerFromTheAddressTheRequestCameTo() {
        NmsFixture.Node alice = fixture.node("alice").at("[2001:db8::7]:40000");

        List<Reply> replies = alice.send(new KeepAlive(1));

        assertThat(replies).singleElement();
        assertThat(replies.getFirst().source()).isEqualTo(NmsFixture.NMS_IPV6);
    }

    @Test
    void shouldKeepBothFamiliesWhenANodeRegistersOverBothInAnyOrder() {
        NmsFixture.Node alice = fixture.node("alice");
        byte[] overIpv4 = alice.seal(new RegistrationRequest(1, List.of()));
        byte[] overIpv6 = alice.seal(new RegistrationRequest(2, List.of()));

        alice.at("[2001:db8::7]:40000").deliver(overIpv6);
        RegistrationResponse late =
                alice.at("198.51.100.7:40000")
                        .only(alice.deliver(overIpv4), RegistrationResponse.class);

        assertThat(late.status()).isEqualTo(Status.OK);
        assertThat(registration(alice).observedIpv4())
                .isEqualTo(SocketAddresses.parse("198.51.100.7:40000"));
        assertThat(registration(alice).observedIpv6())
                .isEqualTo(SocketAddresses.parse("[2001:db8::7]:40000"));
    }

    @Test
    void shouldKeepAtMostEightUsableCandidates() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000");
        List<Candidate> named = new ArrayList<>();
        named.add(local("127.0.0.1:1"));
        named.add(local("[fe80::1]:1"));
        named.add(local("224.0.0.1:1"));
        named.add(new Candidate(SocketAddresses.parse("203.0.113.9:1"), CandidateKind.OBSERVED));
        named.add(new Candidate(SocketAddresses.parse("203.0.113.9:2"), CandidateKind.RELAY));
        for (int i = 1; i <= 10; i++) {
            named.add(local("10.0.0." + i + ":7000"));
        }

        alice.ask(new RegistrationRequest(1, named), RegistrationResponse.class);

        assertThat(registration(alice).candidates())
                .hasSize(8)
                .allMatch(c -> c.address().getAddress().getHostAddress().startsWith("10.0.0."));
    }

    @Test
    void shouldNotLetOneNodeFillTheLog() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000");
        NmsFixture.Node bob = fixture.node("bob").at("198.51.100.8:40000");
        int recorded = 0;
        for (int i = 0; i < 2000; i++) {
            RegistrationResponse response =
                    alice.ask(
                            new RegistrationRequest(i, List.of(local("10.0.0.7:" + (1 + i)))),
                            RegistrationResponse.class);
            recorded += response.status() == Status.OK ? 1 : 0;
            if (response.status() != Status.OK) {
                assertThat(response.status()).isEqualTo(Status.UNAVAILABLE);
            }
        }

        assertThat(recorded).isEqualTo(NodeManagement.RECORDED_BURST);
        assertThat(fixture.counters.get(NmsCounter.REGISTRATION_LIMITED))
                .isEqualTo(2000 - recorded);
        assertThat(registration(alice).candidates()).containsExactly(local("10.0.0.7:32"));
        bob.registered();
        fixture.nowMillis += 2000;
        assertThat(
                        alice.ask(new RegistrationRequest(1, List.of()), RegistrationResponse.class)
                                .status())
                .isEqualTo(Status.OK);
    }

    @Test
    void shouldAnswerADuplicateWithoutAnotherWrite() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000");
        byte[] datagram = alice.seal(new RegistrationRequest(5, List.of()));
        alice.deliver(datagram);
        Registration first = registration(alice);
        fixture.nowMillis += 1000;

        RegistrationResponse again =
                alice.only(alice.deliver(datagram), RegistrationResponse.class);

        assertThat(again.status()).isEqualTo(Status.OK);
        assertThat(registration(alice)).isEqualTo(first);
    }

    @Test
    void shouldNotMoveANodeWhenItsRegistrationIsReplayedFromElsewhere() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000");
        byte[] datagram = alice.seal(new RegistrationRequest(5, List.of()));
        alice.deliver(datagram);

        RegistrationResponse replayed =
                alice.at("203.0.113.66:666")
                        .only(alice.deliver(datagram), RegistrationResponse.class);

        assertThat(replayed.status()).isEqualTo(Status.NOT_REGISTERED);
        assertThat(registration(alice).observedIpv4())
                .isEqualTo(SocketAddresses.parse("198.51.100.7:40000"));
    }

    @Test
    void shouldNotGoBackWhenAnOlderRegistrationArrivesLate() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000");
        byte[] older = alice.seal(new RegistrationRequest(5, List.of()));
        alice.at("198.51.100.8:40000").registered();

        alice.at("198.51.100.7:40000").deliver(older);

        assertThat(registration(alice).observedIpv4())
                .isEqualTo(SocketAddresses.parse("198.51.100.8:40000"));
    }

    @Test
    void shouldTellANodeToLogInWhenAMessageOfItsFormerLoginComesLate() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000").registered();
        byte[] former = alice.seal(new RegistrationRequest(5, List.of()));
        ControlCipher formerCipher = alice.cipher;
        alice.login();
        alice.registered();
        long newLogin = alice.loginId;

        List<Reply> replies = alice.deliver(former);
        alice.cipher = formerCipher;

        assertThat(alice.only(replies, RegistrationResponse.class).status())
                .isEqualTo(Status.UNAUTHORIZED);
        assertThat(registration(alice).loginId()).isEqualTo(newLogin);
    }

    @Test
    void shouldAcknowledgeAKeepAliveWithoutWritingWhenTheNodeIsWhereItRegistered() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000").registered();
        Registration before = registration(alice);
        fixture.nowMillis += 15_000;

        KeepAliveAck ack = alice.ask(new KeepAlive(9), KeepAliveAck.class);

        assertThat(ack).isEqualTo(new KeepAliveAck(9, Status.OK, alice.address, 0));
        assertThat(registration(alice)).isEqualTo(before);
    }

    @Test
    void shouldAskForARegistrationWhenANodeIsUnknownOrMovedOrShowsAnotherFamily() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000");
        assertThat(keepAlive(alice)).isEqualTo(Status.NOT_REGISTERED);

        alice.registered();
        assertThat(keepAlive(alice)).isEqualTo(Status.OK);
        assertThat(keepAlive(alice.at("198.51.100.7:40001"))).isEqualTo(Status.NOT_REGISTERED);
        assertThat(keepAlive(alice.at("[2001:db8::7]:40000"))).isEqualTo(Status.NOT_REGISTERED);
    }

    @Test
    void shouldRefuseARevokedNode() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000").registered();
        fixture.registry.revoke(alice.fqdn);

        assertThat(keepAlive(alice)).isEqualTo(Status.FORBIDDEN);
        assertThat(
                        alice.ask(new RegistrationRequest(1, List.of()), RegistrationResponse.class)
                                .status())
                .isEqualTo(Status.FORBIDDEN);
    }

    @Test
    void shouldTellANodeToLogInWhenItsLoginHasExpired() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000").registered();
        fixture.nowMillis += Duration.ofHours(13).toMillis();

        assertThat(keepAlive(alice)).isEqualTo(Status.UNAUTHORIZED);
        assertThat(
                        alice.ask(new RegistrationRequest(1, List.of()), RegistrationResponse.class)
                                .status())
                .isEqualTo(Status.UNAUTHORIZED);
    }

    @Test
    void shouldForgetANodeThatLogsOff() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000").registered();

        assertThat(alice.ask(new Finalization(3), FinalizationAck.class))
                .isEqualTo(new FinalizationAck(3, Status.OK));

        assertThat(registration(alice)).isNull();
        assertThat(keepAlive(alice)).isEqualTo(Status.NOT_REGISTERED);
    }

    @Test
    void shouldListRevocationsInPagesThatEndWhereTheirListEnds() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000").registered();
        for (int i = 0; i < 40; i++) {
            fixture.registry.revoke(fixture.node("n" + i).fqdn);
        }

        RevocationNotice first = alice.ask(new RevocationQuery(1, 0), RevocationNotice.class);
        RevocationNotice second =
                alice.ask(new RevocationQuery(2, first.revocationEpoch()), RevocationNotice.class);
        RevocationNotice none =
                alice.ask(new RevocationQuery(3, Long.MAX_VALUE), RevocationNotice.class);

        assertThat(first.revoked()).hasSize(NodeManagement.MAX_REVOKED_PER_NOTICE);
        assertThat(first.revocationEpoch()).isEqualTo(32);
        assertThat(second.revoked()).hasSize(8);
        assertThat(second.revocationEpoch()).isEqualTo(40);
        assertThat(none.revoked()).isEmpty();
        assertThat(keepAliveAck(alice).revocationEpoch()).isEqualTo(40);
    }

    @Test
    void shouldPushANoticeToEveryAddressOfEveryRegisteredNode() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000").registered();
        alice.at("[2001:db8::7]:40000").registered();
        NmsFixture.Node bob = fixture.node("bob").at("198.51.100.8:40000").registered();
        NmsFixture.Node offline = fixture.node("offline");
        fixture.registry.revoke(offline.fqdn);

        List<Reply> notices = fixture.nms.revocationNotices(fixture.nowMillis);

        assertThat(notices)
                .extracting(Reply::destination)
                .containsExactlyInAnyOrder(
                        SocketAddresses.parse("198.51.100.7:40000"),
                        SocketAddresses.parse("[2001:db8::7]:40000"),
                        bob.address);
        Reply toBob =
                notices.stream().filter(n -> n.destination().equals(bob.address)).findAny().get();
        assertThat(bob.open(toBob, RevocationNotice.class))
                .isEqualTo(new RevocationNotice(0, 1, List.of(offline.id)));
    }

    @Test
    void shouldCountAndNotAnswerWhatIsNotAuthentic() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000").registered();
        byte[] altered = alice.seal(new KeepAlive(1));
        altered[altered.length - 1] ^= 1;
        byte[] otherNode = alice.seal(new KeepAlive(1));
        otherNode[20] ^= 1;
        byte[] otherLogin = alice.seal(new KeepAlive(1));
        otherLogin[5] ^= 1;

        assertThat(alice.deliver(altered)).isEmpty();
        assertThat(alice.deliver(otherNode)).isEmpty();
        assertThat(alice.deliver(otherLogin)).isEmpty();

        assertThat(fixture.counters.get(NmsCounter.NOT_AUTHENTIC)).isEqualTo(3);
    }

    @Test
    void shouldCountAndNotAnswerMessagesThatNodesDoNotSendHere() {
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000");

        assertThat(alice.send(new KeepAliveAck(1, Status.OK, alice.address, 0))).isEmpty();
        assertThat(alice.deliver(alice.cipher.sealToNode(new KeepAlive(1), fixture.random)))
                .isEmpty();

        assertThat(fixture.counters.get(NmsCounter.UNEXPECTED_MESSAGE)).isEqualTo(1);
        assertThat(fixture.counters.get(NmsCounter.MALFORMED)).isEqualTo(1);
    }

    @Test
    void shouldMoveOneCounterAndAnswerNothingWhenBytesAreRandom() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        NmsFixture.Node alice = fixture.node("alice").at("198.51.100.7:40000");
        byte[] genuine = alice.seal(new KeepAlive(1));
        for (int round = 0; round < 5000; round++) {
            byte[] datagram;
            if (round % 2 == 0) {
                datagram = new byte[random.nextInt(200)];
                random.nextBytes(datagram);
                if (datagram.length > 3) {
                    datagram[0] = 0x46;
                    datagram[1] = 1;
                    datagram[2] = (byte) random.nextInt(3);
                }
            } else {
                datagram = genuine.clone();
                datagram[random.nextInt(datagram.length)] ^= (byte) (1 << random.nextInt(8));
            }

            long before = fixture.total();
            List<Reply> replies = alice.deliver(datagram);

            assertThat(replies).as("seed %d round %d", seed, round).isEmpty();
            assertThat(fixture.total()).as("seed %d round %d", seed, round).isEqualTo(before + 1);
        }
    }

    private Status keepAlive(NmsFixture.Node node) {
        return keepAliveAck(node).status();
    }

    private static KeepAliveAck keepAliveAck(NmsFixture.Node node) {
        return node.ask(new KeepAlive(1), KeepAliveAck.class);
    }

    private Registration registration(NmsFixture.Node node) {
        return fixture.registry.findById(node.id).orElseThrow().registration();
    }
}
