package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.protocol.Id128;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;

import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * The key that a node and the NMS share from login to login. Every member of the cloud derives it
 * from the one secret they hold in common, the node and the login, so that no table of sessions is
 * kept or replicated. When it ends is written into the login id itself:
 *
 * <pre>
 *   63                                    24 23                     0
 *  +----------------------------------------+------------------------+
 *  | random                                 | end, hours since epoch |
 *  +----------------------------------------+------------------------+
 * </pre>
 *
 * <p>A changed login id gives another key, so the end cannot be moved. Stateless, thread-safe.
 */
public final class CommonKeys {
    /** Length of a common key in bytes. */
    public static final int KEY_LENGTH = 32;

    /** Length of the cloud's secret in bytes. */
    public static final int SECRET_LENGTH = 32;

    private static final byte[] LABEL = "cyphonic common key".getBytes(StandardCharsets.US_ASCII);
    private static final int EXPIRY_BITS = 24;
    private static final long EXPIRY_MASK = (1L << EXPIRY_BITS) - 1;
    private static final long HOUR_MILLIS = 3_600_000L;

    private CommonKeys() {}

    /**
     * Derives the common key of a login: HKDF-SHA-256 (RFC 5869) of the secret, with a label, the
     * node id and the login id as info.
     *
     * @param nmsSecret {@value #SECRET_LENGTH} bytes, the same on every member of the cloud
     * @return {@value #KEY_LENGTH} bytes, the caller's to wipe
     */
    public static byte[] derive(byte[] nmsSecret, Id128 nodeId, long loginId) {
        if (nmsSecret.length != SECRET_LENGTH) {
            throw new IllegalArgumentException(
                    "the cloud's secret has %d bytes, found %d"
                            .formatted(SECRET_LENGTH, nmsSecret.length));
        }
        byte[] info =
                ByteBuffer.allocate(LABEL.length + 3 * Long.BYTES)
                        .put(LABEL)
                        .putLong(nodeId.high())
                        .putLong(nodeId.low())
                        .putLong(loginId)
                        .array();
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(nmsSecret)
                                    .thenExpand(info, KEY_LENGTH));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime lacks HKDF-SHA256", e);
        }
    }

    /**
     * Draws a login id.
     *
     * @param expiryMillis end of the login since the epoch; rounded up to a full hour
     */
    public static long newLoginId(SecureRandom random, long expiryMillis) {
        long hours = Math.ceilDiv(expiryMillis, HOUR_MILLIS);
        if (hours < 0 || hours > EXPIRY_MASK) {
            throw new IllegalArgumentException("no login can end at " + expiryMillis);
        }
        return random.nextLong() & ~EXPIRY_MASK | hours;
    }

    /** When a login ends, in milliseconds since the epoch. */
    public static long expiryMillis(long loginId) {
        return (loginId & EXPIRY_MASK) * HOUR_MILLIS;
    }
}
