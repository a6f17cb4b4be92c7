package io.cyphonic.engine.local;

import io.cyphonic.engine.counters.Counter;

/**
 * What each counter of the engine means, for the metrics; the compiler finds one without a text.
 */
final class CounterTexts {
    private CounterTexts() {}

    static String of(Counter counter) {
        return switch (counter) {
            case OUTBOUND_PACKETS ->
                    "Packets the host sent into the overlay; a super-packet counts as its"
                            + " segments.";
            case OUTBOUND_SENT_PACKETS -> "Packets sealed and taken by the kernel.";
            case OUTBOUND_SENT_BYTES -> "Their bytes, inner IP headers included.";
            case OUTBOUND_CONTROL_CAPSULES -> "Control capsules taken by the kernel.";
            case OUTBOUND_SUPER_PACKETS -> "Super-packets read from the TUN device.";
            case OUTBOUND_URGENT_PACKETS -> "Packets sent as urgent.";
            case OUTBOUND_INLINE_BATCHES ->
                    "Outbound batches that the staging thread carried to the end itself.";
            case OUTBOUND_RING_BATCHES ->
                    "Outbound batches handed over to workers and sender through the ring.";
            case STAGE_LOANS -> "Times the inbound direction was lent to a second staging thread.";
            case TUN_READS -> "Reads of the TUN device that returned a packet.";
            case TUN_READ_ERRORS -> "Reads of the TUN device that failed.";
            case UDP_SENDS -> "Send calls on the UDP socket.";
            case UDP_SEND_RETRIES -> "Send calls that found the socket full and were repeated.";
            case OUTBOUND_HELD_PACKETS -> "Packets held back for want of a tunnel.";
            case OUTBOUND_TOO_BIG_ANSWERS ->
                    "Answers to the host: ICMP Fragmentation Needed and Packet Too Big.";
            case OUTBOUND_FRAGMENTED_PACKETS ->
                    "Packets cut into fragments for their path; each fragment counts as a packet"
                            + " as well.";
            case OUTBOUND_PROBES_TOO_LONG ->
                    "Path MTU probes that the kernel found too long for the interface.";
            case INBOUND_DATAGRAMS -> "Datagrams received.";
            case INBOUND_DELIVERED_PACKETS -> "Packets delivered to the host.";
            case INBOUND_DELIVERED_BYTES -> "Their bytes, inner IP headers included.";
            case INBOUND_CONTROL_CAPSULES -> "Authentic control capsules that carry a message.";
            case INBOUND_KEEP_ALIVES -> "Authentic control capsules without one.";
            case INBOUND_OUT_OF_ORDER ->
                    "Packets that came after a later one: put out of order by the network, or by a"
                            + " change of the path.";
            case INBOUND_URGENT_PACKETS -> "Packets received as urgent.";
            case INBOUND_SUPER_PACKETS -> "Super-packets written to the TUN device.";
            case INBOUND_INLINE_BATCHES ->
                    "Inbound batches that the staging thread carried to the end itself.";
            case INBOUND_RING_BATCHES ->
                    "Inbound batches handed over to workers and deliverer through the ring.";
            case UDP_RECEIVES -> "Receive calls that returned datagrams.";
            case UDP_RECEIVE_ERRORS -> "Receive calls that failed.";
            case TUN_WRITES -> "Writes to the TUN device.";
            case TUN_SUPER_PACKET_REFUSALS ->
                    "Super-packets the TUN device refused; their segments were written one by one.";
            case SIGNALING_DATAGRAMS -> "Signaling datagrams handed to the control plane.";
            case HOLE_PUNCHES -> "Datagrams received that only keep a NAT mapping open.";
            case LISTENER_FAILURES -> "Calls into the control plane that threw; a bug.";
        };
    }
}
