package io.cyphonic.engine;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What was started, to be closed in the reverse order: all of it, whatever fails on the way. Owned
 * by one thread at a time.
 */
final class CloseStack implements AutoCloseable {
    private final Deque<AutoCloseable> started = new ArrayDeque<>();

    /** Takes over something that is running now. */
    <T extends AutoCloseable> T push(T resource) {
        started.push(resource);
        return resource;
    }

    /** Closes everything; the first failure comes out, with the others attached. Idempotent. */
    @Override
    public void close() {
        RuntimeException first = null;
        while (!started.isEmpty()) {
            try {
                started.pop().close();
            } catch (Exception e) {
                if (first == null) {
                    first = new IllegalStateException("closing failed: " + e.getMessage(), e);
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
