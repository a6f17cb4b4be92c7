package io.cyphonic.signaling.relay;

/** What a relay counts. Every datagram that came moves exactly one of these. */
public enum RelayCounter {
    /** Datagrams passed on. */
    FORWARDED,
    /** Binds that gave or kept a channel. */
    BOUND,
    /** Binds answered with a challenge: their source was not proven. */
    CHALLENGED,
    /** Notices of revocations, from the NMS. */
    REVOCATION_NOTED,
    /** STUN requests answered. */
    STUN_ANSWERED,
    /** Not a datagram of this protocol that a relay takes. */
    MALFORMED,
    /** A code that does not fit the key of its channel or grant. */
    NOT_AUTHENTIC,
    /** On a channel that does not exist (any more). */
    UNKNOWN_CHANNEL,
    /** From the wrong side for its channel. */
    WRONG_SIDE,
    /** Right but for its source address, which is not that of the channel. */
    WRONG_SOURCE,
    /** A counter that was there before, or is far behind. */
    REPLAYED,
    /** The other end has no channel. */
    PEER_ABSENT,
    /** Over the limit of the grant. */
    OVER_LIMIT,
    /** A Bind or a datagram under a grant that has ended. */
    EXPIRED,
    /** A Bind of a node that was revoked. */
    REVOKED,
    /** A Bind whose sequence is not higher than that of an earlier one. */
    OVERTAKEN,
    /** A Bind for which there was no room. */
    FULL,
    /** A Bind or STUN request from a source that sends too many. */
    RATE_LIMITED,
    /** The socket had no room, or no way, to pass it on. */
    SEND_FAILED,
    /** The TLS connection of the receiver had no room. */
    STREAM_FULL,
    /** Came over TLS while too many of its kind were waiting. */
    QUEUE_FULL
}
