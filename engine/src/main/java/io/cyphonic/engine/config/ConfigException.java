package io.cyphonic.engine.config;

/**
 * The configuration file is wrong; the message names file, line, key, value and what is allowed.
 */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A complaint that stands alone, on one line. */
    public ConfigException(String message) {
        super(message);
    }
}
