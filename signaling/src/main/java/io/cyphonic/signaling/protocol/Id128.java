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

    // Written out, not left to the record: those are linked at run time and slow until compiled,
    // and this is the key of maps that are looked at all the time.
    @Override
    public boolean equals(Object other) {
        return other instanceof Id128 id && high == id.high && low == id.low;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(high ^ low);
    }

    /** Thirty-two hexadecimal digits. */
    @Override
    public String toString() {
        return "%016x%016x".formatted(high, low);
    }
}
