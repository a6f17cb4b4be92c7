package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.EngineConfig.WaitKind;
import io.cyphonic.engine.fixtures.EngineRig;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A wake-up that is lost stops the ring for good: then these tests wait in vain. */
@Timeout(60)
class SlotRingTest {
    private static final int SLOTS = 20_000;

    /** A slot that knows who has worked on it. */
    private static final class Numbered extends Slot {
        long worked;
        int worker;

        @Override
        int packets() {
            return 1;
        }

        @Override
        int bufferBytes() {
            return 0;
        }
    }

    /** A step of a ring under test. */
    @FunctionalInterface
    private interface Step {
        void take(int worker, Numbered slot);
    }

    private static final class Worker implements SlotWorker<Numbered> {
        private final int number;
        private final Step step;

        Worker(int number, Step step) {
            this.number = number;
            this.step = step;
        }

        @Override
        public void process(Numbered slot) {
            step.take(number, slot);
            slot.worked = slot.batch;
            slot.worker = number;
        }

        @Override
        public void close() {}
    }

    /** Expects the slots in order, each worked on by the one whose it is. */
    private static final class OrderedSink implements SlotSink<Numbered> {
        final AtomicLong finished = new AtomicLong();
        final AtomicReference<String> wrong = new AtomicReference<>();
        private final int workers;
        private final Step step;

        OrderedSink(int workers, Step step) {
            this.workers = workers;
            this.step = step;
        }

        @Override
        public void finish(Numbered slot) {
            step.take(workers, slot);
            long expected = finished.get() + 1;
            boolean right =
                    slot.batch == expected
                            && slot.worked == expected
                            && slot.worker == (expected - 1) % workers;
            if (!right) {
                wrong.compareAndSet(
                        null,
                        "expected %d, found %d worked as %d by %d"
                                .formatted(expected, slot.batch, slot.worked, slot.worker));
            }
            finished.set(expected);
        }

        @Override
        public void abandon(Numbered slot) {
            wrong.compareAndSet(null, "slot " + slot.batch + " was abandoned");
        }
    }

    private static SlotRunner<Numbered> runner(Worker worker, OrderedSink sink) {
        return new SlotRunner<>(
                worker,
                sink,
                Disturbance.NONE,
                Disturbance.Step.SEAL,
                Disturbance.Step.SEND,
                new FailureLog());
    }

    private static SlotRing<Numbered> ring(
            WaitKind wait, int size, int workers, Step work, OrderedSink sink) {
        List<String> names = new ArrayList<>();
        IntStream.range(0, workers).forEach(i -> names.add("ring-worker-" + i));
        names.add("ring-sink");
        SlotRing<Numbered> ring =
                new SlotRing<>(
                        Numbered::new,
                        size,
                        wait,
                        IntStream.range(0, workers)
                                .mapToObj(i -> runner(new Worker(i, work), null))
                                .toList(),
                        runner(null, sink),
                        new NamedThreads(names),
                        new FailureLog());
        ring.start();
        return ring;
    }

    private static void publish(SlotRing<Numbered> ring, long batch) {
        Numbered slot = ring.claim();
        slot.clear();
        slot.batch = batch;
        ring.publish();
    }

    static Stream<Arguments> rings() {
        List<Arguments> all = new ArrayList<>();
        for (WaitKind wait : new WaitKind[] {WaitKind.BLOCKING, WaitKind.PHASED_BACKOFF}) {
            for (int size : new int[] {4, 32}) {
                for (int workers : new int[] {1, 2, 3}) {
                    all.add(Arguments.of(wait, size, workers));
                }
            }
        }
        return all.stream();
    }

    /** Everybody is now early, now late, so that everybody has to sleep for everybody else. */
    private static Step uneven(long seed) {
        return (worker, slot) -> {
            int dice = new Random(seed + 31 * slot.batch + 7919L * worker).nextInt(400);
            if (dice == 0) {
                LockSupport.parkNanos(50_000);
            } else if (dice < 100) {
                for (int i = 0; i < 5 * dice; i++) {
                    Thread.onSpinWait();
                }
            }
        };
    }

