package io.cyphonic.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class WarmUpTest {
    private int tunnelsOpening;
    private int roundsOfTime;
    private int pauses;

    @Test
    void shouldGoOnAtOnceWhenNoTunnelOpens() {
        roundsOfTime = 1;

        assertThat(goesOn()).isTrue();
        assertThat(pauses).isZero();
    }

    @Test
    void shouldHoldStillUntilTheTunnelIsOpen() {
        roundsOfTime = 10;
        tunnelsOpening = 3;

        assertThat(goesOn()).isTrue();
        assertThat(pauses).isEqualTo(3);
    }

    @Test
    void shouldEndWhenTheTunnelOpensForAllItsTime() {
        roundsOfTime = 10;
        tunnelsOpening = 100;

        assertThat(goesOn()).isFalse();
        assertThat(pauses).isEqualTo(10);
    }

    private boolean goesOn() {
        return WarmUp.goesOn(() -> roundsOfTime-- > 0, () -> tunnelsOpening-- > 0, () -> pauses++);
    }
}
