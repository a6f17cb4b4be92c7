package io.cyphonic.engine.pipeline;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** Somebody goes to sleep at the moment that what it waits for comes. */
public class ParkingRace {
    private ParkingRace() {}

    /** Nothing is published: of this barrier only the alarm is used. */
    private static SequenceBarrier newAlarm() {
        return RingBuffer.createSingleProducer(Object::new, 1).newBarrier();
    }

    private static String sleep(
            ParkingWaitStrategy strategy,
            Sequence cursor,
            Sequence dependent,
            SequenceBarrier alarm,
            WakeUpWatch watch) {
        watch.sleeps();
        try {
            strategy.waitFor(0, cursor, dependent, alarm);
            return watch.awake();
        } catch (AlertException e) {
            return watch.awake() + " by the alarm";
        }
    }

    /** The stage sleeps because the ring is full, and the sink makes room. */
    @JCStressTest
    @Outcome(id = "woken", expect = ACCEPTABLE, desc = "Woken, or it did not even lie down.")
    @Outcome(expect = FORBIDDEN, desc = "The wake-up was lost: the pipeline stands still.")
    @State
    public static class StageAndSink {
        private final Sequence progress = new Sequence(0);
        private final ParkingPlace place = new ParkingPlace();
        private final SequenceBarrier alarm = newAlarm();
        private final WakeUpWatch watch = new WakeUpWatch();

        @Actor
        public void stage(L_Result r) {
            watch.sleeps();
            while (progress.get() < 1) {
                place.sleep(progress, 1, alarm);
            }
            r.r1 = watch.awake();
        }

        @Actor
        public void sink() {
            progress.set(1);
            place.wakeIfDue();
            watch.called();
        }
    }

    /** A worker sleeps because nothing is published, and the stage publishes. */
    @JCStressTest
    @Outcome(id = "woken", expect = ACCEPTABLE, desc = "Woken, or it did not even lie down.")
    @Outcome(expect = FORBIDDEN, desc = "The wake-up was lost: the pipeline stands still.")
    @State
    public static class WorkerAndStage {
        private final Sequence cursor = new Sequence(-1);
        private final ParkingWaitStrategy strategy = new ParkingWaitStrategy(1);
        private final WakeUpWatch watch = new WakeUpWatch();

        public WorkerAndStage() {
            strategy.register(0, new Sequence(-1));
        }

        @Actor
        public void worker(L_Result r) {
            strategy.enter(0);
            r.r1 = sleep(strategy, cursor, cursor, newAlarm(), watch);
        }

        @Actor
        public void stage() {
            cursor.set(0);
            strategy.signalAllWhenBlocking();
            watch.called();
        }
    }

    /** The sink sleeps because the worker is not done, and the worker finishes. */
    @JCStressTest
    @Outcome(id = "woken", expect = ACCEPTABLE, desc = "Woken, or it did not even lie down.")
    @Outcome(expect = FORBIDDEN, desc = "The wake-up was lost: the pipeline stands still.")
    @State
    public static class SinkAndWorker {
        private final Sequence cursor = new Sequence(0);
        private final Sequence progress = new Sequence(-1);
        private final ParkingWaitStrategy strategy = new ParkingWaitStrategy(1);
        private final WakeUpWatch watch = new WakeUpWatch();

        public SinkAndWorker() {
            strategy.register(0, progress);
        }

        @Actor
        public void sink(L_Result r) {
            r.r1 = sleep(strategy, cursor, progress, newAlarm(), watch);
        }

        @Actor
        public void worker() {
            progress.set(0);
            strategy.advanced();
            watch.called();
        }
    }

    /** A worker sleeps and the pipeline is shut down. */
    @JCStressTest
    @Outcome(id = "woken by the alarm", expect = ACCEPTABLE, desc = "It is heard.")
    @Outcome(expect = FORBIDDEN, desc = "The thread would never end.")
    @State
    public static class WorkerAndAlarm {
        private final Sequence cursor = new Sequence(-1);
        private final SequenceBarrier alarm = newAlarm();
        private final ParkingWaitStrategy strategy = new ParkingWaitStrategy(1);
        private final WakeUpWatch watch = new WakeUpWatch();

        public WorkerAndAlarm() {
            strategy.register(0, new Sequence(-1));
        }

        @Actor
        public void worker(L_Result r) {
            strategy.enter(0);
            r.r1 = sleep(strategy, cursor, cursor, alarm, watch);
        }

        @Actor
        public void shutDown() {
            alarm.alert();
            strategy.signalAllWhenBlocking();
            watch.called();
        }
    }
}
