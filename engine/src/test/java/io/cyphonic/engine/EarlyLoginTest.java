package io.cyphonic.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.engine.control.CloudLogin.Result;

import org.junit.jupiter.api.Test;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

class EarlyLoginTest {
    private final AtomicInteger attempts = new AtomicInteger();

    private Result attempt() {
        return new Result.Failed(false, "attempt " + attempts.incrementAndGet());
    }

    @Test
    void shouldBeginBeforeAnybodyAsks() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);

        EarlyLogin.begin(
                () -> {
                    begun.countDown();
                    return attempt();
                });

        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void shouldUseTheFirstAttemptOnceAndThenTryAnew() {
        EarlyLogin login = EarlyLogin.begin(this::attempt);

        assertThat(login.login()).isEqualTo(new Result.Failed(false, "attempt 1"));
        assertThat(login.login()).isEqualTo(new Result.Failed(false, "attempt 2"));
    }

    @Test
    void shouldWaitForTheAttemptUnderWay() {
        CompletableFuture<Result> answer = new CompletableFuture<>();
        EarlyLogin login = EarlyLogin.begin(answer::join);
        CompletableFuture<Result> asked = CompletableFuture.supplyAsync(login::login);

        answer.complete(attempt());

        assertThat(asked.orTimeout(10, TimeUnit.SECONDS).join())
                .isEqualTo(new Result.Failed(false, "attempt 1"));
    }

    @Test
    void shouldPassOnWhatTheFirstAttemptThrew() {
        EarlyLogin login =
                EarlyLogin.begin(
                        () -> {
                            throw new IllegalStateException("broken");
                        });

        assertThatThrownBy(login::login)
                .isInstanceOf(CompletionException.class)
                .hasRootCauseMessage("broken");
    }
}
