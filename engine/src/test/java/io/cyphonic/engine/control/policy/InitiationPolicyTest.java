package io.cyphonic.engine.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.protocol.Id128;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InitiationPolicyTest {
    @ParameterizedTest
    @CsvSource({"1, -1, -1, 0", "1, 2, 1, -2", "0, 0, 0, 1"})
    void shouldLetTheSmallerIdWinWhenBothStart(
            long smallHigh, long smallLow, long largeHigh, long largeLow) {
        Id128 small = new Id128(smallHigh, smallLow);
        Id128 large = new Id128(largeHigh, largeLow);

        assertThat(InitiationPolicy.ownRequestWins(small, large)).isTrue();
        assertThat(InitiationPolicy.ownRequestWins(large, small)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "1000000, -9223372036854775808, 1000000, true",
        "1000000, 999999, 1000000, true",
        "1000000, 1000000, 1000000, false",
        "999999, 1000000, 1000000, false",
        "1000000, 0, 1720000, true",
        "1000000, 0, 1720001, false",
        "1720000, 0, 1000000, true",
        "1720001, 0, 1000000, false"
    })
    void shouldBelieveAStampWhenItRisesAndIsNear(
            long stamp, long greatest, long now, boolean fresh) {
        assertThat(RequestFreshness.isFresh(stamp, greatest, now)).isEqualTo(fresh);
    }
}
