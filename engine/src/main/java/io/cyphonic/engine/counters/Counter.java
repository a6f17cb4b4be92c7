package io.cyphonic.engine.counters;

/**
 * What the engine counts besides drops. A <em>packet</em> is an inner IP packet as it would have
 * been on a wire: a super-packet counts as its segments.
 */
public enum Counter {
    /** Packets the host sent into the overlay. */
    OUTBOUND_PACKETS,
    /** Packets sealed and taken by the kernel. */
    OUTBOUND_SENT_PACKETS,
    /** Their bytes, IP headers included. */
    OUTBOUND_SENT_BYTES,
    /** Control capsules taken by the kernel. */
    OUTBOUND_CONTROL_CAPSULES,
    /** Super-packets read from the TUN device. */
    OUTBOUND_SUPER_PACKETS,
    /** Packets whose capsules say that they are urgent. */
    OUTBOUND_URGENT_PACKETS,
    /** Batches that the staging thread carried to the end itself. */
    OUTBOUND_INLINE_BATCHES,
    /** Batches handed over to workers and sender. */
    OUTBOUND_RING_BATCHES,
    /** Times the inbound direction was lent to a second staging thread. */
    STAGE_LOANS,
    /** Reads of the TUN device that returned a packet. */
    TUN_READS,
    /** Reads of the TUN device that failed. */
    TUN_READ_ERRORS,
    /** Send calls on the UDP socket. */
    UDP_SENDS,
    /** Send calls that found the socket full and were tried again. */
    UDP_SEND_RETRIES,
    /** Packets held back for want of a tunnel. */
    OUTBOUND_HELD_PACKETS,
    /** Answers to the host: Fragmentation Needed and Packet Too Big. */
    OUTBOUND_TOO_BIG_ANSWERS,
    /** Packets cut into fragments for their path; each fragment counts as a packet as well. */
    OUTBOUND_FRAGMENTED_PACKETS,
    /** Probes of the path MTU that the kernel found too long for the interface. */
    OUTBOUND_PROBES_TOO_LONG,

    /** Datagrams received. */
    INBOUND_DATAGRAMS,
    /** Packets delivered to the host. */
    INBOUND_DELIVERED_PACKETS,
    /** Their bytes, IP headers included. */
    INBOUND_DELIVERED_BYTES,
    /** Authentic control capsules that carry a message. */
    INBOUND_CONTROL_CAPSULES,
    /** Authentic control capsules without one. */
    INBOUND_KEEP_ALIVES,
    /**
     * Packets that came after a later one of their session and kind (urgent or not): put out of
     * order by the network, or at a change of the path, as they leave the sender in order.
     */
    INBOUND_OUT_OF_ORDER,
    /** Packets whose capsules said that they are urgent. */
    INBOUND_URGENT_PACKETS,
    /** Super-packets written to the TUN device. */
    INBOUND_SUPER_PACKETS,
    /** Batches that the staging thread carried to the end itself. */
    INBOUND_INLINE_BATCHES,
    /** Batches handed over to workers and deliverer. */
    INBOUND_RING_BATCHES,
    /** Receive calls that returned datagrams. */
    UDP_RECEIVES,
    /** Receive calls that failed. */
    UDP_RECEIVE_ERRORS,
    /** Writes to the TUN device. */
    TUN_WRITES,
    /** Super-packets the device refused; their segments were written one by one. */
    TUN_SUPER_PACKET_REFUSALS,
    /** Signaling datagrams handed to the control plane. */
    SIGNALING_DATAGRAMS,
    /** Datagrams that only keep a NAT mapping open. */
    HOLE_PUNCHES,
    /** Calls into the control plane that threw; a bug. */
    LISTENER_FAILURES
}
