package io.cyphonic.engine.control.gateway;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The thread that steps a {@link PortMapper}: a virtual one, since it mostly waits. */
public final class PortMapping implements AutoCloseable {
    private static final Duration CLOSE_LIMIT = Duration.ofMillis(400);

    private final PortMapper mapper;
    private final Semaphore wakeUp = new Semaphore(0);
    private final Thread thread;

    private PortMapping(PortMapper mapper) {
        this.mapper = mapper;
        this.thread = Thread.ofVirtual().name("cy-port-mapping").unstarted(this::run);
    }

    /** Begins at once. */
    public static PortMapping start(PortMapper mapper) {
        PortMapping mapping = new PortMapping(mapper);
        mapping.thread.start();
        return mapping;
    }

    /** The network has changed: look at once. */
    public void networkChanged() {
        wakeUp.release();
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                long wait = mapper.step();
                if (wakeUp.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
                    wakeUp.drainPermits();
                }
            }
        } catch (InterruptedException _) {
            // The end.
        }
        // The flag would end the last exchange too.
        Thread.interrupted();
        mapper.withdraw();
    }

    /** Gives the mapping back; takes less than half a second. Idempotent. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(CLOSE_LIMIT);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
