package io.cyphonic.signaling.registry;

import static io.cyphonic.signaling.registry.RegistrySamples.hash;
import static io.cyphonic.signaling.registry.RegistrySamples.id;
import static io.cyphonic.signaling.registry.RegistrySamples.overIpv4;
import static io.cyphonic.signaling.registry.RegistrySamples.overIpv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.state.ChronicleStateStore;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random logs: replayed from the start or from a snapshot, they make the same state. */
class RegistryReplayTest {
    private static final int ENTRIES = 3_000;
    private static final RegistryLimits LIMITS = new RegistryLimits(60, 20);

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @Test
    void shouldMakeTheSameStateWhenTheLogIsReplayed() {
        final List<byte[]> log = new ArrayList<>();
        final List<byte[]> outcomes = new ArrayList<>();
        final int snapshotAt = random.nextInt(ENTRIES);
        List<byte[]> early = null;
        final List<byte[]> end;
        try (ChronicleStateStore store = new ChronicleStateStore()) {
            final RegistryStateMachine machine = RegistryStateMachineTest.newMachine(store, LIMITS);
            for (int i = 0; i < ENTRIES; i++) {
                if (i == snapshotAt) {
                    early = RegistryStateMachineTest.snapshot(machine);
                }
                log.add(RegistryCommandCodec.encode(randomCommand(i)));
                outcomes.add(apply(machine, i, log.get(i)));
            }
            assertThat(machine.view().nodes()).as("seed %d", seed).isNotEmpty();
            end = RegistryStateMachineTest.snapshot(machine);
        }

        try (ChronicleStateStore store = new ChronicleStateStore()) {
            final RegistryStateMachine machine = RegistryStateMachineTest.newMachine(store, LIMITS);
            for (int i = 0; i < ENTRIES; i++) {
                assertThat(apply(machine, i, log.get(i)))
                        .as("seed %d entry %d", seed, i)
                        .isEqualTo(outcomes.get(i));
            }
            assertSame(machine, end);
            RegistryStateMachineTest.load(machine, early);
            for (int i = snapshotAt; i < ENTRIES; i++) {
                apply(machine, i, log.get(i));
            }
            assertSame(machine, end);
        }
    }

    private void assertSame(RegistryStateMachine machine, List<byte[]> pieces) {
        assertThat(RegistryStateMachineTest.snapshot(machine))
                .as("seed %d", seed)
                .usingRecursiveComparison()
                .isEqualTo(pieces);
    }

    private static byte[] apply(RegistryStateMachine machine, long timestamp, byte[] entry) {
        final Registry.Redeemed outcome =
                machine.apply(timestamp, RegistryCommandCodec.decode(entry, 0, entry.length));
        final byte[] bytes = RegistryCommandCodec.encodeOutcome(outcome);
        assertThat(RegistryCommandCodec.decodeOutcome(bytes, 0, bytes.length)).isEqualTo(outcome);
        return bytes;
    }

    private RegistryCommand randomCommand(int now) {
        final String name = "n" + random.nextInt(20);
        final int invitation = random.nextInt(200);
        final Id128 node = id(1000 + random.nextInt(60));
        return switch (random.nextInt(12)) {
            case 0, 1, 2, 3 ->
                    new RegistryCommand.Invite(
                            id(invitation + 1), name, hash(invitation), now + random.nextInt(500));
            case 4, 5, 6, 7 ->
                    new RegistryCommand.Redeem(
                            id(invitation + 1),
                            hash(invitation),
                            hash(random.nextInt(3)),
                            now,
                            id(1000 + random.nextInt(60)));
            case 8 -> new RegistryCommand.StoreCertificate(node, new byte[random.nextInt(2500)]);
            case 9 ->
                    new RegistryCommand.Register(
                            node,
                            random.nextBoolean()
                                    ? overIpv4(random.nextInt(3), random.nextInt(50), 1 + now)
                                    : overIpv6(random.nextInt(3), random.nextInt(50), 1 + now));
            case 10 -> new RegistryCommand.Unregister(node, random.nextInt(3));
            default -> new RegistryCommand.Revoke(name);
        };
    }
}
