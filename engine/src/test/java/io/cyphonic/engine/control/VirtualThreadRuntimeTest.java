package io.cyphonic.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.security.SecureRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

@Timeout(30)
class VirtualThreadRuntimeTest {
    @Test
    void shouldGoOnSweepingWhenASweepEndsWithAnError() throws InterruptedException {
        VirtualThreadRuntime runtime = new VirtualThreadRuntime(new SecureRandom());
        try {
            CountDownLatch sweeps = new CountDownLatch(3);

            runtime.every(
                    1,
                    () -> {
                        sweeps.countDown();
                        if (sweeps.getCount() > 0) {
                            throw new AssertionError("wanted by the test");
                        }
                    });

            assertThat(sweeps.await(20, TimeUnit.SECONDS)).isTrue();
        } finally {
            runtime.close();
        }
    }
}
