package io.cyphonic.signaling.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.RelayMessage;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

class RelayLogicTest {
    private final RelayFixture fixture = new RelayFixture();

    @Test
    void shouldGiveAChannelOnlyToWhoReceivesAtItsAddress() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000");

        RelayMessage.Challenge challenge = (RelayMessage.Challenge) alice.askToBind();
        assertThat(fixture.logic.channels()).isZero();
        assertThat(challenge.sequence()).isEqualTo(alice.sequence);
        alice.cookie = challenge.cookie();
        RelayMessage.Bound bound = (RelayMessage.Bound) alice.askToBind();

        assertThat(bound.observed()).isEqualTo(RelayFixture.address("198.51.100.1:4000"));
        assertThat(bound.peerBound()).isFalse();
        assertThat(bound.sequence()).isEqualTo(alice.sequence);
        assertThat(fixture.logic.channels()).isEqualTo(1);
        assertThat(((RelayMessage.Bound) alice.askToBind()).channel()).isEqualTo(bound.channel());
    }

    @Test
    void shouldPassDatagramsUnchangedBetweenFamilies() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000").bound();
        RelayFixture.Node bob = fixture.node(1, "[2001:db8::2]:5000").bound();
        assertThat(((RelayMessage.Bound) alice.askToBind()).peerBound()).isTrue();

        byte[] toBob = alice.datagram(100);
        alice.send(toBob);
        byte[] toAlice = bob.datagram(1);
        bob.send(toAlice);

        List<RelayFixture.Sent> sent = fixture.takeSent();
        assertThat(sent).hasSize(2);
        assertThat(sent.getFirst().to()).isEqualTo(bob.source);
        assertThat(sent.getFirst().bytes()).isEqualTo(toBob);
        assertThat(sent.getLast().to()).isEqualTo(alice.source);
        assertThat(sent.getLast().bytes()).isEqualTo(toAlice);
        assertThat(fixture.counters.get(RelayCounter.FORWARDED)).isEqualTo(2);
    }

    @Test
    void shouldPassABatchInOnePieceAndLeaveOutWhatIsWrong() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000").bound();
        fixture.node(1, "198.51.100.2:4000").bound();
        List<byte[]> datagrams = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            datagrams.add(alice.datagram(i < 5 ? 100 : 30));
        }
        datagrams.get(2)[15] ^= 1;

        fixture.receive(joined(datagrams), 120, alice.source, null);

        List<RelayFixture.Sent> sent = fixture.takeSent();
        assertThat(sent).hasSize(2);
        assertThat(sent.getFirst().bytes()).isEqualTo(joined(datagrams.subList(0, 2)));
        assertThat(sent.getLast().bytes()).isEqualTo(joined(datagrams.subList(3, 6)));
        assertThat(sent.getLast().segmentLength()).isEqualTo(120);
        assertThat(fixture.counters.get(RelayCounter.FORWARDED)).isEqualTo(5);
        assertThat(fixture.counters.get(RelayCounter.NOT_AUTHENTIC)).isEqualTo(1);
    }

    @Test
    void shouldNeverSendMoreAtOnceThanTheTransportTakes() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000").bound();
        fixture.node(1, "198.51.100.2:4000").bound();
        List<byte[]> small = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            small.add(alice.datagram(20));
        }

        fixture.receive(joined(small), 40, alice.source, null);

        assertThat(fixture.takeSent())
                .hasSize(3)
                .allSatisfy(sent -> assertThat(sent.bytes().length).isLessThanOrEqualTo(64 * 40));
        assertThat(fixture.counters.get(RelayCounter.FORWARDED)).isEqualTo(150);
    }

    @Test
    void shouldPassWhatIsRightOfALargeBatchOfTwoChannels() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000").bound();
        RelayFixture.Node bob = fixture.node(1, "198.51.100.2:4000").bound();
        Id128 otherPath = new Id128(3, 3);
        RelayFixture.Node aliceToCarol =
                fixture.new Node(0, otherPath, RelayFixture.LIMIT, "198.51.100.1:4000").bound();
        RelayFixture.Node carol =
                fixture.new Node(1, otherPath, RelayFixture.LIMIT, "198.51.100.3:4000").bound();
        List<byte[]> batch = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            batch.add((i < 30 || i >= 90 ? alice : aliceToCarol).datagram(80));
        }
        // A wrong code, something else, a copy, and a flag that nobody knows.
        batch.get(20)[40] ^= 1;
        batch.get(50)[0] = 0x11;
        batch.set(70, batch.get(60));
        batch.get(80)[1] |= 2;
        batch.add(alice.datagram(3));

        fixture.receive(joined(batch), 100, alice.source, null);

        List<RelayFixture.Sent> sent = fixture.takeSent();
        assertThat(sent)
                .extracting(each -> each.bytes().length)
                .containsExactly(2000, 900, 2000, 1900, 900, 900, 1023);
        assertThat(sent)
                .extracting(RelayFixture.Sent::to)
                .containsExactly(
                        bob.source,
                        bob.source,
                        carol.source,
                        carol.source,
                        carol.source,
                        carol.source,
                        bob.source);
        assertThat(fixture.counters.get(RelayCounter.FORWARDED)).isEqualTo(97);
        assertThat(fixture.counters.get(RelayCounter.NOT_AUTHENTIC)).isEqualTo(1);
        assertThat(fixture.counters.get(RelayCounter.REPLAYED)).isEqualTo(1);
        assertThat(fixture.counters.get(RelayCounter.MALFORMED)).isEqualTo(2);
    }

    @Test
    void shouldNotPassBeforeTheOtherEndIsThere() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000").bound();

        alice.send(alice.datagram(50));

        assertDropped(RelayCounter.PEER_ABSENT);
    }

    @Test
    void shouldMoveAChannelWithItsNode() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000").bound();
        RelayFixture.Node bob = fixture.node(1, "198.51.100.2:4000").bound();
        int channel = alice.channel;
        alice.source = Endpoint.of(RelayFixture.address("[2001:db8::1]:4001"));

        alice.send(alice.datagram(50));
        RelayMessage.Challenge hint = (RelayMessage.Challenge) alice.answer(fixture.takeSent());
        assertThat(hint.sequence()).isEqualTo(alice.sequence);
        alice.cookie = hint.cookie();
        RelayMessage.Bound bound = (RelayMessage.Bound) alice.askToBind();

        assertThat(bound.channel()).isEqualTo(channel);
        alice.send(alice.datagram(50));
        assertThat(fixture.takeSent())
                .extracting(RelayFixture.Sent::to)
                .containsExactly(bob.source);
        bob.send(bob.datagram(50));
        assertThat(fixture.takeSent())
                .extracting(RelayFixture.Sent::to)
                .containsExactly(alice.source);
    }

    @Test
    void shouldEndAChannelThatNobodyUsesAndKeepTheOther() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000").bound();
        RelayFixture.Node bob = fixture.node(1, "198.51.100.2:4000").bound();
        for (int i = 0; i < 5; i++) {
            fixture.pass(15_000);
            assertThat(alice.askToBind()).isInstanceOf(RelayMessage.Bound.class);
            fixture.logic.sweep(fixture.nowNs, fixture.nowMillis);
        }

        assertThat(fixture.logic.channels()).isEqualTo(1);
        assertThat(((RelayMessage.Bound) alice.askToBind()).peerBound()).isFalse();
        bob.send(bob.datagram(50));
        RelayMessage.Refused refused = (RelayMessage.Refused) bob.answer(fixture.takeSent());
        assertThat(refused.reason()).isEqualTo(RelayMessage.Reason.UNKNOWN_CHANNEL);
        assertThat(refused.channel()).isEqualTo(bob.channel);
        assertThat(refused.sequence()).isEqualTo(1L << 48 | bob.counter);
    }

    @Test
    void shouldKeepAChannelThatIsUsed() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000").bound();
        for (int i = 0; i < 10; i++) {
            fixture.pass(30_000);
            alice.send(alice.datagram(50));
            fixture.logic.sweep(fixture.nowNs, fixture.nowMillis);
        }
        assertThat(fixture.logic.channels()).isEqualTo(1);
    }

    @Test
    void shouldEndAChannelWithItsGrant() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000").bound();
        RelayFixture.Node bob = fixture.node(1, "198.51.100.2:4000").bound();
        fixture.pass(3_600_000);

        alice.send(alice.datagram(50));
        assertDropped(RelayCounter.EXPIRED);
        assertThat(((RelayMessage.Refused) bob.askToBind()).reason())
                .isEqualTo(RelayMessage.Reason.EXPIRED);
        fixture.logic.sweep(fixture.nowNs, fixture.nowMillis);
        assertThat(fixture.logic.channels()).isZero();
    }

    @Test
    void shouldEndTheChannelsOfARevokedNodeAndGiveItNoOthers() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000").bound();
        RelayFixture.Node bob = fixture.node(1, "198.51.100.2:4000").bound();
        Id128 otherPath = new Id128(3, 3);
        fixture.new Node(1, otherPath, RelayFixture.LIMIT, "198.51.100.2:4000").bound();

        fixture.revoke(bob.nodeId);
        fixture.revoke(bob.nodeId);

        assertThat(fixture.logic.channels()).as("alice's is left").isEqualTo(1);
        assertThat(fixture.counters.get(RelayCounter.REVOCATION_NOTED)).isEqualTo(2);
        bob.send(bob.datagram(50));
        assertDropped(RelayCounter.UNKNOWN_CHANNEL);
        alice.send(alice.datagram(50));
        assertDropped(RelayCounter.PEER_ABSENT);
        assertThat(((RelayMessage.Refused) bob.askToBind()).reason())
                .isEqualTo(RelayMessage.Reason.EXPIRED);
        RelayFixture.Node anew =
                fixture.new Node(1, new Id128(4, 4), RelayFixture.LIMIT, "198.51.100.2:4001");
        assertThat(anew.askToBind()).isInstanceOf(RelayMessage.Refused.class);
        assertThat(fixture.counters.get(RelayCounter.REVOKED)).isEqualTo(2);
        assertThat(alice.askToBind()).isInstanceOf(RelayMessage.Bound.class);
    }

    @Test
    void shouldRememberARevokedNodeAsLongAsItsGrantsLast() {
        RelayFixture.Node bob = fixture.node(1, "198.51.100.2:4000");
        fixture.revoke(bob.nodeId);
        fixture.pass(3_599_000);
        fixture.logic.sweep(fixture.nowNs, fixture.nowMillis);

        assertThat(bob.askToBind()).isInstanceOf(RelayMessage.Refused.class);
        assertThat(fixture.counters.get(RelayCounter.REVOKED)).isEqualTo(1);
    }

    @Test
    void shouldHoldTheLimitInBytesAndInDatagrams() {
        RelayFixture.Node alice =
                fixture.new Node(0, RelayFixture.PATH, 1000, "198.51.100.1:4000").bound();
        fixture.node(1, "198.51.100.2:4000").bound();

        assertThat(passed(alice, 1000, 1480)).isBetween(170L, 180L);
        fixture.pass(100);
        assertThat(passed(alice, 1000, 1480)).isBetween(65L, 67L);
        fixture.pass(100);
        assertThat(passed(alice, 2000, 1)).isBetween(780L, 795L);
        assertThat(fixture.counters.get(RelayCounter.OVER_LIMIT)).isPositive();
    }

    @Test
    void shouldTreatAConnectionAsASource() {
        RelayFixture.Node alice = fixture.node(0, "198.51.100.1:4000");
        List<byte[]> received = new ArrayList<>();
        int[] room = {100};
        alice.stream =
                (buffer, offset, length) ->
                        room[0]-- > 0
                                && received.add(
                                        Arrays.copyOfRange(buffer, offset, offset + length));
        alice.askToBind();
        alice.cookie = cookieIn(received.removeFirst());
        alice.askToBind();
        alice.channel = channelIn(received.removeFirst());
        RelayFixture.Node bob = fixture.node(1, "198.51.100.2:4000").bound();

        alice.send(alice.datagram(50));
        assertThat(fixture.takeSent()).hasSize(1);
        byte[] toAlice = bob.datagram(60);
        bob.send(toAlice);
        assertThat(received).containsExactly(toAlice);

        room[0] = 0;
        bob.send(bob.datagram(60));
        assertThat(fixture.counters.get(RelayCounter.STREAM_FULL)).isEqualTo(1);
        RelayStream same = alice.stream;
        alice.stream = null;
        alice.send(alice.datagram(50));
        assertThat(fixture.counters.get(RelayCounter.WRONG_SOURCE)).isEqualTo(1);
        alice.stream = (buffer, offset, length) -> same.offer(buffer, offset, length);
        alice.send(alice.datagram(50));
        assertThat(fixture.counters.get(RelayCounter.WRONG_SOURCE)).isEqualTo(2);
    }

    @Test
    void shouldAnswerStun() {
        byte[] request = new byte[20];
        request[1] = 1;
        request[4] = 0x21;
        request[5] = 0x12;
        request[6] = (byte) 0xA4;
        request[7] = 0x42;

        fixture.receive(request, 20, Endpoint.of(RelayFixture.address("198.51.100.1:4000")), null);

        assertThat(fixture.takeSent()).hasSize(1);
        assertThat(fixture.counters.get(RelayCounter.STUN_ANSWERED)).isEqualTo(1);
    }

    private long passed(RelayFixture.Node node, int count, int length) {
        long before = fixture.counters.get(RelayCounter.FORWARDED);
        for (int i = 0; i < count; i++) {
            node.send(node.datagram(length));
        }
        return fixture.counters.get(RelayCounter.FORWARDED) - before;
    }

    private void assertDropped(RelayCounter reason) {
        assertThat(fixture.counters.get(reason)).isPositive();
        assertThat(fixture.counters.get(RelayCounter.FORWARDED)).isZero();
        fixture.takeSent();
    }

    private static byte[] cookieIn(byte[] datagram) {
        return ((RelayMessage.Challenge) RelayMessage.decode(datagram, datagram.length)).cookie();
    }

    private static int channelIn(byte[] datagram) {
        return ((RelayMessage.Bound) RelayMessage.decode(datagram, datagram.length)).channel();
    }

    private static byte[] joined(List<byte[]> datagrams) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        datagrams.forEach(joined::writeBytes);
        return joined.toByteArray();
    }

    static {
        // The headers of the fixture are those of the protocol.
        assertThat(RelayHeader.INITIATOR).isZero();
    }
}
