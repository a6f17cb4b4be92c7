package io.cyphonic.signaling.handshake;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayGrant;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;

import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * The keys of channels, from the secret that NMS and relays share. HKDF-SHA-256 (RFC 5869) with a
 * label and everything that the grant says as info: who changes anything of it has another key.
 * Stateless, thread-safe.
 */
public final class RelayKeys {
    /** Length of the shared secret in bytes. */
    public static final int SECRET_LENGTH = 32;

    private static final byte[] LABEL = "cyphonic relay".getBytes(StandardCharsets.US_ASCII);

    private RelayKeys() {}

    /**
     * The key of a grant.
     *
     * @param secret {@value #SECRET_LENGTH} bytes
     * @param relayId the relay that the grant is for
     * @param side of the path
     * @return {@link RelayGrant#KEY_LENGTH} bytes, the caller's to wipe
     */
    public static byte[] channelKey(
            byte[] secret, int relayId, Id128 pathId, int side, long expiryMillis, int limit) {
        if (secret.length != SECRET_LENGTH) {
            throw new IllegalArgumentException(
                    "the relay secret has %d bytes, found %d"
                            .formatted(SECRET_LENGTH, secret.length));
        }
        byte[] info =
                ByteBuffer.allocate(LABEL.length + 2 + 16 + 1 + 8 + 4)
                        .put(LABEL)
                        .putShort((short) relayId)
                        .putLong(pathId.high())
                        .putLong(pathId.low())
                        .put((byte) side)
                        .putLong(expiryMillis)
                        .putInt(limit)
                        .array();
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(secret)
                                    .thenExpand(info, RelayGrant.KEY_LENGTH));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime lacks HKDF-SHA256", e);
        }
    }
}