    @ParameterizedTest(name = "{0} size={1} workers={2}")
    @MethodSource("rings")
    void shouldFinishAllInOrderWhenEverybodyIsUneven(WaitKind wait, int size, int workers) {
        long seed = new Random().nextLong();
        OrderedSink sink = new OrderedSink(workers, uneven(seed));
        SlotRing<Numbered> ring = ring(wait, size, workers, uneven(~seed), sink);
        Step stage = uneven(seed * 31);
        Numbered clock = new Numbered();

        for (long batch = 1; batch <= SLOTS; batch++) {
            clock.batch = batch;
            stage.take(-1, clock);
            publish(ring, batch);
        }
        EngineRig.await("all slots, seed " + seed, ring::isDrained);

        assertThat(sink.wrong.get()).as("seed %d", seed).isNull();
        assertThat(sink.finished.get()).isEqualTo(SLOTS);
        ring.stop(1_000);
    }

    @ParameterizedTest(name = "{0} size={1} workers={2}")
    @MethodSource("rings")
    void shouldFinishEverySlotWhenNoneFollows(WaitKind wait, int size, int workers) {
        // The phased kind spins and yields before it sleeps: that takes its time.
        int slots = wait == WaitKind.BLOCKING ? SLOTS : SLOTS / 20;
        OrderedSink sink = new OrderedSink(workers, (_, _) -> {});
        SlotRing<Numbered> ring = ring(wait, size, workers, (_, _) -> {}, sink);

        for (long batch = 1; batch <= slots; batch++) {
            publish(ring, batch);
            while (!ring.isDrained()) {
                Thread.onSpinWait();
            }
        }

        assertThat(sink.wrong.get()).isNull();
        assertThat(sink.finished.get()).isEqualTo(slots);
        ring.stop(1_000);
    }

    @Test
    void shouldLetEverybodySleepWhoHasNothingToDo() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        OrderedSink sink = new OrderedSink(2, (_, _) -> {});
        Step holdFirst =
                (_, slot) -> {
                    if (slot.batch == 1) {
                        awaitUninterruptibly(release);
                    }
                };
        SlotRing<Numbered> ring = ring(WaitKind.BLOCKING, 4, 2, holdFirst, sink);
        AtomicLong published = new AtomicLong();
        Semaphore permits = new Semaphore(2);
        Thread stage =
                new Thread(
                        () -> {
                            for (long batch = 1; batch <= 5; batch++) {
                                permits.acquireUninterruptibly();
                                publish(ring, batch);
                                published.set(batch);
                            }
                        },
                        "ring-stage");
        stage.start();

        EngineRig.await("two slots", () -> published.get() == 2);
        EngineRig.await("worker 1 to sleep", () -> isAsleep("ring-worker-1"));
        EngineRig.await("the sink to sleep", () -> isAsleep("ring-sink"));
        permits.release(3);
        EngineRig.await("the ring to be full", () -> published.get() == 4);
        EngineRig.await("the stage to sleep", () -> isAsleep("ring-stage"));
        assertThat(sink.finished.get()).isZero();

        release.countDown();
        EngineRig.await("all slots", () -> sink.finished.get() == 5);
        stage.join();
        assertThat(sink.wrong.get()).isNull();
        ring.stop(1_000);
    }

    @Test
    void shouldGiveUpWaitingForRoomWhenTold() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        OrderedSink sink = new OrderedSink(1, (_, _) -> awaitUninterruptibly(release));
        SlotRing<Numbered> ring = ring(WaitKind.BLOCKING, 4, 1, (_, _) -> {}, sink);
        for (long batch = 1; batch <= 4; batch++) {
            publish(ring, batch);
        }
        AtomicReference<Object> claimed = new AtomicReference<>("nothing yet");
        Thread stage = new Thread(() -> claimed.set(ring.claim()), "ring-stage");
        stage.start();
        EngineRig.await("the stage to sleep", () -> isAsleep("ring-stage"));

        ring.giveUp();

        stage.join();
        assertThat(claimed.get()).isNull();
        release.countDown();
        ring.stop(1_000);
    }

    private static boolean isAsleep(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(
                        thread ->
                                thread.getName().equals(name)
                                        && thread.getState() == Thread.State.WAITING
                                        && LockSupport.getBlocker(thread) instanceof ParkingPlace);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
