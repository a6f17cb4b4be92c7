package io.cyphonic.signaling.protocol;

import java.security.SecureRandom;

/**
 * A random 128-bit identifier: of a node, of a path or of an invitation. Immutable; all zero means
 * "none".
 *
 * @param high the first eight bytes, big-endian
 * @param low the last eight bytes, big-endian
 */
public record Id128(long high, long low) {
    /** No identifier. */
    public static final Id128 NONE = new Id128(0, 0);

    /** Draws an identifier nobody can guess. */
    public static Id128 random(SecureRandom random) {
        return new Id128(random.nextLong(), random.nextLong());
    }

    /** Thirty-two hexadecimal digits. */
    @Override
    public String toString() {
        return "%016x%016x".formatted(high, low);
    }
}
