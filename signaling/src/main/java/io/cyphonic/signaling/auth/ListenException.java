package io.cyphonic.signaling.auth;

import java.io.IOException;
import java.net.InetSocketAddress;

/** An address of the AS cannot be listened on; the message is for a person. */
public final class ListenException extends IOException {
    private static final long serialVersionUID = 1;

    /** Why not. */
    public enum Reason {
        /** Another program, or another cloud, listens there. */
        PORT_IN_USE,
        /** The machine does not have this address. */
        NOT_LOCAL,
        /** The user may not listen on this port. */
        NOT_PERMITTED,
        /** Something else, see the cause. */
        OTHER
    }

    private final InetSocketAddress address;
    private final Reason reason;

    /** An address the AS or the gateway cannot have. */
    public ListenException(InetSocketAddress address, IOException cause) {
        super(
                "cannot listen on TCP %s:%d: %s"
                        .formatted(
                                address.getAddress().getHostAddress(),
                                address.getPort(),
                                text(reason(cause), cause)),
                cause);
        this.address = address;
        this.reason = reason(cause);
    }

    /** The address in question. */
    public InetSocketAddress address() {
        return address;
    }

    /** Why not. */
    public Reason reason() {
        return reason;
    }

    /** The JDK tells them apart by the text of strerror(3) only. */
    private static Reason reason(IOException cause) {
        String message = String.valueOf(cause.getMessage());
        if (message.contains("in use")) {
            return Reason.PORT_IN_USE;
        }
        if (message.contains("assign requested address")) {
            return Reason.NOT_LOCAL;
        }
        return message.contains("ermission denied") ? Reason.NOT_PERMITTED : Reason.OTHER;
    }

    private static String text(Reason reason, IOException cause) {
        return switch (reason) {
            case PORT_IN_USE -> "the port is in use";
            case NOT_LOCAL -> "this machine does not have the address";
            case NOT_PERMITTED -> "not permitted; ports below 1024 need root";
            case OTHER -> cause.getMessage();
        };
    }
}
