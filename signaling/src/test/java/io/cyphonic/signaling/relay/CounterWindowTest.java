package io.cyphonic.signaling.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.protocol.RelayHeader;

import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;

class CounterWindowTest {
    @Test
    void shouldTakeEveryCounterOnceWhateverTheOrder() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        CounterWindow window = new CounterWindow();
        Set<Long> taken = new HashSet<>();
        long highest = -1;
        for (int i = 0; i < 300_000; i++) {
            long counter =
                    Math.max(0, highest + random.nextInt(300) - 250 - random.nextInt(2) * 8000);
            if (random.nextInt(5000) == 0) {
                counter = highest + 100_000;
            }
            boolean isNew = counter > highest - CounterWindow.SIZE && !taken.contains(counter);
            assertThat(window.mark(counter)).as("%d, seed %d", counter, seed).isEqualTo(isNew);
            if (isNew) {
                taken.add(counter);
                highest = Math.max(highest, counter);
            }
        }
    }

    @Test
    void shouldReachTheHighestCounter() {
        CounterWindow window = new CounterWindow();

        assertThat(window.mark(RelayHeader.MAX_COUNTER)).isTrue();
        assertThat(window.mark(RelayHeader.MAX_COUNTER)).isFalse();
        assertThat(window.mark(RelayHeader.MAX_COUNTER - CounterWindow.SIZE)).isFalse();
        assertThat(window.mark(RelayHeader.MAX_COUNTER - CounterWindow.SIZE + 1)).isTrue();
        assertThat(window.mark(0)).isFalse();
    }
}
