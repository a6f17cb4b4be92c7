package io.cyphonic.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;

/** Two nodes that talk, and somebody in between whose copy of everything is always there first. */
class ImpostorTest {
    @TempDir Path directory;

    @Test
    void shouldConnectAndStayAwayFromHimWhenAllIsCopied() throws IOException {
        try (Identities identities = new Identities(directory);
                World world = new World(1, identities)) {
            Impostor impostor = world.impostor(Impostor.Kind.COPIER);
            Flow flow = talk(world);

            assertThat(world.runUntil(() -> flow.isAnsweredSince(0), Duration.ofSeconds(2)))
                    .isTrue();
            world.advance(Duration.ofSeconds(5));

            assertThat(impostor.isAt(endpoint(flow))).isFalse();
            assertThat(flow.isAnsweredSince(world.time().nanoTime() - 1_000_000_000L)).isTrue();
        }
    }

    @Test
    void shouldGoOnWithoutHimWhenHePassesNothingOnAnyMore() throws IOException {
        try (Identities identities = new Identities(directory);
                World world = new World(2, identities)) {
            Impostor impostor = world.impostor(Impostor.Kind.FORWARDER);
            Flow flow = talk(world);
            world.advance(Duration.ofSeconds(20));

            impostor.keepToHimself();
            long stopped = world.time().nanoTime();

            assertThat(world.runUntil(() -> flow.isAnsweredSince(stopped), Duration.ofSeconds(2)))
                    .isTrue();
            world.advance(Duration.ofSeconds(5));
            assertThat(impostor.isAt(endpoint(flow))).isFalse();
        }
    }

    private static Flow talk(World world) {
        SimNode client = world.node(world.place(Place.Kind.PUBLIC_IPV4));
        SimNode server = world.node(world.place(Place.Kind.PUBLIC_IPV4));
        world.advance(Duration.ofSeconds(1));
        return world.flow(client, server, Duration.ofMillis(100));
    }

    private static InetSocketAddress endpoint(Flow flow) {
        return flow.client().node().plane().peers().getFirst().endpoint().toSocketAddress();
    }
}
