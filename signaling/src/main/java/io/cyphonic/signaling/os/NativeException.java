package io.cyphonic.signaling.os;

import java.io.IOException;
import java.io.Serial;

/**
 * A call to the kernel failed while something was being set up. Its message tells the user what was
 * attempted and what to do. Never thrown on the data path.
 */
public class NativeException extends IOException {
    @Serial private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * Made by this package only in practice.
     *
     * @param message what failed and what to do
     * @param errno the positive error number, 0 if the kernel gave none
     */
    public NativeException(String message, int errno) {
        super(errno == 0 ? message : message + " (" + Errno.name(errno) + ")");
        this.errno = Math.abs(errno);
    }

    /** The positive error number; 0 if the kernel gave none. */
    public int errno() {
        return errno;
    }
}
