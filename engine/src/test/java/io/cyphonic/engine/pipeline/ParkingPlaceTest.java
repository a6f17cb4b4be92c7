package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;

@Timeout(60)
class ParkingPlaceTest {
    private static final int ROUNDS = 30_000;

    /** Nothing is published: of this barrier only the alarm is used. */
    private static SequenceBarrier newAlarm() {
        return RingBuffer.createSingleProducer(Object::new, 1).newBarrier();
    }

    /** A sequence and who waits for it. */
    private static final class Ball {
        final Sequence sequence = new Sequence(0);
        final ParkingPlace place = new ParkingPlace();

        void throwIt(long number) {
            sequence.set(number);
            place.wakeIfDue();
        }

        void catchIt(long number, SequenceBarrier alarm) {
            while (sequence.get() < number) {
                place.sleep(sequence, number, alarm);
            }
        }
    }

    @Test
    void shouldLoseNoWakeUpWhenTwoThreadsTakeTurns() throws InterruptedException {
        Ball there = new Ball();
        Ball back = new Ball();
        SequenceBarrier alarm = newAlarm();
        Thread partner =
                new Thread(
                        () -> {
                            for (int i = 1; i <= ROUNDS; i++) {
                                there.catchIt(i, alarm);
                                back.throwIt(i);
                            }
                        });
        partner.start();

        for (int i = 1; i <= ROUNDS; i++) {
            there.throwIt(i);
            back.catchIt(i, alarm);
        }

        partner.join();
        assertThat(back.sequence.get()).isEqualTo(ROUNDS);
    }

    @Test
    void shouldWakeTheSleeperOnceWhenSeveralMove() throws InterruptedException {
        int movers = 3;
        SequenceBarrier alarm = newAlarm();
        Ball ball = new Ball();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < movers; i++) {
            Thread mover =
                    new Thread(
                            () -> {
                                for (int j = 0; j < ROUNDS; j++) {
                                    ball.sequence.incrementAndGet();
                                    ball.place.wakeIfDue();
                                }
                            });
            threads.add(mover);
            mover.start();
        }

        long seen = 0;
        while (seen < (long) movers * ROUNDS) {
            ball.catchIt(seen + 1, alarm);
            seen = ball.sequence.get();
        }

        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(seen).isEqualTo((long) movers * ROUNDS);
    }

    @Test
    void shouldReturnWhenItIsAlertedAndTheSequenceHasNotCome() throws InterruptedException {
        SequenceBarrier alarm = newAlarm();
        Ball ball = new Ball();
        Thread sleeper = new Thread(() -> ball.place.sleep(ball.sequence, 1, alarm));
        sleeper.start();

        alarm.alert();
        ball.place.wakeIfDue();

        sleeper.join();
        assertThat(ball.sequence.get()).isZero();
    }

    @Test
    void shouldBeAbleToSleepAgainAfterAnInterrupt() throws InterruptedException {
        SequenceBarrier alarm = newAlarm();
        Ball ball = new Ball();
        Thread sleeper =
                new Thread(
                        () -> {
                            Thread.currentThread().interrupt();
                            ball.catchIt(1, alarm);
                        });
        sleeper.start();
        while (sleeper.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }

        ball.throwIt(1);

        sleeper.join();
    }
}
