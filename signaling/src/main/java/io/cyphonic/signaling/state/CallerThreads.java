package io.cyphonic.signaling.state;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * Keeps virtual threads out of Chronicle. It holds a context of tens of kilobytes for every thread
 * that ever used a map, and remembers it until the map is closed: fine for a few long-lived
 * platform threads, a leak for a virtual thread per request. Those are served by one platform
 * thread, started on first use.
 */
final class CallerThreads implements AutoCloseable {
    private ExecutorService executor;
    private boolean closed;

    boolean mustDelegate() {
        return Thread.currentThread().isVirtual();
    }

    boolean call(BooleanSupplier operation) {
        final CompletableFuture<Boolean> done = new CompletableFuture<>();
        executor()
                .execute(
                        () -> {
                            try {
                                done.complete(operation.getAsBoolean());
                            } catch (Throwable e) {
                                done.completeExceptionally(e);
                            }
                        });
        try {
            return waitFor(done);
        } catch (ExecutionException e) {
            throw new IllegalStateException("state table operation failed", e.getCause());
        }
    }

    /**
     * Not interruptible: an operation takes microseconds, and half a compare-and-set is no answer.
     */
    private static boolean waitFor(CompletableFuture<Boolean> done) throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return done.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized ExecutorService executor() {
        if (closed) {
            throw new IllegalStateException("state store is closed");
        }
        if (executor == null) {
            executor =
                    Executors.newSingleThreadExecutor(
                            Thread.ofPlatform().daemon().name("state-virtual").factory());
        }
        return executor;
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (executor != null) {
            executor.shutdown();
        }
    }
}
