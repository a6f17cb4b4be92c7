package io.cyphonic.signaling.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;

class SourceLimiterTest {
    private static final InetAddress SOURCE = InetAddress.ofLiteral("192.0.2.1");
    private static final long SECOND_NS = 1_000_000_000L;

    @Test
    void shouldAllowABurstAndThenTheSustainedRate() {
        long nowNs = Long.MAX_VALUE - SECOND_NS / 2;
        SourceLimiter limiter = new SourceLimiter(16, 10, 5, 0, nowNs);

        assertThat(allowed(limiter, nowNs)).isEqualTo(5);
        assertThat(allowed(limiter, nowNs + SECOND_NS / 10)).isEqualTo(1);
        // Also across the overflow of the clock.
        assertThat(allowed(limiter, nowNs + SECOND_NS)).isEqualTo(5);
    }

    @Test
    void shouldNotPunishOtherSources() {
        SourceLimiter limiter = new SourceLimiter(1024, 1, 1, 7, 0);
        allowed(limiter, 0);

        int others = 0;
        for (int i = 2; i < 52; i++) {
            if (limiter.allows(InetAddress.ofLiteral("192.0.2." + i), 0)) {
                others++;
            }
        }

        assertThat(others).isGreaterThan(40);
    }

    private static int allowed(SourceLimiter limiter, long nowNs) {
        int allowed = 0;
        for (int i = 0; i < 100; i++) {
            if (limiter.allows(SOURCE, nowNs)) {
                allowed++;
            }
        }
        return allowed;
    }
}
