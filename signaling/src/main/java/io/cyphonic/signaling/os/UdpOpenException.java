package io.cyphonic.signaling.os;

import java.io.Serial;

/** The UDP port could not be opened; the message tells the user what to do. */
public final class UdpOpenException extends NativeException {
    @Serial private static final long serialVersionUID = 1L;

    /** Why not. */
    public enum Reason {
        /** Another program has the port. */
        PORT_IN_USE,
        /** The process has not the right to this port. */
        NOT_PERMITTED,
        /** The host has neither IPv4 nor IPv6. */
        NO_ADDRESS_FAMILY,
        /** The kernel refused something else. */
        REFUSED
    }

    private final Reason reason;

    UdpOpenException(Reason reason, String message, int errno) {
        super(message, errno);
        this.reason = reason;
    }

    /** Why not. */
    public Reason reason() {
        return reason;
    }

    static UdpOpenException of(int port, int errno) {
        return switch (errno) {
            case Errno.EADDRINUSE ->
                    new UdpOpenException(
                            Reason.PORT_IN_USE,
                            "UDP port "
                                    + port
                                    + " is in use: stop the program that has it (another node?),"
                                    + " choose another port, or 0 for any free one",
                            errno);
            case Errno.EACCES, Errno.EPERM ->
                    new UdpOpenException(
                            Reason.NOT_PERMITTED,
                            "UDP port "
                                    + port
                                    + " may not be opened: choose one above 1023, or run with"
                                    + " the capability CAP_NET_BIND_SERVICE",
                            errno);
            default ->
                    new UdpOpenException(
                            Reason.REFUSED, "UDP port " + port + " cannot be opened", errno);
        };
    }
}
