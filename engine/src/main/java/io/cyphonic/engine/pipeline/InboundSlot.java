package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.config.EngineConfig.BatchLimit;
import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.engine.session.Session;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A batch on its way in: capsules as received in {@link #in}, the packets they hold in {@link
 * #out}, laid out so that the payloads of a super-packet are in a row (see {@link OpenHandler}).
 */
final class InboundSlot extends Slot {
    /** Datagrams, off the heap, where the kernel put them. The stage may exchange it. */
    MemorySegment in = ReceivedDatagrams.newMemory();

    /** The packets, off the heap; never longer in all than the capsules they came in. */
    final MemorySegment out = ReceivedDatagrams.newMemory();

    /**
     * The first bytes of the packets, {@link #headerAt} for each capsule; copied by the worker as
     * soon as it is open, as the payload of the one before may be put over its header.
     */
    final byte[] headers = new byte[SlotLimits.MAX_CAPSULES * HEADER_CAPACITY];

    // Capsules. Written by the stage.
    final int[] offset = new int[SlotLimits.MAX_CAPSULES];
    final int[] length = new int[SlotLimits.MAX_CAPSULES];
    final Session[] session = new Session[SlotLimits.MAX_CAPSULES];

    /** Where it came from, if that is not the tunnel's endpoint; else {@code null}. */
    final Endpoint[] from = new Endpoint[SlotLimits.MAX_CAPSULES];

    int capsules;

    /** What the arrays of numbers and references have for each capsule. */
    private static final int CAPSULE_BYTES = 28;

    /** Bytes of a packet in {@link #headers} at most. */
    static final int HEADER_CAPACITY = IpPacket.FRONT_LENGTH;

    private final BatchLimit limit;

    InboundSlot(BatchLimit limit) {
        this.limit = limit;
    }

    // Packets. Written by the worker.
    final int[] packetOffset = new int[SlotLimits.MAX_CAPSULES];

    /** Length of the packet; {@link io.cyphonic.engine.session.CapsuleCipher#FAILED} if forged. */
    final int[] packetLength = new int[SlotLimits.MAX_CAPSULES];

    /** Length of the headers of a packet that lies in a row with others; 0 if it does not. */
    final int[] keptHeader = new int[SlotLimits.MAX_CAPSULES];

    @Override
    void clear() {
        super.clear();
        Arrays.fill(session, 0, capsules, null);
        Arrays.fill(from, 0, capsules, null);
        capsules = 0;
    }

    /** Where the first bytes of a packet are in {@link #headers}. */
    static int headerAt(int capsule) {
        return capsule * HEADER_CAPACITY;
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
        return (int) in.byteSize()
                + (int) out.byteSize()
                + headers.length
                + SlotLimits.MAX_CAPSULES * CAPSULE_BYTES;
    }
}
