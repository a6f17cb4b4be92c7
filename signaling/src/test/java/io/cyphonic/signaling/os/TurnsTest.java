package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TurnsTest {
    private final Turns turns = new Turns(3);

    @Test
    void shouldStayWithAQueueUntilItHasGivenABatch() {
        turns.gave(Turns.BYTES - 1);
        assertThat(turns.next()).isZero();

        turns.gave(1);

        assertThat(turns.next()).isEqualTo(1);
        assertThat(turns.next()).isEqualTo(1);
    }

    @Test
    void shouldEndATurnOfEmptyPacketsToo() {
        for (int i = 0; i < 128; i++) {
            assertThat(turns.next()).as("packet %d", i).isZero();
            turns.gave(0);
        }

        assertThat(turns.next()).isEqualTo(1);
    }

    @Test
    void shouldComeBackToTheFirstAfterTheLast() {
        turns.pass();
        turns.pass();
        assertThat(turns.next()).isEqualTo(2);

        turns.pass();

        assertThat(turns.next()).isZero();
    }

    /** What is urgent is in the first queue: it need not wait for the others once more. */
    @Test
    void shouldBeginWithTheFirstWhenAllWereEmpty() {
        turns.pass();
        turns.gave(Turns.BYTES - 1);

        turns.restart();

        turns.gave(1);
        assertThat(turns.next()).isZero();
    }
}
