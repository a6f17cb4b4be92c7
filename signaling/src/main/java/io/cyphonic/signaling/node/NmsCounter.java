package io.cyphonic.signaling.node;

/** What the NMS counts. Every datagram that gets no answer moves exactly one of these. */
public enum NmsCounter {
    /** Datagrams that were answered or led to a message to another node. */
    HANDLED,
    /** STUN requests that were answered, with an address or an error. */
    STUN_ANSWERED,
    /** Not a control datagram of this version, or one in the wrong direction. */
    MALFORMED,
    /** The seal does not fit the key of the sender that the datagram names. */
    NOT_AUTHENTIC,
    /** Authentic, but not a message that a node sends to the NMS. */
    UNEXPECTED_MESSAGE,
    /** A confirmation whose sealed state is forged, altered, expired or of another direction. */
    STATE_REJECTED,
    /**
     * A confirmation that came in time, while its initiator or responder had gone or was revoked.
     */
    CONFIRMATION_OBSOLETE,
    /** Answered with UNAVAILABLE: its node has had too many registrations recorded of late. */
    REGISTRATION_LIMITED,
    /** Dropped before reading: its source sent too much. */
    RATE_LIMITED,
    /** Dropped before reading: too many messages were being handled. */
    OVERLOADED,
    /** An answer that the socket did not take. */
    SEND_FAILED,
    /** A bug: handling ended with an exception, which is in the log. */
    FAILED
}
