package io.cyphonic.signaling.protocol;

/**
 * The first byte of every UDP datagram of this protocol; it alone decides who reads the rest. The
 * values keep clear of STUN (0 to 3 in the first byte, RFC 7983), so that STUN can share the
 * socket.
 */
public final class DatagramType {
    /** Noise IK message 1, initiator to responder. */
    public static final byte TUNNEL_REQUEST = 0x41;

    /** Noise IK message 2, responder to initiator. */
    public static final byte TUNNEL_RESPONSE = 0x42;

    /** Answer of a responder under load: come back with this cookie. */
    public static final byte COOKIE_REPLY = 0x43;

    /** A sealed packet of the tunnel. */
    public static final byte CAPSULE = 0x44;

    /** Opens a mapping in a NAT; carries nothing, changes nothing. */
    public static final byte HOLE_PUNCH = 0x45;

    /** A sealed message between a node and the NMS. */
    public static final byte CONTROL = 0x46;

    /** Something for the peer, through a relay; see {@link RelayHeader}. */
    public static final byte RELAY = 0x47;

    /** A node asks a relay for a channel; see {@link RelayMessage}. */
    public static final byte RELAY_BIND = 0x48;

    /** A relay asks a node to show that it receives at its source address. */
    public static final byte RELAY_CHALLENGE = 0x49;

    /** A relay gives a channel. */
    public static final byte RELAY_BOUND = 0x4A;

    /** A relay has no channel for the sender, and says why. */
    public static final byte RELAY_REFUSED = 0x4B;

    /** The NMS tells a relay which nodes were revoked; see {@link RelayRevocation}. */
    public static final byte RELAY_REVOCATION = 0x4C;

    private DatagramType() {}
}
