package io.cyphonic.engine.counters;

/**
 * Why a packet was dropped. Every drop on the data path has exactly one reason, and every reason is
 * a counter in {@code status} and in the metrics.
 */
public enum DropReason {
    /** Outbound: the packet is not IPv4 or IPv6, or shorter than it says. */
    OUTBOUND_MALFORMED,
    /** Outbound: the destination is not an address of the overlay (multicast, for one). */
    OUTBOUND_NOT_ROUTABLE,
    /** Outbound: there is no tunnel to the destination, and none could be held back for it. */
    OUTBOUND_NO_TUNNEL,
    /** Outbound: longer than the path carries; the host is told (ICMP) unless too often. */
    OUTBOUND_TOO_LONG,
    /** Outbound: the kernel found the datagram longer than the interface; the path is probed. */
    OUTBOUND_DATAGRAM_TOO_LONG,
    /** Outbound: the key has sealed as many packets as it may. */
    OUTBOUND_KEY_EXHAUSTED,
    /** Outbound: sealing failed; a bug. */
    OUTBOUND_SEAL_FAILED,
    /** Outbound: the socket had no room or no route. */
    OUTBOUND_SEND_FAILED,
    /** Inbound: shorter than a header and a tag, or of an unknown type. */
    INBOUND_MALFORMED,
    /** Inbound: no session has this receiver index. */
    INBOUND_UNKNOWN_RECEIVER,
    /** Inbound: the tag is wrong. */
    INBOUND_NOT_AUTHENTIC,
    /** Inbound: the counter was seen before, or is older than the window. */
    INBOUND_REPLAYED,
    /** Inbound: the inner packet is not IP, or not as long as it says. */
    INBOUND_INNER_MALFORMED,
    /** Inbound: the inner source is not a virtual address of the peer that sealed it. */
    INBOUND_WRONG_SOURCE,
    /** Inbound: the TUN device refused the packet. */
    INBOUND_WRITE_FAILED,
    /** Inbound: more signaling messages at once than may be handled. */
    SIGNALING_OVERLOAD,
    /** Inbound: a signaling datagram that is malformed or not authentic. */
    SIGNALING_INVALID,
    /** A handler in the ring failed on a batch; a bug. */
    HANDLER_FAILED
}
