package io.cyphonic.engine.pipeline;

import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Where one thread sleeps until a sequence has come to a number. No wake-up is lost, and none is
 * made for nothing:
 *
 * <pre>
 *   the sleeper                      who moves the sequence
 *     says that it is asleep           moves it
 *     --- full fence ---               --- full fence ---
 *     looks at the sequence            looks whether somebody is asleep, and for which number
 *     sleeps if it has not come        wakes it if the sequence has come there
 * </pre>
 *
 * <p>Whichever fence is first, the one behind it sees what the other did. Of several that move, one
 * wakes. Where nobody sleeps, moving costs the fence and one look.
 */
final class ParkingPlace {
    private static final VarHandle ASLEEP;

    static {
        try {
            ASLEEP =
                    MethodHandles.lookup()
                            .findVarHandle(ParkingPlace.class, "asleep", Thread.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Written by the sleeper before it says that it is asleep, read by others after they saw that.
    private Sequence sequence;
    private long number;
    private SequenceBarrier barrier;

    private volatile Thread asleep;

    /**
     * Sleeps until the sequence has come to the number or the barrier is alerted. May return
     * earlier: the caller looks for itself. Only one thread at a time.
     */
    void sleep(Sequence watched, long wanted, SequenceBarrier alarm) {
        sequence = watched;
        number = wanted;
        barrier = alarm;
        asleep = Thread.currentThread();
        VarHandle.fullFence();
        if (!isDue()) {
            LockSupport.park(this);
        }
        asleep = null;
        // Nobody has a reason to interrupt; and a thread that stays interrupted cannot sleep.
        Thread.interrupted();
    }

    /** Wakes the sleeper if what it sleeps for is there; to be called after moving a sequence. */
    void wakeIfDue() {
        VarHandle.fullFence();
        Thread sleeper = asleep;
        if (sleeper != null && isDue() && ASLEEP.compareAndSet(this, sleeper, (Thread) null)) {
            LockSupport.unpark(sleeper);
        }
    }

    private boolean isDue() {
        return sequence.get() >= number || barrier.isAlerted();
    }
}
