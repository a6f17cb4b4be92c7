package io.cyphonic.engine.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.protocol.Id128;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.concurrent.TimeUnit;

class RelayGrantPolicyTest {
    private static final Id128 ONE = new Id128(1, 9);
    private static final Id128 TWO = new Id128(-1, 2);

    @ParameterizedTest
    @CsvSource({"1000, 1000", "1000, 1001", "1001, 1000"})
    void shouldAgreeOnOneOfTwoGrantsWhenTheyComeInAnyOrder(long expiryOfOne, long expiryOfTwo) {
        boolean twoAfterOne = RelayGrantPolicy.replaces(TWO, expiryOfTwo, ONE, expiryOfOne);
        boolean oneAfterTwo = RelayGrantPolicy.replaces(ONE, expiryOfOne, TWO, expiryOfTwo);

        assertThat(twoAfterOne).isEqualTo(expiryOfTwo >= expiryOfOne).isNotEqualTo(oneAfterTwo);
    }

    @Test
    void shouldKeepTheGrantOfThePathWhenAnotherLastsHardlyLonger() {
        long expiry = 1000;
        long minute = TimeUnit.MINUTES.toMillis(1);

        assertThat(RelayGrantPolicy.replaces(ONE, expiry + minute, ONE, expiry)).isFalse();
        assertThat(RelayGrantPolicy.replaces(ONE, expiry + minute + 1, ONE, expiry)).isTrue();
    }

    @Test
    void shouldLetTheInitiatorAskFirstWhenAGrantEnds() {
        long left = TimeUnit.MINUTES.toMillis(10);

        assertThat(RelayGrantPolicy.isRenewalDue(true, left)).isTrue();
        assertThat(RelayGrantPolicy.isRenewalDue(false, left)).isFalse();
        assertThat(RelayGrantPolicy.isRenewalDue(false, left / 2)).isTrue();
    }
}
