package io.cyphonic.engine;

import io.cyphonic.engine.control.CloudLogin;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A login whose first attempt is under way before anybody asks for it: it takes as long as opening
 * the data path, and needs nothing of it. Thread-safe.
 */
final class EarlyLogin implements CloudLogin {
    private final CloudLogin login;
    private final AtomicReference<CompletableFuture<Result>> first;

    private EarlyLogin(CloudLogin login, CompletableFuture<Result> first) {
        this.login = login;
        this.first = new AtomicReference<>(first);
    }

    /** Begins to log in on a virtual thread of its own; bounded by the login's own deadline. */
    static EarlyLogin begin(CloudLogin login) {
        CompletableFuture<Result> first = new CompletableFuture<>();
        Thread.ofVirtual().name("cy-login").start(() -> complete(first, login));
        return new EarlyLogin(login, first);
    }

    private static void complete(CompletableFuture<Result> first, CloudLogin login) {
        try {
            first.complete(login.login());
        } catch (RuntimeException e) {
            first.completeExceptionally(e);
        }
    }

    /** The first call waits for the attempt that is under way; every further one makes its own. */
    @Override
    public Result login() {
        CompletableFuture<Result> early = first.getAndSet(null);
        return early == null ? login.login() : early.join();
    }
}
