package io.cyphonic.signaling.config;

/**
 * The configuration cannot be used as it is. The message names the file and line where there is
 * one, the key, the value found and what is allowed; it is shown to the operator as it stands.
 */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** An error with its whole explanation. */
    public ConfigException(String message) {
        super(message);
    }
}
