package io.cyphonic.engine.pipeline;

import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.PhasedBackoffWaitStrategy;
import com.lmax.disruptor.SleepingWaitStrategy;
import com.lmax.disruptor.WaitStrategy;
import com.lmax.disruptor.YieldingWaitStrategy;

import io.cyphonic.engine.config.EngineConfig.WaitKind;

import java.util.concurrent.TimeUnit;

/** The wait strategy of a ring for a configured kind. */
final class WaitStrategies {
    private static final int SLEEPING_RETRIES = 100;
    private static final long SLEEPING_PARK_NANOS = 20_000;
    private static final long PHASED_SPIN_MICROS = 2;
    private static final long PHASED_YIELD_MICROS = 50;

    private WaitStrategies() {}

    /**
     * How the threads of one ring wait.
     *
     * @param parking the one that sleepers sleep in, whom the workers are to tell how far they are;
     *     {@code null} where nobody sleeps
     */
    record Waiting(WaitStrategy strategy, ParkingWaitStrategy parking) {}

    static Waiting of(WaitKind kind, int workers) {
        ParkingWaitStrategy parking = new ParkingWaitStrategy(workers);
        return switch (kind) {
            case BLOCKING -> new Waiting(parking, parking);
            case SLEEPING ->
                    new Waiting(
                            new SleepingWaitStrategy(SLEEPING_RETRIES, SLEEPING_PARK_NANOS), null);
            case YIELDING -> new Waiting(new YieldingWaitStrategy(), null);
            case BUSY_SPIN -> new Waiting(new BusySpinWaitStrategy(), null);
            case PHASED_BACKOFF ->
                    new Waiting(
                            new PhasedBackoffWaitStrategy(
                                    PHASED_SPIN_MICROS,
                                    PHASED_YIELD_MICROS,
                                    TimeUnit.MICROSECONDS,
                                    parking),
                            parking);
        };
    }
}
