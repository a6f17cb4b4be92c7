package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.session.BatchMarks;
import io.cyphonic.engine.session.TunnelTable;
import io.cyphonic.signaling.net.Readiness;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Both pipelines of a running engine, assembled for its mode. The handlers are the same in every
 * mode; only who runs them differs:
 *
 * <pre>
 *   serial     one thread:            stage, worker, sink of both directions
 *   adaptive   a thread per direction: stage, and worker and sink while the ring is drained
 *              ring threads:          worker x N, sink, while there is a backlog
 *              on two processors: one thread as in serial, which lends the inbound direction to
 *              a second one while there is bulk and that pays ({@link StageLoan}); on one
 *              processor: like serial
 *   pipeline   a thread per direction: stage;  ring threads: worker x N, sink
 * </pre>
 */
final class Pipelines {
    private static final long DRAIN_MILLIS = 1_000;
    private static final long STAGE_JOIN_MILLIS = 3_000;

    private final EngineParts parts;
    private final EngineTuning tuning;
    private final FailureLog failures = new FailureLog();
    private final Conveyor<OutboundSlot> outboundConveyor;
    private final Conveyor<InboundSlot> inboundConveyor;
    private final OutboundStage outboundStage;
    private final InboundStage inboundStage;
    private final List<StageLoop> loops = new ArrayList<>();
    private final List<Readiness> readiness = new ArrayList<>();
    private final NamedThreads stageThreads;

    /**
     * Assembles everything; {@link #start} starts the threads.
     *
     * @param outbound progress marks of that direction
     * @param inbound progress marks of that direction
     */
    Pipelines(
            EngineParts parts,
            EngineTuning tuning,
            TunnelTable table,
            Counters counters,
            BatchMarks outbound,
            BatchMarks inbound,
            DataPlaneListener listener) {
        this.parts = parts;
        this.tuning = tuning;
        Counters.Lane outStage = counters.newLane();
        Counters.Lane outSink = counters.newLane();
        Counters.Lane inStage = counters.newLane();
        Counters.Lane inSink = counters.newLane();

        SendHandler sender =
                new SendHandler(
                        parts.udp(), new ListenerGuard(listener, outSink), outSink, outbound);
        outboundConveyor = outboundConveyor(sender, outStage);
        outboundStage =
                new OutboundStage(
                        parts.tun(),
                        outboundConveyor,
                        new TunnelLookup(table),
                        parts.overlay(),
                        new ListenerGuard(listener, outStage),
                        outStage,
                        outbound,
                        parts.nanoClock());

        DeliverHandler deliverer =
                new DeliverHandler(
                        table,
                        new TunWriter(parts.tun(), inSink),
                        new ListenerGuard(listener, inSink),
                        this::sessionsChanged,
                        inSink,
                        inbound);
        inboundConveyor = inboundConveyor(deliverer, inStage);
        inboundStage =
                new InboundStage(
                        parts.udp(),
                        inboundConveyor,
                        table,
                        new ListenerGuard(listener, inStage),
                        inStage,
                        inbound,
                        parts.nanoClock());
        stageThreads = stageThreads(table, counters, outStage);
    }

    private Conveyor<OutboundSlot> outboundConveyor(SendHandler sender, Counters.Lane lane) {
        Supplier<SlotRunner<OutboundSlot>> workers =
                () ->
                        runner(
                                new SealHandler(tuning.ciphers().get()),
                                sender,
                                Disturbance.Step.SEAL,
                                Disturbance.Step.SEND);
        return conveyor(
                () -> new OutboundSlot(parts.config().batchLimit()),
                workers,
                runner(null, sender, Disturbance.Step.SEAL, Disturbance.Step.SEND),
                names("cy-seal-", "cy-out-send"),
                lane,
                Counter.OUTBOUND_INLINE_BATCHES,
                Counter.OUTBOUND_RING_BATCHES);
    }

    private Conveyor<InboundSlot> inboundConveyor(DeliverHandler deliverer, Counters.Lane lane) {
        Supplier<SlotRunner<InboundSlot>> workers =
                () ->
                        runner(
                                new OpenHandler(tuning.ciphers().get()),
                                deliverer,
                                Disturbance.Step.OPEN,
                                Disturbance.Step.DELIVER);
        return conveyor(
                () -> new InboundSlot(parts.config().batchLimit()),
                workers,
                runner(null, deliverer, Disturbance.Step.OPEN, Disturbance.Step.DELIVER),
                names("cy-open-", "cy-in-deliver"),
                lane,
                Counter.INBOUND_INLINE_BATCHES,
                Counter.INBOUND_RING_BATCHES);
    }

    private <S extends Slot> SlotRunner<S> runner(
            SlotWorker<S> worker,
            SlotSink<S> sink,
            Disturbance.Step workStep,
            Disturbance.Step finishStep) {
        return new SlotRunner<>(worker, sink, tuning.disturbance(), workStep, finishStep, failures);
    }

