package io.cyphonic.signaling.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.RelayMessage;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Whatever strangers and dishonest nodes send: nothing passes, and nothing moves. */
class RelayAttackTest {
    private static final Endpoint MALLORY = Endpoint.of(RelayFixture.address("203.0.113.66:6666"));

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final RelayFixture fixture = new RelayFixture();
    private RelayFixture.Node alice;
    private RelayFixture.Node bob;

    @BeforeEach
    void bind() {
        alice = fixture.node(0, "198.51.100.1:4000").bound();
        bob = fixture.node(1, "198.51.100.2:4000").bound();
    }

    @Test
    void shouldDropADatagramFromAnotherAddress() {
        byte[] stolen = alice.datagram(100);

        fixture.receive(stolen, stolen.length, MALLORY, null);

        assertThat(fixture.counters.get(RelayCounter.WRONG_SOURCE)).isEqualTo(1);
        assertThat(fixture.takeSent())
                .as("at most a challenge, shorter than the question, to where it came from")
                .allMatch(sent -> sent.to().equals(MALLORY) && sent.bytes().length < 120);
        assertNothingMoved();
        alice.send(stolen);
        assertThat(fixture.counters.get(RelayCounter.FORWARDED))
                .as("nor is its counter used up")
                .isEqualTo(3);
    }

    @Test
    void shouldChallengeSeldomWhenDatagramsComeFromAnotherAddress() {
        for (int i = 0; i < 1000; i++) {
            byte[] stolen = alice.datagram(100);
            fixture.receive(stolen, stolen.length, MALLORY, null);
            fixture.pass(1);
        }
        assertThat(fixture.takeSent()).hasSizeLessThanOrEqualTo(11);
    }

    @Test
    void shouldDropAReplayedDatagram() {
        byte[] datagram = alice.datagram(100);
        alice.send(datagram);
        for (int i = 0; i < CounterWindow.SIZE + 100; i++) {
            alice.send(alice.datagram(1));
        }
        fixture.takeSent();
        alice.send(datagram);
        byte[] newest = alice.datagram(1);
        alice.send(newest);
        fixture.takeSent();

        alice.send(newest);

        assertThat(fixture.takeSent()).isEmpty();
        assertThat(fixture.counters.get(RelayCounter.REPLAYED)).isEqualTo(2);
    }

    @Test
    void shouldDropWhatIsMadeUpAlteredOrOfTheWrongSide() {
        byte[] valid = alice.datagram(100);
        for (int bit = 0; bit < 8 * (RelayHeader.LENGTH + 32); bit++) {
            byte[] altered = valid.clone();
            altered[bit / 8] ^= (byte) (1 << bit % 8);
            alice.send(altered);
        }
        byte[] wrongSide = alice.datagram(100);
        RelayHeader.write(wrongSide, 0, 1, alice.counter, alice.channel);
        alice.seal.seal(wrongSide, 0, wrongSide.length);
        alice.send(wrongSide);
        byte[] othersChannel = bob.datagram(100);
        alice.send(othersChannel);
        for (int length = 1; length < valid.length; length++) {
            alice.send(Arrays.copyOf(valid, length));
        }

        assertThat(fixture.counters.get(RelayCounter.FORWARDED)).isZero();
        assertThat(fixture.counters.get(RelayCounter.WRONG_SIDE)).isPositive();
        assertThat(fixture.counters.get(RelayCounter.WRONG_SOURCE)).isEqualTo(1);
        assertThat(fixture.takeSent()).as("answers").allMatch(s -> s.to().equals(alice.source));
        assertNothingMoved();
    }

    @Test
    void shouldNotMoveAChannelForABindFromAnotherAddress() {
        byte[] replayed = alice.bindMessage();
        fixture.receive(replayed, replayed.length, alice.source, null);
        fixture.takeSent();

        fixture.receive(replayed, replayed.length, MALLORY, null);
        byte[] fresh = alice.bindMessage();
        fixture.receive(fresh, fresh.length, MALLORY, null);

        assertThat(fixture.takeSent())
                .allSatisfy(
                        sent ->
                                assertThat(RelayMessage.decode(sent.bytes(), sent.bytes().length))
                                        .isInstanceOf(RelayMessage.Challenge.class));
        assertNothingMoved();
    }

