package io.cyphonic.engine.pipeline;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.cyphonic.bench.races.SmallTable;
import io.cyphonic.engine.config.EngineConfig.BatchLimit;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.fixtures.MemoryTun;
import io.cyphonic.engine.session.Tunnel;
import io.cyphonic.signaling.net.VirtioNetHeader;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * A packet waits for a tunnel, and the tunnel gets its session just when the stage looks after the
 * waiting packets on account of another tunnel. Whoever changes the sessions wakes the stage: it
 * works once more, and then nothing may wait.
 */
@JCStressTest
@Outcome(
        id = {"sent at once, nothing waits", "waits, nothing waits"},
        expect = ACCEPTABLE,
        desc = "Sent in this round or in the next.")
@Outcome(expect = FORBIDDEN, desc = "The news is lost: it waits until another tunnel has news.")
@State
public class WaitingPacketRace {
    private static final byte[] PACKET = newPacket();

    private final SmallTable tables = new SmallTable();
    private final Tunnel tunnel = tables.open(SmallTable.ALICE);
    private final OutboundStage stage = newStage();

    /** The packet is read, and has to wait; then there is news of some other tunnel. */
    public WaitingPacketRace() {
        stage.work();
        stage.sessionsChanged();
    }

    private OutboundStage newStage() {
        Counters.Lane counters = new Counters().newLane();
        return new OutboundStage(
                newTun(),
                new Conveyor<>(
                        new OutboundSlot(BatchLimit.DEFAULT),
                        newRunner(),
                        counters,
                        Counter.OUTBOUND_INLINE_BATCHES),
                new TunnelLookup(tables.table),
                new OverlayPrefixes(new byte[] {10, 121, 0, 0}, 16, null, 0),
                DataPlaneListener.NONE,
                counters,
                tables.outbound,
                () -> 1);
    }

    @Actor
    public void stage(LL_Result r) {
        stage.work();
        r.r1 = stage.waitingPackets() == 0 ? "sent at once" : "waits";
    }

    @Actor
    public void install() {
        tables.install(tunnel, true, 1);
        stage.sessionsChanged();
    }

    @Arbiter
    public void woken(LL_Result r) {
        stage.work();
        r.r2 = stage.waitingPackets() == 0 ? "nothing waits" : "waits for ever";
    }

    /** Neither seals nor sends. */
    private static SlotRunner<OutboundSlot> newRunner() {
        SlotWorker<OutboundSlot> worker =
                new SlotWorker<>() {
                    @Override
                    public void process(OutboundSlot slot) {}

                    @Override
                    public void close() {}
                };
        SlotSink<OutboundSlot> sink =
                new SlotSink<>() {
                    @Override
                    public void finish(OutboundSlot slot) {}

                    @Override
                    public void abandon(OutboundSlot slot) {}
                };
        return new SlotRunner<>(
                worker,
                sink,
                Disturbance.NONE,
                Disturbance.Step.SEAL,
                Disturbance.Step.SEND,
                new FailureLog());
    }

    /** The host has one packet for Alice. */
    private static MemoryTun newTun() {
        MemoryTun tun = new MemoryTun();
        tun.offer(PACKET);
        return tun;
    }

    private static byte[] newPacket() {
        int ip = VirtioNetHeader.LENGTH;
        byte[] packet = new byte[ip + 20];
        packet[ip] = 0x45;
        packet[ip + 3] = 20;
        packet[ip + 8] = 64;
        packet[ip + 9] = (byte) 253;
        System.arraycopy(new byte[] {10, 121, 0, 9}, 0, packet, ip + 12, 4);
        System.arraycopy(SmallTable.ALICE, 0, packet, ip + 16, 4);
        return packet;
    }
}
