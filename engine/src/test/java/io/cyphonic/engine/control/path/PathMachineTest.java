package io.cyphonic.engine.control.path;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.state.PathRecord;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.signaling.protocol.Id128;

import org.junit.jupiter.api.Test;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The decisions of a tunnel's paths, event by event, on a clock that the test turns. */
class PathMachineTest {
    private static final InetSocketAddress RELAY = new InetSocketAddress("203.0.113.1", 7448);
    private static final InetSocketAddress TLS = new InetSocketAddress("127.0.0.1", 40_000);
    private static final InetSocketAddress DIRECT = new InetSocketAddress("198.51.100.2", 7000);
    private static final InetSocketAddress OTHER = new InetSocketAddress("198.51.100.3", 7000);
    private static final InetSocketAddress LOCAL = new InetSocketAddress("192.168.1.7", 7000);
    private static final long MILLI = 1_000_000;
    private static final long RTT = 2 * MILLI;

    private final PathRecord paths = new PathRecord(new Id128(1, 2), Long.MAX_VALUE);
    private long now = 1_000 * MILLI;
    private long heard;
    private long packetsOut;

    /** Ways that answer probes, and how they come in. */
    private final Set<InetSocketAddress> alive = new HashSet<>();

    private final List<PathAction> done = new ArrayList<>();

    /** Round-trip times that are not {@link #RTT}. */
    private final Map<InetSocketAddress, Long> slow = new HashMap<>();

    /** So many of them have had their answer, or their chance of one. */
    private int answered;

    private List<PathAction> event(Consumer<PathMachine> event) {
        PathMachine machine = new PathMachine(paths, now);
        event.accept(machine);
        done.addAll(machine.actions());
        return machine.actions();
    }

    /** Lets time pass in steps of the sweep; what is alive answers probes after a round trip. */
    private void pass(long millis, boolean traffic) {
        long end = now + millis * MILLI;
        answer(List.copyOf(done.subList(Math.min(answered, done.size()), done.size())));
        while (now < end) {
            now += 20 * MILLI;
            packetsOut += traffic ? 1 : 0;
            if (traffic && alive.contains(paths.active())) {
                heard = now;
            }
            answer(event(machine -> machine.onTick(packetsOut, heard)));
        }
    }

    private void answer(List<PathAction> actions) {
        List<PathAction> queue = new ArrayList<>(actions);
        while (!queue.isEmpty()) {
            if (queue.removeFirst() instanceof PathAction.Probe(InetSocketAddress to)
                    && alive.contains(to)) {
                long rtt = slow.getOrDefault(to, RTT);
                now += rtt;
                heard = now;
                queue.addAll(event(machine -> machine.onProof(to, rtt)));
            }
        }
        answered = done.size();
    }

    private long count(Class<? extends PathAction> kind) {
        return done.stream().filter(kind::isInstance).count();
    }

    private void beginOnRelay() {
        alive.add(RELAY);
        event(machine -> machine.onWays(List.of(new Way(DIRECT, Kind.DIRECT)), true));
        event(machine -> machine.onSession(RELAY, Kind.RELAY));
    }

    @Test
    void shouldStartOnTheWayOfTheFirstAnswerAndProbeTheOthers() {
        event(
                machine ->
                        machine.onWays(
                                List.of(new Way(DIRECT, Kind.DIRECT), new Way(LOCAL, Kind.LOCAL)),
                                true));
        assertThat(done).isEmpty();

        event(machine -> machine.onSession(RELAY, Kind.RELAY));

        assertThat(done)
                .contains(
                        new PathAction.Activate(RELAY),
                        new PathAction.Probe(DIRECT),
                        new PathAction.Probe(LOCAL));
    }

    @Test
    void shouldPromoteTheBetterWayWhenItAnswers() {
        beginOnRelay();
        pass(500, true);
        assertThat(paths.active()).isEqualTo(RELAY);

        alive.add(DIRECT);
        pass(1_500, true);

        assertThat(paths.active()).isEqualTo(DIRECT);
        assertThat(paths.changes()).isEqualTo(1);
    }

