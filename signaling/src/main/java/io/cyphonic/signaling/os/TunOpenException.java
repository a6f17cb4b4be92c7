package io.cyphonic.signaling.os;

import java.io.Serial;

/** The TUN device could not be made; the message tells the user what to do. */
public final class TunOpenException extends NativeException {
    @Serial private static final long serialVersionUID = 1L;

    /** Why not. */
    public enum Reason {
        /** There is no usable {@code /dev/net/tun}. */
        NO_TUN_DEVICE,
        /** The process has not the right to make network interfaces. */
        NOT_PERMITTED,
        /** Another interface has this name. */
        NAME_TAKEN,
        /** The name has more than 15 characters. */
        NAME_TOO_LONG,
        /** The name is empty or has characters that an interface name must not have. */
        NAME_NOT_ALLOWED,
        /** The kernel refused something else. */
        REFUSED
    }

    private final Reason reason;

    TunOpenException(Reason reason, String message, int errno) {
        super(message, errno);
        this.reason = reason;
    }

    /** Why not. */
    public Reason reason() {
        return reason;
    }

    static TunOpenException ofOpen(int errno) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES -> notPermitted("/dev/net/tun cannot be opened", errno);
            case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
                    new TunOpenException(
                            Reason.NO_TUN_DEVICE,
                            "there is no usable /dev/net/tun: load the module with 'modprobe tun';"
                                    + " in a container, pass the device in (--device /dev/net/tun)",
                            errno);
            default -> new TunOpenException(Reason.REFUSED, "/dev/net/tun cannot be opened", errno);
        };
    }

    static TunOpenException ofAttach(String name, int errno) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES ->
                    notPermitted("the interface '" + name + "' cannot be made", errno);
            case Errno.EBUSY, Errno.EEXIST ->
                    new TunOpenException(
                            Reason.NAME_TAKEN,
                            "there is already a network interface '"
                                    + name
                                    + "': stop the program that made it (another node?), or choose"
                                    + " another interface name",
                            errno);
            default ->
                    new TunOpenException(
                            Reason.REFUSED,
                            "the kernel refused to make the TUN interface '" + name + "'",
                            errno);
        };
    }

    private static TunOpenException notPermitted(String what, int errno) {
        return new TunOpenException(
                Reason.NOT_PERMITTED,
                what
                        + ": run as root or with the capability CAP_NET_ADMIN"
                        + " (systemd: AmbientCapabilities=CAP_NET_ADMIN;"
                        + " container: --cap-add NET_ADMIN)",
                errno);
    }

    static void checkName(String name) throws TunOpenException {
        if (name.length() > TunOptions.MAX_NAME_LENGTH) {
            throw new TunOpenException(
                    Reason.NAME_TOO_LONG,
                    "the interface name '"
                            + name
                            + "' has "
                            + name.length()
                            + " characters; at most 15 are allowed: choose a shorter one",
                    0);
        }
        // The kernel refuses '/', ':' and white space, and takes '%' as a pattern to fill in.
        if (!name.matches("[A-Za-z0-9_.@+-]+") || name.equals(".") || name.equals("..")) {
            throw new TunOpenException(
                    Reason.NAME_NOT_ALLOWED,
                    "the interface name '"
                            + name
                            + "' is not allowed: use letters, digits, '-', '_' and '.'",
                    0);
        }
    }
}
