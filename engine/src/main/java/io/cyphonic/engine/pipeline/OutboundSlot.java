package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.config.EngineConfig.BatchLimit;
import io.cyphonic.engine.session.RelayChannel;
import io.cyphonic.engine.session.Session;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A batch on its way out: packets as read from the TUN device in {@link #in}, the capsules made of
 * them back to back in {@link #out}.
 */
final class OutboundSlot extends Slot {
    /** Flag of an entry: a control message, without a virtio header. */
    static final int CONTROL = 1;

    /** Flag of an entry: an urgent packet or message, whose capsules say so. */
    static final int URGENT = 2;

    /** Packets as read, off the heap. The stage may swap it for other memory. */
    MemorySegment in = ReceivedDatagrams.newMemory();

    /** The capsules, off the heap. */
    final MemorySegment out =
            MemorySegment.ofBuffer(ByteBuffer.allocateDirect(SlotLimits.OUT_CAPACITY));

    // Entries: packets (or super-packets) and control messages. Written by the stage.
    final int[] entryOffset = new int[SlotLimits.MAX_CAPSULES];
    final int[] entryLength = new int[SlotLimits.MAX_CAPSULES];
    final int[] entryFlags = new int[SlotLimits.MAX_CAPSULES];
    final int[] firstSegment = new int[SlotLimits.MAX_CAPSULES];
    final int[] segmentCount = new int[SlotLimits.MAX_CAPSULES];
    final long[] firstCounter = new long[SlotLimits.MAX_CAPSULES];
    final Session[] session = new Session[SlotLimits.MAX_CAPSULES];
    final Endpoint[] endpoint = new Endpoint[SlotLimits.MAX_CAPSULES];

    /** The channel its capsules go through, or {@code null}, and the first counter there. */
    final RelayChannel[] relay = new RelayChannel[SlotLimits.MAX_CAPSULES];

    final long[] relayCounter = new long[SlotLimits.MAX_CAPSULES];
    int entries;

    /** Capsules that the entries will make, and the bytes they will fill; kept by the stage. */
    int capsules;

    int capsuleBytes;

    // Capsules. Written by the worker.
    final int[] capsuleEntry = new int[SlotLimits.MAX_CAPSULES];
    final int[] capsuleOffset = new int[SlotLimits.MAX_CAPSULES];

    /** Length of the capsule; 0 if it could not be sealed. */
    final int[] capsuleLength = new int[SlotLimits.MAX_CAPSULES];

    private final BatchLimit limit;

    OutboundSlot(BatchLimit limit) {
        this.limit = limit;
    }

    @Override
    void clear() {
        super.clear();
        // Let go of closed tunnels: a slot may rest for long.
        Arrays.fill(session, 0, entries, null);
        Arrays.fill(endpoint, 0, entries, null);
        Arrays.fill(relay, 0, entries, null);
        entries = 0;
        capsules = 0;
        capsuleBytes = 0;
    }

    /** Whether so many capsules with so many bytes in all fit besides what is there. */
    boolean hasRoomFor(int moreCapsules, int moreBytes) {
        return capsules + moreCapsules <= SlotLimits.MAX_CAPSULES
                && capsuleBytes + moreBytes <= SlotLimits.OUT_CAPACITY;
    }

    /**
     * Adds an entry, copying its bytes unless they are in {@link #in} already.
     *
     * @param through the channel of the relay at {@code to}, or {@code null}
     * @param count capsules it will make, sealed with the counters from {@code counter} on
     * @param bytes that these capsules will fill
     * @return the index of the entry
     */
    int add(
            MemorySegment buffer,
            int offset,
            int length,
            Session sealWith,
            Endpoint to,
            RelayChannel through,
            long counter,
            int count,
            int bytes) {
        int at = offset;
        if (buffer != in) {
            at = inLength;
            MemorySegment.copy(buffer, offset, in, at, length);
        }
        inLength = at + length;
        int entry = entries++;
        entryOffset[entry] = at;
        entryLength[entry] = length;
        segmentCount[entry] = count;
        firstCounter[entry] = counter;
        session[entry] = sealWith;
        endpoint[entry] = to;
        relay[entry] = through;
        if (through != null) {
            relayCounter[entry] = through.reserve(count);
        }
        capsules += count;
        capsuleBytes += bytes;
        return entry;
    }

    /** Whether a further read is worth while. */
    boolean takesMore() {
        return capsules < limit.packets() && capsuleBytes < limit.bytes();
    }

    @Override
    int packets() {
        return capsules;
    }

    @Override
    int bufferBytes() {
        return (int) (in.byteSize() + out.byteSize()) + SlotLimits.MAX_CAPSULES * 64;
    }
}
