package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.config.EngineConfig.BatchLimit;
import io.cyphonic.engine.session.Session;
import io.cyphonic.signaling.net.Endpoint;

import java.util.Arrays;

/**
 * A batch on its way in: capsules as received in {@link #in}, the packets they hold in {@link
 * #out}, laid out so that the payloads of a super-packet are in a row (see {@link OpenHandler}).
 */
final class InboundSlot extends Slot {
    /** The packets; never longer in all than the capsules they came in. */
    final byte[] out = new byte[SlotLimits.IN_CAPACITY];

    // Capsules. Written by the stage.
    final int[] offset = new int[SlotLimits.MAX_CAPSULES];
    final int[] length = new int[SlotLimits.MAX_CAPSULES];
    final Session[] session = new Session[SlotLimits.MAX_CAPSULES];

    /** Where it came from, if that is not the tunnel's endpoint; else {@code null}. */
    final Endpoint[] from = new Endpoint[SlotLimits.MAX_CAPSULES];

    int capsules;

    private final BatchLimit limit;

    InboundSlot(BatchLimit limit) {
        this.limit = limit;
    }

    // Packets. Written by the worker.
    final int[] packetOffset = new int[SlotLimits.MAX_CAPSULES];

    /** Length of the packet; {@link io.cyphonic.engine.session.CapsuleCipher#FAILED} if forged. */
    final int[] packetLength = new int[SlotLimits.MAX_CAPSULES];

    /**
     * Headers of a packet that lies in a row with others, kept in {@link #in}; 0 if it does not.
     */
    final int[] keptHeader = new int[SlotLimits.MAX_CAPSULES];

    @Override
    void clear() {
        super.clear();
        Arrays.fill(session, 0, capsules, null);
        Arrays.fill(from, 0, capsules, null);
        capsules = 0;
    }

    boolean isFull() {
        return capsules == SlotLimits.MAX_CAPSULES;
    }

    /** Whether a further receive is worth while. */
    boolean takesMore() {
        return capsules < limit.packets() && inLength < limit.bytes();
    }

    @Override
    int packets() {
        return capsules;
    }

    @Override
    int bufferBytes() {
        return in.length + out.length + SlotLimits.MAX_CAPSULES * 28;
    }
}
