package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ResourceUsageTest {
    @Test
    void shouldCountThreadsThatHaveEndedToo() throws InterruptedException {
        ResourceUsage before = ResourceUsage.ofThisProcess();

        // Each hand-over parks and unparks a thread that is gone afterwards.
        for (int i = 0; i < 20; i++) {
            Thread.ofPlatform().start(() -> Thread.yield()).join();
        }

        ResourceUsage after = ResourceUsage.ofThisProcess();
        assertThat(after.voluntarySwitches()).isGreaterThan(before.voluntarySwitches());
        assertThat(after.involuntarySwitches())
                .isGreaterThanOrEqualTo(before.involuntarySwitches());
        assertThat(after.peakResidentBytes()).isGreaterThan(1 << 20);
    }

    @Test
    void shouldCountThreadsOfTheRuntimeToo() {
        assertThat(ResourceUsage.threads()).isGreaterThan(Thread.activeCount());
    }
}
