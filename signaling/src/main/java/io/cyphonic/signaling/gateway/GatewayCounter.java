package io.cyphonic.signaling.gateway;

/** What a gateway counts. */
public enum GatewayCounter {
    /** Connections taken from the listeners; each moves exactly one of the next seven. */
    ACCEPTED,
    /** Connections on which the AS was asked. */
    LOGIN,
    /** Connections that carried datagrams, and ended. */
    DATAGRAMS,
    /** Closed at once: too many connections, in total or from this source. */
    REJECTED_BUSY,
    /** No TLS 1.3 handshake came to its end in time. */
    REJECTED_TLS,
    /** TLS, but neither of our protocols. */
    REJECTED_PROTOCOL,
    /** For datagrams a certificate of a node of this cloud is needed, valid and not revoked. */
    REJECTED_CERTIFICATE,
    /** A fault of ours; it is in the log. */
    FAILED,
    /** Datagrams that came over connections. */
    DATAGRAMS_IN,
    /** Datagrams sent over connections. */
    DATAGRAMS_OUT,
    /** Datagrams from connections that nobody here takes. */
    UNEXPECTED,
    /** Datagrams for a connection that had no room: its peer reads too slowly. */
    DROPPED_FULL
}
