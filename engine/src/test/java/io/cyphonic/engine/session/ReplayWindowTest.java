package io.cyphonic.engine.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;

class ReplayWindowTest {
    private static final long SIZE = ReplayWindow.SIZE;

    /** Counter, and whether it must be accepted; in this order. */
    private static final Object[][] ROWS = {
        {0L, true},
        {0L, false},
        {1L, true},
        {1L, false},
        {9L, true},
        {8L, true},
        {7L, true},
        {7L, false},
        {SIZE, true},
        {SIZE - 1, true},
        {SIZE - 1, false},
        {SIZE, false},
        {1L, false},
        {2L, true},
        {2L, false},
        {SIZE + 1, true},
        {1L, false},
        {3L, true},
        {SIZE + 16, true},
        {3L, false},
        {15L, false},
        {16L, false},
        {17L, true},
        {17L, false},
        {SIZE * 4, true},
        {SIZE * 4 - SIZE, false},
        {SIZE * 4 - SIZE + 1, true},
        {SIZE * 4 - SIZE + 1, false},
        {10L, false},
        {SIZE * 4 + 1_000_000_007L, true},
        {SIZE * 4, false},
        {ReplayWindow.COUNTER_LIMIT - 1, true},
        {ReplayWindow.COUNTER_LIMIT - 1, false},
        {ReplayWindow.COUNTER_LIMIT, false},
        {-1L, false},
        {Long.MIN_VALUE, false},
        {ReplayWindow.COUNTER_LIMIT - 2, true},
    };

    @Test
    void shouldBeAtLeastAsLargeAsTheProtocolPromises() {
        assertThat(ReplayWindow.SIZE).isGreaterThanOrEqualTo(8192);
    }

    @Test
    void shouldAcceptEachCounterOnceWhenItIsInTheWindow() {
        ReplayWindow window = new ReplayWindow();

        for (int row = 0; row < ROWS.length; row++) {
            long counter = (long) ROWS[row][0];
            boolean expected = (boolean) ROWS[row][1];

            assertThat(window.isNew(counter)).as("row %d: %d", row, counter).isEqualTo(expected);
            assertThat(window.mark(counter)).as("row %d: %d", row, counter).isEqualTo(expected);
        }
    }

    @Test
    void shouldAgreeWithASetOfSeenCounters() {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            ReplayWindow window = new ReplayWindow();
            Set<Long> seen = new HashSet<>();
            long highest = -1;
            for (int i = 0; i < 20_000; i++) {
                long step = random.nextInt(100) == 0 ? random.nextInt(40_000) : 40;
                long counter = Math.max(0, highest - random.nextInt(20_000) % (int) (SIZE + 200));
                counter =
                        random.nextInt(3) == 0 ? highest + 1 + random.nextLong(step + 1) : counter;
                boolean expected =
                        (counter > highest || highest - counter < SIZE) && seen.add(counter);

                assertThat(window.mark(counter)).as("seed %d step %d", seed, i).isEqualTo(expected);
                highest = Math.max(highest, counter);
            }
        }
    }
}
