package io.cyphonic.signaling.node;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;

import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that all NMS members share, from which they derive what they need not tell each other:
 * HKDF-Expand with SHA-256 (RFC 5869). Thread-safe.
 */
final class NmsSecret {
    private final SecretKey secret;

    NmsSecret(byte[] secret) {
        this.secret = new SecretKeySpec(secret, "Generic");
    }

    /**
     * So many bytes that nobody without the secret can guess.
     *
     * @param info begins with a label of its own for each purpose
     */
    byte[] expand(byte[] info, int length) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.expandOnly(secret, info, length));
        } catch (InvalidAlgorithmParameterException e) {
            throw new IllegalArgumentException("the NMS secret is too short", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HKDF-SHA256 is missing in this JDK", e);
        }
    }
}
