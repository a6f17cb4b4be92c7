package io.cyphonic.engine.control.path;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.signaling.protocol.Id128;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A direct way that carries nothing, as a firewall drops what is sent there, and somebody who hands
 * every probe past it: the peer's answers come back over the relay.
 */
class DetoursTest {
    private static final InetSocketAddress RELAY = new InetSocketAddress("203.0.113.1", 7448);
    private static final InetSocketAddress DIRECT = new InetSocketAddress("198.51.100.2", 7000);
    private static final long MILLI = 1_000_000;
    private static final long RTT = 20 * MILLI;
    private static final long STEP = 20 * MILLI;

    private final PathRecord paths = new PathRecord(new Id128(1, 2), Long.MAX_VALUE);

    /** Ways that carry packets in both directions. */
    private final Set<InetSocketAddress> alive = new HashSet<>(Set.of(RELAY));

    /** Ways whose probes somebody hands to the peer, which then answers over the relay. */
    private final Set<InetSocketAddress> copied = new HashSet<>(Set.of(DIRECT));

    private long now = 1_000 * MILLI;
    private long heard;
    private long packetsOut;
    private long lost;
    private int spells;

    @BeforeEach
    void beginOnRelay() {
        event(machine -> machine.onWays(List.of(new Way(DIRECT, Kind.DIRECT)), true));
        event(machine -> machine.onSession(RELAY, Kind.RELAY));
    }

    private void event(Consumer<PathMachine> event) {
        PathMachine machine = new PathMachine(paths, now);
        int before = paths.changes();
        event.accept(machine);
        if (paths.changes() != before && DIRECT.equals(paths.active())) {
            spells++;
        }
        for (PathAction action : machine.actions()) {
            if (action instanceof PathAction.Probe(InetSocketAddress to)) {
                answer(to);
            }
        }
    }

    private void answer(InetSocketAddress way) {
        if (alive.contains(way)) {
            now += MILLI;
            heard = now;
            event(machine -> machine.onProof(way, RTT));
        } else if (copied.contains(way)) {
            now += MILLI;
            heard = now;
            event(machine -> machine.onAnswer(way, RELAY, RTT));
        }
    }

    /** Packets go out in every step and are answered if they arrive. */
    private void pass(long millis) {
        long end = now + millis * MILLI;
        while (now < end) {
            now += STEP;
            packetsOut++;
            if (alive.contains(paths.active())) {
                heard = now;
            } else {
                lost++;
            }
            event(machine -> machine.onTick(packetsOut, heard));
        }
    }

    @Test
    void shouldTakeABetterWayForItsDetoursUntilSomethingSpeaksAgainstIt() {
        alive.add(DIRECT);
        alive.remove(RELAY);
        pass(3_000);

        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldLeaveAWayWhoseProbesAreAnsweredByDetoursWhenItCarriesNothing() {
        pass(600);
        assertThat(spells).isEqualTo(1);
        assertThat(lost).as("lost packets").isBetween(1L, 700 * MILLI / STEP);
        assertThat(paths.active()).isEqualTo(RELAY);
    }

    @Test
    void shouldStayWhenSomebodyIsFasterWithCopiesOfTheAnswersOfAWayThatWorks() {
        alive.add(DIRECT);
        event(machine -> machine.onProof(DIRECT, RTT));
        assertThat(paths.active()).isEqualTo(DIRECT);
        paths.doubt(now, now + 100 * MILLI);

        InetSocketAddress copier = new InetSocketAddress("192.0.2.66", 666);
        event(machine -> machine.onAnswer(DIRECT, copier, RTT));

        assertThat(paths.doubtSince()).isZero();
        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldLeaveTheProbeToAnotherAnswerWhenADetourDoesNotCount() {
        event(machine -> machine.onProof(DIRECT, RTT));
        paths.doubt(now, now + 100 * MILLI);
        PathMachine machine = new PathMachine(paths, now);

        assertThat(machine.onAnswer(DIRECT, RELAY, RTT)).isFalse();
        assertThat(paths.doubtSince()).isNotZero();
        assertThat(machine.onAnswer(DIRECT, DIRECT, RTT)).isTrue();
        assertThat(paths.doubtSince()).isZero();
    }

    @Test
    void shouldBelieveDetoursEverMoreRarelyWhenTheyWereWrong() {
        pass(60_000);
        assertThat(spells).as("in the first minute").isBetween(2, 5);

        spells = 0;
        lost = 0;
        pass(600_000);
        assertThat(spells).as("in ten minutes more").isBetween(1, 10);
        assertThat(lost * STEP).as("time without an answer").isLessThan(6_000 * MILLI);
    }

    @Test
    void shouldComeBackAtOnceWhenAWayThatIsHeldAnswersStraight() {
        pass(60_000);
        assertThat(paths.active()).isEqualTo(RELAY);

        alive.add(DIRECT);
        event(machine -> machine.onProof(DIRECT, RTT));
        event(machine -> machine.onProof(DIRECT, RTT));
        event(machine -> machine.onProof(DIRECT, RTT));
        event(machine -> machine.onProof(DIRECT, RTT));

        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldForgetThatDetoursWereWrongWhenAnEndMoves() {
        pass(60_000);
        assertThat(paths.held(paths.find(DIRECT))).isPositive();

        copied.clear();
        event(machine -> machine.onMoved(heard));

        assertThat(paths.held(paths.find(DIRECT))).isZero();
    }

    @Test
    void shouldForgetThatDetoursWereWrongWhenTheWayHasWorkedForLong() {
        pass(10_000);
        assertThat(paths.held(paths.find(DIRECT))).isPositive();

        alive.add(DIRECT);
        pass(120_000);
        event(PathMachine::onIdle);

        assertThat(paths.active()).isEqualTo(DIRECT);
        assertThat(paths.held(paths.find(DIRECT))).isZero();
    }

    @Test
    void shouldTakeTheFirstWayThatAnswersByADetourWhenAnEndHasMoved() {
        pass(60_000);
        alive.clear();

        event(machine -> machine.onMoved(heard));

        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldUseAWayThatIsHeldWhenNothingElseAnswers() {
        pass(60_000);
        assertThat(paths.active()).isEqualTo(RELAY);

        alive.clear();
        pass(1_500);

        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldStayOnTheOnlyWayWhenItAnswersByDetours() {
        alive.clear();
        pass(3_000);
        assertThat(paths.active()).isEqualTo(DIRECT);
        int changes = paths.changes();

        pass(60_000);

        assertThat(paths.active()).isEqualTo(DIRECT);
        assertThat(paths.changes()).isEqualTo(changes);
    }
}
