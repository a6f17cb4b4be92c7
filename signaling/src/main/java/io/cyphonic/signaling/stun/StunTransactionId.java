package io.cyphonic.signaling.stun;

import java.security.SecureRandom;

/**
 * The 96 bits by which a request knows its answer; unpredictable, hence also what keeps others from
 * answering in the server's place (RFC 8489, section 5).
 *
 * @param high the first four bytes, big-endian
 * @param low the last eight bytes, big-endian
 */
public record StunTransactionId(int high, long low) {
    /** A new one. */
    public static StunTransactionId random(SecureRandom random) {
        return new StunTransactionId(random.nextInt(), random.nextLong());
    }
}
