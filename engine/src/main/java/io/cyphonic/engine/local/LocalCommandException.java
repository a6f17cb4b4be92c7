package io.cyphonic.engine.local;

/** The running node could not be asked, or said no; the message is for the user. */
public final class LocalCommandException extends Exception {
    private static final long serialVersionUID = 1L;

    /** A reason, on one line. */
    public LocalCommandException(String message) {
        super(message);
    }
}