    @Test
    void shouldComeBackFromWhoeverPassedOnItsBindsOnceThoughEachIsCopiedFirst() {
        Endpoint home = alice.source;
        alice.source = MALLORY;
        alice.bound();
        alice.source = home;
        alice.cookie = new byte[RelayMessage.COOKIE_LENGTH];

        byte[] first = alice.bindMessage();
        fixture.receive(first, first.length, MALLORY, null);
        fixture.takeSent();
        fixture.receive(first, first.length, home, null);
        alice.cookie = ((RelayMessage.Challenge) alice.answer(fixture.takeSent())).cookie();
        byte[] second = alice.bindMessage();
        fixture.receive(second, second.length, MALLORY, null);
        fixture.takeSent();
        fixture.receive(second, second.length, home, null);

        assertThat(alice.answer(fixture.takeSent())).isInstanceOf(RelayMessage.Bound.class);
        alice.send(alice.datagram(100));
        assertThat(fixture.counters.get(RelayCounter.FORWARDED)).isEqualTo(1);
    }

    @Test
    void shouldNotMoveAChannelBackForAnOldBind() {
        byte[] old = alice.bindMessage();
        Endpoint before = alice.source;
        alice.source = Endpoint.of(RelayFixture.address("198.51.100.1:4444"));
        alice.bound();
        fixture.takeSent();

        fixture.receive(old, old.length, before, null);

        assertThat(fixture.counters.get(RelayCounter.OVERTAKEN)).isEqualTo(1);
        fixture.takeSent();
        assertNothingMoved();
    }

    @Test
    void shouldIgnoreABindWithAnAlteredGrant() {
        byte[] bind = alice.bindMessage();
        for (int bit = 0; bit < 8 * bind.length; bit++) {
            byte[] altered = bind.clone();
            altered[bit / 8] ^= (byte) (1 << bit % 8);
            fixture.receive(altered, altered.length, alice.source, null);
            fixture.pass(20);
        }
        assertThat(fixture.takeSent()).isEmpty();
        assertThat(fixture.counters.get(RelayCounter.NOT_AUTHENTIC)).isGreaterThan(400);
        assertNothingMoved();
    }

    @Test
    void shouldStayWithinItsTableWhateverComes() {
        RelayFixture small = new RelayFixture(8);
        int bound = 0;
        for (int i = 0; i < 40; i++) {
            RelayFixture.Node node =
                    small
                    .new Node(0, new Id128(1, i), RelayFixture.LIMIT, "203.0.113." + i + ":4000");
            node.cookie = ((RelayMessage.Challenge) node.askToBind()).cookie();
            RelayMessage answer = node.askToBind();
            if (answer instanceof RelayMessage.Bound) {
                bound++;
            } else {
                assertThat(((RelayMessage.Refused) answer).reason())
                        .isEqualTo(RelayMessage.Reason.FULL);
            }
        }
        assertThat(bound).isEqualTo(8);
        assertThat(small.logic.channels()).isEqualTo(8);
        small.pass(61_000);
        small.logic.sweep(small.nowNs, small.nowMillis);
        assertThat(small.logic.channels()).isZero();
    }

    @Test
    void shouldNotLetOneAddressTakeTheWholeTable() {
        RelayFixture small = new RelayFixture(16);
        int bound = 0;
        for (int i = 0; i < 20; i++) {
            RelayFixture.Node node =
                    small
                    .new Node(0, new Id128(1, i), RelayFixture.LIMIT, "203.0.113.1:" + (i + 1));
            node.cookie = ((RelayMessage.Challenge) node.askToBind()).cookie();
            bound += node.askToBind() instanceof RelayMessage.Bound ? 1 : 0;
        }
        assertThat(bound).isEqualTo(4);
    }

    @Test
    void shouldLimitBindsPerSource() {
        for (int i = 0; i < 2000; i++) {
            byte[] bind = alice.bindMessage();
            bind[30] ^= 1;
            fixture.receive(bind, bind.length, MALLORY, null);
        }
        assertThat(fixture.counters.get(RelayCounter.RATE_LIMITED)).isGreaterThanOrEqualTo(1490);
        assertThat(alice.askToBind())
                .as("others are served")
                .isInstanceOf(RelayMessage.Bound.class);
    }

