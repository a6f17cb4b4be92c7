package io.cyphonic.signaling.registry;

import static io.cyphonic.signaling.registry.RegistrySamples.address;
import static io.cyphonic.signaling.registry.RegistrySamples.hash;
import static io.cyphonic.signaling.registry.RegistrySamples.id;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.state.ChronicleStateStore;
import io.cyphonic.signaling.state.StateStore;

import org.junit.jupiter.api.Test;

import java.net.InetSocketAddress;

/** Logs and snapshots of clouds that did not tell confirmed addresses from others. */
class OldFormatsTest {
    private static final InetSocketAddress SOURCE =
            new InetSocketAddress(address("192.0.2.1"), 1005);

    @Test
    void shouldTakeTheSourceOfAnOldEntryForAnAddressThatNobodyHasConfirmed() {
        byte[] entry =
                new BinaryWriter()
                        .int8(1)
                        .int8(5)
                        .id(id(3))
                        .int64(7)
                        .int64(9)
                        .socketAddress(SOURCE)
                        .socketAddress(null)
                        .int8(0)
                        .toArray();

        var command =
                (RegistryCommand.Register) RegistryCommandCodec.decode(entry, 0, entry.length);

        assertThat(command.nodeId()).isEqualTo(id(3));
        assertThat(command.registration().loginId()).isEqualTo(7);
        assertThat(command.registration().ipv4()).isEqualTo(new Sighting(9, null, SOURCE));
        assertThat(command.registration().observedIpv6()).isNull();
    }

    @Test
    void shouldLoadASnapshotOfVersionOne() {
        byte[] header =
                new BinaryWriter()
                        .int8(1)
                        .int8(1)
                        .int32(4)
                        .int32(1)
                        .int64(0)
                        .int32(0)
                        .int8(0)
                        .toArray();
        byte[] node =
                new BinaryWriter()
                        .int8(2)
                        .int8(1)
                        .id(id(3))
                        .text("alice.cyphonic.internal")
                        .address(address("10.121.0.4"))
                        .address(address("fd00:121::4"))
                        .bytes(hash(1))
                        .bytes(new byte[0])
                        .int8(0)
                        .int8(1)
                        .int64(7)
                        .int64(9)
                        .int64(-1)
                        .socketAddress(SOURCE)
                        .socketAddress(null)
                        .int64(1000)
                        .int8(0)
                        .int8(1)
                        .int64(6)
                        .toArray();
        try (StateStore store = new ChronicleStateStore()) {
            RegistryStateMachine machine = new RegistryStateMachine(store, RegistryLimits.DEFAULT);
            try (RegistrySnapshot.Loader loader = machine.loadSnapshot()) {
                loader.accept(header);
                loader.accept(node);
            }

            NodeRecord.Registration loaded =
                    machine.view().findById(id(3)).orElseThrow().registration();
            assertThat(loaded.ipv4()).isEqualTo(new Sighting(9, null, SOURCE));
            assertThat(loaded.ipv6()).isEqualTo(Sighting.NONE);
            assertThat(loaded.supersededLogins()).containsExactly(6L);
        }
    }
}
