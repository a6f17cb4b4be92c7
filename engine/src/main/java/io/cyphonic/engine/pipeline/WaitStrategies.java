package io.cyphonic.engine.pipeline;

import com.lmax.disruptor.BlockingWaitStrategy;
import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.PhasedBackoffWaitStrategy;
import com.lmax.disruptor.SleepingWaitStrategy;
import com.lmax.disruptor.WaitStrategy;
import com.lmax.disruptor.YieldingWaitStrategy;

import io.cyphonic.engine.config.EngineConfig.WaitKind;

import java.util.concurrent.TimeUnit;

/** The Disruptor's wait strategy for a configured kind. */
final class WaitStrategies {
    private static final int SLEEPING_RETRIES = 100;
    private static final long SLEEPING_PARK_NANOS = 20_000;
    private static final long PHASED_SPIN_MICROS = 2;
    private static final long PHASED_YIELD_MICROS = 50;

    private WaitStrategies() {}

    static WaitStrategy of(WaitKind kind) {
        return switch (kind) {
            case BLOCKING -> new BlockingWaitStrategy();
            case SLEEPING -> new SleepingWaitStrategy(SLEEPING_RETRIES, SLEEPING_PARK_NANOS);
            case YIELDING -> new YieldingWaitStrategy();
            case BUSY_SPIN -> new BusySpinWaitStrategy();
            case PHASED_BACKOFF ->
                    PhasedBackoffWaitStrategy.withLock(
                            PHASED_SPIN_MICROS, PHASED_YIELD_MICROS, TimeUnit.MICROSECONDS);
        };
    }
}
