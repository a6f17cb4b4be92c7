package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.signaling.os.NativeException;
import io.cyphonic.signaling.protocol.DatagramType;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Sends packets through two engines on the loopback interface before the node says that it is
 * ready. Interpreted code takes a packet tens of times as long as compiled code; so the first
 * seconds of the first transfer would be slow.
 *
 * <p>The compiler leaves out what has not happened so far, and code that meets it nevertheless is
 * thrown away and begins anew, interpreted: a rehearsal of the usual case alone would be lost with
 * the first datagram that is not usual. So a round has a bit of everything, in both versions of IP
 * inside and outside, and the parts are the real ones, up to the system calls.
 */
final class Rehearsal implements AutoCloseable {
    /** Enough for the optimising compiler. */
    static final int ROUNDS = 50;

    /** Where the round number has none of these bits, there is something out of the ordinary. */
    private static final int STRANGE = 3;

    private static final int LONGEST_STRANGE = 1_200;

    private static final int WAIT_MILLIS = 5;

    private static final byte[] NOISE = {-1};
    private static final byte[] STUN = new byte[20];

    private final RehearsalNode left;
    private final RehearsalNode right;
    private final BooleanSupplier goesOn;
    private int arrivals;

    private Rehearsal(EngineConfig config, BooleanSupplier goesOn) throws NativeException {
        this.goesOn = goesOn;
        left = new RehearsalNode(config, 1, 2);
        try {
            right = new RehearsalNode(config, 2, 1);
        } catch (NativeException | RuntimeException e) {
            left.close();
            throw e;
        }
    }

    /**
     * How far it came.
     *
     * @param rounds played
     * @param arrivals how often everything came that was sent
     */
    record Outcome(int rounds, int arrivals) {}

    /**
     * Runs to its end, or as long as it may.
     *
     * @param goesOn asked often
     */
    static Outcome run(EngineConfig config, BooleanSupplier goesOn) {
        try (Rehearsal rehearsal = new Rehearsal(config, goesOn)) {
            return rehearsal.play();
        } catch (NativeException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Outcome play() {
        int round = 0;
        while (round < ROUNDS && goesOn.getAsBoolean()) {
            playRound(round++);
        }
        return new Outcome(round, arrivals);
    }

    private void playRound(int round) {
        RehearsalNode from = (round & 1) == 0 ? left : right;
        RehearsalNode to = from == left ? right : left;
        // Every way out: also one that is not where the other end expects it.
        from.locateOn(to, (round & 2) == 0);
        to.locateOn(from, (round & 4) == 0);
        if ((round & STRANGE) == 0) {
            from.rekey(to);
            to.relay((round & 8) != 0);
        }
        send(from, to, from.packets().single());
        if ((round & STRANGE) == 0) {
            strangeThings(from, to, round);
        }
        for (byte[] packet : from.packets().single()) {
            send(from, to, packet);
            finish(to, from);
        }
        send(from, to, from.packets().bulk());
        send(from, to, from.packets().datagrams());
        send(from, to, from.packets().bulk());
    }

    private void strangeThings(RehearsalNode from, RehearsalNode to, int round) {
        from.packets().strange().forEach(from.host()::hand);
        from.control(new byte[0]);
        byte[] datagram = new byte[LONGEST_STRANGE - round];
        from.control(datagram);
        for (byte type = DatagramType.TUNNEL_REQUEST; type <= DatagramType.RELAY_REFUSED; type++) {
            datagram[0] = type;
            from.signal(datagram, to, type % 2 == 0);
            to.signal(datagram, to, type % 2 == 0);
        }
        from.signal(NOISE, to, true);
        from.signal(STUN, to, false);
    }

    private void send(RehearsalNode from, RehearsalNode to, byte[] packet) {
        hand(from, to, packet);
        finish(from, to);
    }

    private void send(RehearsalNode from, RehearsalNode to, List<byte[]> packets) {
        for (int i = 0; i < packets.size(); i++) {
            hand(from, to, packets.get(i));
        }
        finish(from, to);
    }

    /** Makes room while there is none, and gives up in the end: nothing depends on a packet. */
    private void hand(RehearsalNode from, RehearsalNode to, byte[] packet) {
        for (int tries = 0; !from.host().hand(packet) && tries < WAIT_MILLIS; tries++) {
            to.host().await(1);
            to.takeAll();
        }
    }

    /** Until everything has come that did not get lost. */
    private void finish(RehearsalNode from, RehearsalNode to) {
        hand(from, to, from.packets().last());
        do {
            if (to.takeAll()) {
                arrivals++;
                return;
            }
        } while (to.host().await(WAIT_MILLIS));
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}
