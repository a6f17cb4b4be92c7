package io.cyphonic.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.SignalingNetwork.Weather;
import io.cyphonic.signaling.protocol.DatagramType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Somebody on the backbone copies all that a node says to the cloud, and is there first. */
class CopiedRegistrationTest {
    private static final Weather EVEN = new Weather(0, 0, 10, 10);

    @TempDir static Path directory;

    @Test
    void shouldNameTheNodeAndNotTheCopierWhenEveryMessageToTheCloudIsCopied() throws IOException {
        try (Identities identities = new Identities(directory);
                World world = new World(1, identities)) {
            world.internet().weather(EVEN);
            copyWhatGoesToTheCloud(world);
            SimNode node = world.node(world.place(Place.Kind.HOME));

            world.advance(Duration.ofSeconds(5));

            InetSocketAddress named = observed(world);
            assertThat(world.internet().isOwned(named, node.host())).as("%s", named).isTrue();
        }
    }

    private static InetSocketAddress observed(World world) {
        return world.cloud().registry().nodes().stream()
                .filter(each -> each.registration() != null)
                .findFirst()
                .orElseThrow()
                .registration()
                .observedIpv4();
    }

    private static void copyWhatGoesToTheCloud(World world) {
        InetSocketAddress own = new InetSocketAddress(Place.ipv4(192, 0, 2, 66), 6666);
        Host copier = new Host("copier", world.internet(), own.getPort());
        copier.plug(List.of(new Host.Interface(world.internet().backbone(), own.getAddress())));
        world.internet()
                .tap(
                        packet -> {
                            boolean toTheCloud = packet.to().getPort() == World.NMS_PORT;
                            boolean control = packet.datagram()[0] == DatagramType.CONTROL;
                            if (packet.origin() != copier && toTheCloud && control) {
                                copier.forge(packet.datagram(), own, packet.to());
                            }
                        });
    }
}