    @Test
    void shouldTakeABetterWayThatAnsweredInADoubtWhichTheActiveWayEnded() {
        beginOnRelay();
        pass(500, true);
        paths.doubt(now, now + 100 * MILLI);
        event(machine -> machine.onProof(DIRECT, RTT));
        event(machine -> machine.onProof(RELAY, RTT));
        assertThat(paths.doubtSince()).isZero();
        assertThat(paths.active()).isEqualTo(RELAY);

        alive.add(DIRECT);
        pass(TimeUnit.NANOSECONDS.toMillis(WayList.RETRY_NANOS) + 1_000, true);

        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldTakeTheFasterOfTwoEqualWaysWhenBothAnswerInADoubt() {
        beginOnRelay();
        event(machine -> machine.onWays(List.of(new Way(OTHER, Kind.DIRECT)), false));
        paths.doubt(now, now + 100 * MILLI);

        event(machine -> machine.onProof(OTHER, RTT));
        event(machine -> machine.onProof(DIRECT, 10 * RTT));

        assertThat(paths.active()).isEqualTo(OTHER);
    }

    @Test
    void shouldFallBackWithinASecondWhenTheActiveWayIsCut() {
        beginOnRelay();
        alive.add(DIRECT);
        pass(2_000, true);
        assertThat(paths.active()).isEqualTo(DIRECT);

        alive.remove(DIRECT);
        long cut = now;
        pass(900, true);

        assertThat(paths.active()).isEqualTo(RELAY);
        assertThat(paths.activeSince() - cut).isLessThan(700 * MILLI);
        assertThat(paths.outages()).isEqualTo(1);
        assertThat(paths.lastOutage()).isBetween(150 * MILLI, 700 * MILLI);
    }

    @Test
    void shouldStayWhenOnlyTheFirstAnswersOfTheActiveWayWereSlow() {
        alive.addAll(Set.of(DIRECT, OTHER));
        slow.put(DIRECT, 300 * MILLI);
        event(machine -> machine.onWays(List.of(new Way(OTHER, Kind.DIRECT)), true));
        event(machine -> machine.onSession(DIRECT, Kind.DIRECT));
        event(PathMachine::onIdle);
        answer(List.copyOf(done));
        slow.clear();
        pass(60_000, true);

        assertThat(paths.active()).isEqualTo(DIRECT);
        assertThat(paths.changes()).isZero();
    }

    @Test
    void shouldTakeAnEqualWayThatSavesMostOfTheRoundTripTime() {
        alive.addAll(Set.of(DIRECT, OTHER));
        slow.put(DIRECT, 100 * MILLI);
        event(machine -> machine.onWays(List.of(new Way(OTHER, Kind.DIRECT)), true));
        event(machine -> machine.onSession(DIRECT, Kind.DIRECT));
        pass(10_000, true);

        assertThat(paths.active()).isEqualTo(OTHER);
    }

    /** Two equal ways that work and have been measured, and a doubt about the one in use. */
    private void beginADoubtAboutOneOfTwoEqualWays() {
        alive.addAll(Set.of(DIRECT, OTHER));
        event(machine -> machine.onWays(List.of(new Way(OTHER, Kind.DIRECT)), true));
        event(machine -> machine.onSession(DIRECT, Kind.DIRECT));
        pass(2_000, true);
        alive.clear();
        while (paths.doubtSince() == 0) {
            pass(20, true);
        }
        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    private void look(long laterMillis) {
        now += laterMillis * MILLI;
        event(machine -> machine.onTick(packetsOut, heard));
    }

    private void proof(InetSocketAddress way, long rttMillis) {
        event(machine -> machine.onProof(way, rttMillis * MILLI));
    }

    @Test
    void shouldAskTheActiveWayOnceMoreWhenAnotherIsTheFirstToAnswer() {
        beginADoubtAboutOneOfTwoEqualWays();
        done.clear();
        now += 2 * MILLI;
        proof(OTHER, 2);

        assertThat(done).contains(new PathAction.Probe(DIRECT), new PathAction.Probe(OTHER));
        look(60);
        assertThat(paths.active()).as("one answer may be luck").isEqualTo(DIRECT);

        proof(OTHER, 2);
        assertThat(paths.active()).isEqualTo(OTHER);
    }

    @Test
    void shouldStayWhenTheAnswersOfAllWaysAreLate() {
        beginADoubtAboutOneOfTwoEqualWays();
        look(150);
        look(150);
        proof(OTHER, 300);
        look(150);
        look(150);
        proof(OTHER, 300);
        look(100);
        proof(DIRECT, 700);

        assertThat(paths.doubtSince()).isZero();
        assertThat(paths.active()).isEqualTo(DIRECT);
        assertThat(paths.changes()).isZero();
    }

    @Test
    void shouldLeaveTheActiveWayInTheEndWhenOnlyOthersAnswerHoweverLate() {
        beginADoubtAboutOneOfTwoEqualWays();
        long since = paths.doubtSince();
        while (paths.active().equals(DIRECT) && now - since < 10_000 * MILLI) {
            look(50);
            look(50);
            proof(OTHER, 400);
        }

        assertThat(paths.active()).isEqualTo(OTHER);
        assertThat(now - since).isLessThanOrEqualTo(2_700 * MILLI);
    }

    @Test
    void shouldWaitForAnswersWhenItsOwnLookIsLate() {
        beginADoubtAboutOneOfTwoEqualWays();
        now += 2 * MILLI;
        proof(OTHER, 2);
        now += 2 * MILLI;
        proof(OTHER, 2);

        look(400);
        assertThat(paths.active()).isEqualTo(DIRECT);
        proof(DIRECT, 404);

        assertThat(paths.doubtSince()).isZero();
        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldNotTakeAnEqualWayThatWasFasterOnlyUnderLoad() {
        beginADoubtAboutOneOfTwoEqualWays();
        proof(DIRECT, 300);
        for (int i = 0; i < 20; i++) {
            look(100);
            proof(DIRECT, 300);
            proof(OTHER, 5);
        }

        assertThat(paths.active()).isEqualTo(DIRECT);
        assertThat(paths.changes()).isZero();
    }

    @Test
    void shouldComeBackWhenTheBetterWayIsBack() {
        beginOnRelay();
        alive.add(DIRECT);
        pass(2_000, true);
        alive.remove(DIRECT);
        pass(5_000, true);
        assertThat(paths.active()).isEqualTo(RELAY);

        alive.add(DIRECT);
        pass(TimeUnit.NANOSECONDS.toMillis(WayList.RETRY_NANOS) + 1_000, true);

        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldStayWhereItIsWhenThePeerHasNothingToSay() {
        beginOnRelay();
        alive.add(DIRECT);
        pass(2_000, true);
        int changes = paths.changes();

        for (int i = 0; i < 100; i++) {
            // One-way traffic: nothing comes back but the answers to probes.
            now += 50 * MILLI;
            packetsOut++;
            answer(event(machine -> machine.onTick(packetsOut, heard)));
        }

        assertThat(paths.active()).isEqualTo(DIRECT);
        assertThat(paths.changes()).isEqualTo(changes);
        assertThat(paths.outages()).isZero();
    }

    @Test
    void shouldSendAlmostNothingWhenAllIsQuiet() {
        beginOnRelay();
        alive.add(DIRECT);
        pass(2_000, true);
        done.clear();

        pass(60_000, false);

        assertThat(count(PathAction.Probe.class)).isLessThan(8);
    }

    @Test
    void shouldBoundItsProbesWhenNothingAnswers() {
        beginOnRelay();
        alive.clear();
        pass(200, true);
        done.clear();

        pass(60_000, true);

        assertThat(count(PathAction.Probe.class)).isLessThan(250);
        assertThat(count(PathAction.AskCloud.class)).isBetween(2L, 12L);
        assertThat(paths.active()).isEqualTo(RELAY);
    }

    @Test
    void shouldTakeTheFirstProvenWayWhenThisNodeHasMoved() {
        beginOnRelay();
        alive.add(DIRECT);
        pass(2_000, true);
        alive.remove(DIRECT);

        List<PathAction> actions = event(machine -> machine.onMoved(heard));
        answer(actions);

        assertThat(actions).contains(new PathAction.Tell(DIRECT), new PathAction.Tell(RELAY));
        assertThat(paths.active()).isEqualTo(RELAY);
        assertThat(paths.lastOutage()).isLessThan(10 * MILLI);
    }

    @Test
    void shouldTellThePeerAgainUntilItKnows() {
        beginOnRelay();
        pass(100, true);
        alive.clear();
        event(machine -> machine.onMoved(heard));
        done.clear();
        pass(600, true);
        assertThat(count(PathAction.Tell.class)).isGreaterThan(1);

        event(PathMachine::onTold);
        done.clear();
        pass(600, true);

        assertThat(count(PathAction.Tell.class)).isZero();
    }

    @Test
    void shouldGoToTheNewAddressWhenThePeerMovedThere() {
        beginOnRelay();
        alive.add(DIRECT);
        pass(2_000, true);
        InetSocketAddress elsewhere = new InetSocketAddress("198.51.100.77", 7000);
        alive.remove(DIRECT);
        alive.remove(RELAY);
        alive.add(elsewhere);

        answer(event(machine -> machine.onPeerMoved(List.of(new Way(elsewhere, Kind.DIRECT)))));

        assertThat(paths.active()).isEqualTo(elsewhere);
    }

    @Test
    void shouldStayWhenSomebodyForwardsACapsuleFromElsewhere() {
        beginOnRelay();
        alive.add(DIRECT);
        pass(2_000, true);
        InetSocketAddress attacker = new InetSocketAddress("192.0.2.66", 666);
        alive.add(attacker);

        answer(event(machine -> machine.onHeard(attacker, Kind.DIRECT)));
        pass(2_000, true);

        assertThat(paths.active()).as("the old address still answers").isEqualTo(DIRECT);
    }

    @Test
    void shouldAskOnlyItsOwnWayWhenThePeerTakesAnEqualOne() {
        alive.addAll(Set.of(DIRECT, OTHER));
        event(
                machine ->
                        machine.onWays(
                                List.of(new Way(DIRECT, Kind.DIRECT), new Way(OTHER, Kind.DIRECT)),
                                true));
        event(machine -> machine.onSession(DIRECT, Kind.DIRECT));
        pass(4_000, true);
        assertThat(paths.active()).isEqualTo(DIRECT);

        pass(2_000, false);
        List<PathAction> actions = event(machine -> machine.onHeard(OTHER, Kind.HEARD));

        assertThat(actions).contains(new PathAction.Probe(DIRECT));
        assertThat(actions).noneMatch(PathAction.Tell.class::isInstance);
        answer(actions);
        assertThat(paths.doubtSince()).isZero();
        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldLeaveSomebodyInBetweenWhenADirectWayAnswers() {
        InetSocketAddress between = new InetSocketAddress("192.0.2.66", 666);
        alive.add(between);
        event(machine -> machine.onWays(List.of(new Way(DIRECT, Kind.DIRECT)), true));
        event(machine -> machine.onSession(between, Kind.HEARD));
        pass(5_000, true);
        assertThat(paths.active()).as("nothing else works").isEqualTo(between);

        alive.add(DIRECT);
        pass(TimeUnit.NANOSECONDS.toMillis(WayList.RETRY_NANOS) + 1_000, true);
        answer(event(machine -> machine.onHeard(between, Kind.HEARD)));
        pass(5_000, true);

        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldLeaveWhoeverWasFasterThanThePeerWhenHeDoesNotAnswer() {
        InetSocketAddress copier = new InetSocketAddress("192.0.2.66", 666);
        alive.add(DIRECT);
        event(machine -> machine.onWays(List.of(new Way(DIRECT, Kind.DIRECT)), true));

        answer(event(machine -> machine.onSession(copier, Kind.HEARD)));
        pass(300, true);

        assertThat(paths.active()).isEqualTo(DIRECT);
    }

    @Test
    void shouldStayWhereThePeerWasHeardWhenThatAnswers() {
        InetSocketAddress mapped = new InetSocketAddress("198.51.100.2", 7999);
        alive.add(mapped);
        event(machine -> machine.onWays(List.of(new Way(DIRECT, Kind.DIRECT)), true));

        answer(event(machine -> machine.onSession(mapped, Kind.HEARD)));
        pass(5_000, true);

        assertThat(paths.active()).isEqualTo(mapped);
        assertThat(paths.changes()).isZero();
    }

    @Test
    void shouldFollowWhenTheNatOfThePeerGaveItAnotherPort() {
        beginOnRelay();
        alive.add(DIRECT);
        pass(2_000, true);
        InetSocketAddress rebound = new InetSocketAddress("198.51.100.2", 7999);
        alive.remove(DIRECT);
        alive.add(rebound);

        answer(event(machine -> machine.onHeard(rebound, Kind.DIRECT)));
        pass(300, true);

        assertThat(paths.active()).isEqualTo(rebound);
    }

    @Test
    void shouldKeepUsingTheRelayWhereverItIs() {
        beginOnRelay();
        pass(200, true);
        alive.add(TLS);
        alive.remove(RELAY);

        answer(event(machine -> machine.onRelay(TLS, Kind.TCP)));

        assertThat(paths.active()).isEqualTo(TLS);
        assertThat(paths.find(RELAY)).isNegative();
    }

    @Test
    void shouldNotFlapWhenADirectWayComesAndGoes() {
        beginOnRelay();
        alive.add(DIRECT);
        pass(2_000, true);

        for (int i = 0; i < 30; i++) {
            alive.remove(DIRECT);
            pass(1_000, true);
            alive.add(DIRECT);
            pass(1_000, true);
        }

        assertThat(paths.changes()).isLessThan(40);
    }

    @Test
    void shouldNeverLoseARecordWhateverHappens() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            PathRecord record = new PathRecord(new Id128(seed, 1), Long.MAX_VALUE);
            long time = 1_000 * MILLI;
            for (int step = 0; step < 300; step++) {
                time += random.nextInt(300) * MILLI;
                InetSocketAddress any =
                        new InetSocketAddress("198.51.100." + random.nextInt(40), 7000);
                Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
                PathMachine machine = new PathMachine(record, time);
                switch (random.nextInt(9)) {
                    case 0 -> machine.onSession(any, kind);
                    case 1 -> machine.onWays(List.of(new Way(any, kind)), random.nextBoolean());
                    case 2 -> machine.onRelay(any, Kind.RELAY);
                    case 3 -> machine.onProof(any, random.nextInt(100) * MILLI);
                    case 4 -> machine.onHeard(any, Kind.DIRECT);
                    case 5 -> machine.onMoved(time);
                    case 6 -> machine.onPeerMoved(List.of(new Way(any, Kind.LOCAL)));
                    case 7 -> machine.onRelayLost();
                    default -> machine.onTick(step, time - random.nextInt(1_000) * MILLI);
                }
                assertThat(record.count())
                        .as("seed %d step %d", seed, step)
                        .isBetween(0, PathRecord.MAX_WAYS);
                boolean known = record.active() == null || record.find(record.active()) >= 0;
                boolean relayGone = record.doubtSince() != 0;
                assertThat(known || relayGone).as("seed %d step %d", seed, step).isTrue();
            }
        }
    }
}
