package io.cyphonic.signaling.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.exceptions.AeronException;

import org.junit.jupiter.api.Test;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

class CommandClientTest {
    private static final long WRITE_DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(30);

    @Test
    void shouldSayWhyAndRefuseWritesWhenTheMemberIsBroken() throws Exception {
        try (CommandClient client =
                new CommandClient(
                        () -> {
                            throw new AeronException("client is closed");
                        },
                        new AgentPacing(),
                        WRITE_DEADLINE_NANOS,
                        () -> true)) {
            client.start();

            assertThat(client.failure().get(10, TimeUnit.SECONDS)).contains("client is closed");
            assertThat(client.call(new byte[1])).isNull();
        }
    }

    @Test
    void shouldTryAgainWhenOnlyTheSessionIsLost() throws Exception {
        CountDownLatch tries = new CountDownLatch(2);
        try (CommandClient client =
                new CommandClient(
                        () -> {
                            tries.countDown();
                            throw new AeronException("no leader yet");
                        },
                        new AgentPacing(),
                        WRITE_DEADLINE_NANOS,
                        () -> false)) {
            client.start();

            assertThat(tries.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(client.failure()).isNotDone();
        }
    }
}
