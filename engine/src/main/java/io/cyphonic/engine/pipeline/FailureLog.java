package io.cyphonic.engine.pipeline;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.atomic.AtomicLong;

/** Logs the first failure of a handler with its cause and the further ones now and then. */
final class FailureLog {
    private static final Logger LOG = LoggerFactory.getLogger(FailureLog.class);
    private static final long EVERY = 100_000;

    private final AtomicLong failures = new AtomicLong();

    void log(Disturbance.Step step, Throwable cause) {
        long count = failures.incrementAndGet();
        if (count % EVERY == 1) {
            LOG.error("a handler failed before or during {}: failure {}", step, count, cause);
        }
    }
}