    @Test
    void shouldIgnoreAMadeUpOrAlteredRevocation() {
        byte[] valid =
                RelayFixture.revocation(
                        RelayKeys.revocationKey(RelayFixture.SECRET), new Id128(8, 8));
        byte[] madeUp = RelayFixture.revocation(new byte[16], alice.nodeId, bob.nodeId);
        fixture.receive(madeUp, madeUp.length, MALLORY, null);
        for (int bit = 0; bit < 8 * valid.length; bit++) {
            byte[] altered = valid.clone();
            altered[bit / 8] ^= (byte) (1 << bit % 8);
            fixture.receive(altered, altered.length, MALLORY, null);
            fixture.pass(20);
        }
        for (int length = 1; length < valid.length; length++) {
            fixture.receive(Arrays.copyOf(valid, length), length, MALLORY, null);
            fixture.pass(20);
        }

        assertThat(fixture.takeSent()).isEmpty();
        assertThat(fixture.counters.get(RelayCounter.REVOCATION_NOTED)).isZero();
        assertThat(fixture.counters.get(RelayCounter.NOT_AUTHENTIC)).isGreaterThan(250);
        assertNothingMoved();
    }

    @Test
    void shouldNotLetARevokedNodeBindAsAnother() {
        fixture.revoke(bob.nodeId);
        byte[] bind = bob.bindMessage();
        for (int i = 0; i < 16; i++) {
            // Its place in a Bind is behind type, version, side and path id.
            byte[] renamed = bind.clone();
            renamed[20 + i] ^= 1;
            fixture.receive(renamed, renamed.length, bob.source, null);
        }

        assertThat(fixture.takeSent()).isEmpty();
        assertThat(fixture.counters.get(RelayCounter.NOT_AUTHENTIC)).isEqualTo(16);
        assertThat(fixture.logic.channels()).isEqualTo(1);
    }

    @Test
    void shouldStayWithinBoundsHoweverManyAreRevoked() {
        RevokedNodes revoked = new RevokedNodes();
        for (int i = 0; i < 3 * RevokedNodes.MAX_NODES; i++) {
            assertThat(revoked.add(new Id128(i, 1), 0)).isTrue();
        }
        assertThat(revoked.contains(new Id128(2 * RevokedNodes.MAX_NODES - 1, 1))).isFalse();
        assertThat(revoked.contains(new Id128(2 * RevokedNodes.MAX_NODES, 1))).isTrue();
        revoked.sweep(RevokedNodes.KEPT_NS);
        assertThat(revoked.contains(new Id128(3 * RevokedNodes.MAX_NODES - 1, 1))).isFalse();
    }

    @Test
    void shouldDropWhatSomebodySlippedIntoABatch() {
        // The kernel joins by address: datagrams with the source of alice forged into her batch.
        List<byte[]> batch = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            byte[] datagram = alice.datagram(80);
            if (i % 2 == 1) {
                random.nextBytes(datagram);
                RelayHeader.write(datagram, 0, 0, alice.counter, alice.channel);
            }
            batch.add(datagram);
        }
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        batch.forEach(joined::writeBytes);

        fixture.receive(joined.toByteArray(), 100, alice.source, null);

        assertThat(fixture.takeSent())
                .as("seed %d", seed)
                .extracting(RelayFixture.Sent::bytes)
                .containsExactlyElementsOf(
                        IntStream.range(0, 20).mapToObj(i -> batch.get(2 * i)).toList());
        assertThat(fixture.counters.get(RelayCounter.NOT_AUTHENTIC)).isEqualTo(20);
    }

    @Test
    void shouldSurviveAnyBytes() {
        byte[] valid = alice.datagram(100);
        byte[] bind = alice.bindMessage();
        long asked = 0;
        long answered = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] noise = new byte[1 + random.nextInt(300)];
            random.nextBytes(noise);
            byte[] template = random.nextBoolean() ? valid : bind;
            int kept = random.nextInt(Math.min(template.length, noise.length) + 1);
            System.arraycopy(template, 0, noise, 0, kept);
            int segmentLength = 1 + random.nextInt(noise.length);
            asked += noise.length;
            try {
                fixture.receive(noise, segmentLength, MALLORY, null);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
            for (RelayFixture.Sent sent : fixture.takeSent()) {
                assertThat(sent.to()).as("seed %d", seed).isEqualTo(MALLORY);
                answered += sent.bytes().length;
            }
            fixture.pass(1);
            if (i % 10_000 == 0) {
                alice.askToBind();
                bob.askToBind();
            }
        }
        assertThat(fixture.counters.get(RelayCounter.FORWARDED)).isZero();
        assertThat(answered).as("seed %d", seed).isLessThan(asked);
        assertNothingMoved();
    }

    private void assertNothingMoved() {
        alice.send(alice.datagram(50));
        bob.send(bob.datagram(50));
        assertThat(fixture.takeSent())
                .as("seed %d", seed)
                .extracting(RelayFixture.Sent::to)
                .containsExactly(bob.source, alice.source);
    }
}
