package io.cyphonic.signaling.auth;

/** What the AS counts; every accepted connection ends in exactly one of the others. */
public enum AuthenticationCounter {
    /** Connections taken from the listeners. */
    ACCEPTED,
    /** Requests granted. */
    GRANTED,
    /** Requests answered with a status that says why not. */
    REFUSED,
    /** Closed at once: too many connections, in total or from this source. */
    REJECTED_BUSY,
    /** No TLS 1.3 handshake came to its end: random bytes, another protocol. */
    REJECTED_TLS,
    /** TLS, but no request of this protocol in it. */
    REJECTED_REQUEST,
    /** Not done in time. */
    TIMED_OUT,
    /** The connection broke. */
    BROKEN,
    /** A fault of ours; it is in the log. */
    FAILED
}
