package io.cyphonic.engine.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;

/**
 * Makes the platform threads of one pipeline, with names of at most 15 characters, and joins them.
 */
final class NamedThreads implements ThreadFactory {
    private final List<String> names;
    private final List<Thread> threads = new ArrayList<>();

    /** The names, in the order in which threads will be asked for. */
    NamedThreads(List<String> names) {
        this.names = names;
    }

    @Override
    public synchronized Thread newThread(Runnable work) {
        Thread thread =
                Thread.ofPlatform()
                        .name(names.get(threads.size() % names.size()))
                        .daemon(true)
                        .unstarted(work);
        threads.add(thread);
        return thread;
    }

    /** Waits for each of them, so long at most; false if one still runs. */
    synchronized boolean join(long timeoutMillis) {
        boolean ended = true;
        for (Thread thread : threads) {
            try {
                thread.join(timeoutMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
            ended &= !thread.isAlive();
        }
        return ended;
    }
}
