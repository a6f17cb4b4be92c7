package io.cyphonic.signaling.os;

import java.io.Serial;

/** The kernel refused a change of a network interface; the message tells the user what to do. */
public final class NetlinkException extends NativeException {
    @Serial private static final long serialVersionUID = 1L;

    /** Why not. */
    public enum Reason {
        /** No interface of this name. */
        NO_SUCH_INTERFACE,
        /** The process has not the right to change interfaces. */
        NOT_PERMITTED,
        /** IPv6 is switched off on the interface or the host. */
        IPV6_DISABLED,
        /** The kernel does not know the request; too old. */
        NOT_SUPPORTED,
        /** The kernel refused something else. */
        REFUSED
    }

    private final Reason reason;

    NetlinkException(Reason reason, String message, int errno) {
        super(message, errno);
        this.reason = reason;
    }

    /** Why not. */
    public Reason reason() {
        return reason;
    }

    static NetlinkException of(String what, int errno, boolean ipv6) {
        return switch (errno) {
            case Errno.ENODEV ->
                    new NetlinkException(
                            Reason.NO_SUCH_INTERFACE, what + ": there is no such interface", errno);
            case Errno.EACCES, Errno.EAFNOSUPPORT, Errno.EADDRNOTAVAIL ->
                    ipv6 ? ipv6Disabled(what, errno) : refused(what, errno);
            case Errno.EPERM ->
                    new NetlinkException(
                            Reason.NOT_PERMITTED,
                            what + ": run as root or with the capability CAP_NET_ADMIN",
                            errno);
            case Errno.EOPNOTSUPP ->
                    ipv6
                            ? ipv6Disabled(what, errno)
                            : new NetlinkException(
                                    Reason.NOT_SUPPORTED,
                                    what + ": this kernel cannot do that",
                                    errno);
            default -> refused(what, errno);
        };
    }

    private static NetlinkException ipv6Disabled(String what, int errno) {
        return new NetlinkException(
                Reason.IPV6_DISABLED,
                what
                        + ": IPv6 is switched off here; switch it on with"
                        + " 'sysctl net.ipv6.conf.all.disable_ipv6=0'"
                        + " (and an MTU of at least 1280), or do without IPv6 in the overlay",
                errno);
    }

    private static NetlinkException refused(String what, int errno) {
        return new NetlinkException(Reason.REFUSED, what + ": the kernel refused", errno);
    }
}
