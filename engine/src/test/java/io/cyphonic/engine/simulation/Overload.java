package io.cyphonic.engine.simulation;

import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Something else on a node's machine that takes the processor, in bursts: meanwhile its handlers
 * and timers do not run, or its packets are not moved, or neither; and then all is done at once.
 */
final class Overload {
    private static final long SHORTEST = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(800);
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(300);
    private static final int START_SPREAD = (int) TimeUnit.MILLISECONDS.toNanos(100);

    private final World world;
    private final SimNode node;
    private final Random random;

    /** Begins at once and never ends. */
    Overload(World world, SimNode node, long seed) {
        this.world = world;
        this.node = node;
        this.random = new Random(seed);
        node.runtime().startSpread(START_SPREAD);
        burst();
    }

    private void burst() {
        long length = random.nextLong(SHORTEST, LONGEST);
        int what = random.nextInt(3);
        if (what != 0) {
            node.runtime().stall(length);
        }
        if (what != 1) {
            node.host().hold();
            world.time().after(length, node.host()::release);
        }
        world.time().after(length + random.nextLong(PAUSE), this::burst);
    }
}
