package io.cyphonic.signaling.credential;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends whatever a connection is doing when its time is over, by closing it. A timeout per read
 * would let a peer that sends one byte at a time stay for ever. One virtual thread waits for the
 * time or for {@link #close}. Thread-safe.
 */
public final class ConnectionDeadline implements AutoCloseable {
    private final CountDownLatch finished = new CountDownLatch(1);
    private boolean expired;
    private Closeable guarded;

    private ConnectionDeadline() {}

    /** Starts to count. */
    public static ConnectionDeadline after(Duration time) {
        ConnectionDeadline deadline = new ConnectionDeadline();
        Thread.ofVirtual().name("deadline").start(() -> deadline.await(time));
        return deadline;
    }

    /** Puts a connection under this deadline, in place of the one before. */
    public void guard(Closeable connection) {
        boolean late;
        synchronized (this) {
            guarded = connection;
            late = expired;
        }
        if (late) {
            closeQuietly(connection);
        }
    }

    /** Whether the time is over. */
    public synchronized boolean expired() {
        return expired;
    }

    /** Lets the connection go on. Idempotent. */
    @Override
    public void close() {
        finished.countDown();
    }

    private void await(Duration time) {
        try {
            if (finished.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException _) {
            return;
        }
        Closeable connection;
        synchronized (this) {
            expired = true;
            connection = guarded;
        }
        if (connection != null) {
            closeQuietly(connection);
        }
    }

    private static void closeQuietly(Closeable connection) {
        try {
            connection.close();
        } catch (IOException _) {
            // It is gone either way.
        }
    }
}