    private <S extends Slot> Conveyor<S> conveyor(
            Supplier<S> slots,
            Supplier<SlotRunner<S>> workers,
            SlotRunner<S> sink,
            List<String> names,
            Counters.Lane lane,
            Counter inlineBatches,
            Counter ringBatches) {
        EngineConfig config = parts.config();
        if (isRingless()) {
            return new Conveyor<>(slots.get(), workers.get(), lane, inlineBatches);
        }
        List<SlotRunner<S>> runners = new ArrayList<>();
        for (int i = 0; i < config.workers(); i++) {
            runners.add(workers.get());
        }
        SlotRing<S> ring =
                new SlotRing<>(
                        slots,
                        config.ringSize(),
                        config.waitStrategy(),
                        runners,
                        sink,
                        new NamedThreads(names),
                        failures);
        return new Conveyor<>(
                ring,
                config.mode() == Mode.ADAPTIVE ? workers.get() : null,
                tuning.handOver(),
                lane,
                inlineBatches,
                ringBatches);
    }

    /** Nothing is ever handed over: in the serial mode, and where there is no core to take it. */
    private boolean isRingless() {
        Mode mode = parts.config().mode();
        return mode == Mode.SERIAL || mode == Mode.ADAPTIVE && !tuning.handOver().enabled();
    }

    private List<String> names(String worker, String sink) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < parts.config().workers(); i++) {
            names.add(worker + i);
        }
        names.add(sink);
        return names;
    }

    private NamedThreads stageThreads(TunnelTable table, Counters counters, Counters.Lane lane) {
        if (!isRingless()) {
            addLoop(List.of(outboundStage), Duties.ALL, Readiness.TUN, table);
            addLoop(List.of(inboundStage), Duties.ALL, Readiness.UDP, table);
            return new NamedThreads(List.of("cy-out-stage", "cy-in-stage"));
        }
        // For a lonely packet a second thread would only wake and be woken: an answer the host has
        // ready when its question was delivered is read at once by the thread that delivered it.
        List<Stage> both = List.of(outboundStage, inboundStage);
        if (!lends()) {
            addLoop(both, Duties.ALL, Readiness.SOURCES, table);
            return new NamedThreads(List.of("cy-stage"));
        }
        StageLoan loan =
                new StageLoan(
                        tuning.lending(),
                        counters,
                        lane,
                        parts.nanoClock(),
                        new SplittableRandom());
        StageLoop lender = addLoop(both, loan.lender(), Readiness.SOURCES, table);
        StageLoop borrower = addLoop(List.of(inboundStage), loan.borrower(), Readiness.UDP, table);
        loan.between(lender::wake, borrower::wake);
        return new NamedThreads(List.of("cy-stage", "cy-in-stage"));
    }

    private boolean lends() {
        return parts.config().mode() == Mode.ADAPTIVE && tuning.lending().enabled();
    }

    private StageLoop addLoop(List<Stage> stages, Duties duties, int sources, TunnelTable table) {
        Readiness watched = parts.readiness().watch(sources);
        readiness.add(watched);
        StageLoop loop = new StageLoop(stages, duties, watched, table, parts.nanoClock(), failures);
        loops.add(loop);
        return loop;
    }

    void start() {
        outboundConveyor.start();
        inboundConveyor.start();
        for (StageLoop loop : loops) {
            stageThreads.newThread(loop).start();
        }
    }

    /** Any thread: a tunnel has got a session, or an endpoint. */
    void sessionsChanged() {
        outboundStage.sessionsChanged();
        loops.getFirst().wake();
    }

    /** Any thread: asks the outbound stage for something. */
    boolean request(OutboundRequest request) {
        boolean taken = outboundStage.request(request);
        if (taken) {
            loops.getFirst().wake();
        }
        return taken;
    }

    long outboundOccupancy() {
        return outboundConveyor.occupancy();
    }

    long inboundOccupancy() {
        return inboundConveyor.occupancy();
    }

    long bufferBytes() {
        // The spare buffers of the two stages, and one for a super-packet of very many segments.
        return outboundConveyor.bufferBytes()
                + inboundConveyor.bufferBytes()
                + 3L * SlotLimits.IN_CAPACITY;
    }

    /** Edges first, then the rings, then what the threads slept on. */
    void stop() {
        loops.forEach(StageLoop::stop);
        if (!stageThreads.join(STAGE_JOIN_MILLIS)) {
            outboundConveyor.giveUp();
            inboundConveyor.giveUp();
            stageThreads.join(STAGE_JOIN_MILLIS);
        }
        outboundConveyor.stop(DRAIN_MILLIS);
        inboundConveyor.stop(DRAIN_MILLIS);
        readiness.forEach(Readiness::close);
    }
}
