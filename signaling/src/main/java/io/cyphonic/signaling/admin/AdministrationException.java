package io.cyphonic.signaling.admin;

/** An administrative operation was refused or failed; the message is for the operator. */
public final class AdministrationException extends Exception {
    private static final long serialVersionUID = 1L;

    /** A failure with its whole explanation. */
    public AdministrationException(String message) {
        super(message);
    }

    /** A failure with its whole explanation, and what led to it. */
    public AdministrationException(String message, Throwable cause) {
        super(message, cause);
    }
}
