package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.session.RelayChannel;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.VirtioNetHeader;
import io.cyphonic.signaling.protocol.CapsuleHeader;

/** Sizes of slots and batches, in one place. Every buffer of the data path follows from these. */
final class SlotLimits {
    /** One TUN read or UDP receive, the largest there can be, and some room behind it. */
    static final int IN_CAPACITY = ReceivedDatagrams.MEMORY_LENGTH;

    /** What a TUN read may need: virtio header and the longest IP packet. */
    static final int READ_CAPACITY = VirtioNetHeader.LENGTH + 65_535;

    /** A super-packet cut and sealed: 64 KiB and what headers and tags add to some 190 segments. */
    static final int OUT_CAPACITY = 82 * 1024;

    /** What a capsule adds to a packet at most: room for the header of a relay is always kept. */
    static final int OVERHEAD = CapsuleHeader.OVERHEAD + RelayChannel.HEADER_LENGTH;

    /** Most capsules in a slot, out or in. */
    static final int MAX_CAPSULES = 256;

    /** Longest datagram, and so longest capsule. */
    static final int MAX_DATAGRAM_LENGTH = 65_507;

    /** Longest control message: a probe of the path MTU; all others fit any path. */
    static final int MAX_CONTROL_LENGTH = 9 * 1024;

    private SlotLimits() {}
}
