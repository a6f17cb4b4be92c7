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

    // No info of a grant is as short as this.
    private static final byte[] REVOCATION_LABEL =
            "cyphonic relay revocation".getBytes(StandardCharsets.US_ASCII);

    private RelayKeys() {}

    /**
     * The key of a grant.
     *
     * @param secret {@value #SECRET_LENGTH} bytes
     * @param relayId the relay that the grant is for
     * @param side of the path
     * @param nodeId of the node at that end
     * @return {@link RelayGrant#KEY_LENGTH} bytes, the caller's to wipe
     */
    public static byte[] channelKey(
            byte[] secret,
            int relayId,
            Id128 pathId,
            int side,
            Id128 nodeId,
            long expiryMillis,
            int limit) {
        byte[] info =
                ByteBuffer.allocate(LABEL.length + 2 + 16 + 1 + 16 + 8 + 4)
                        .put(LABEL)
                        .putShort((short) relayId)
                        .putLong(pathId.high())
                        .putLong(pathId.low())
                        .put((byte) side)
                        .putLong(nodeId.high())
                        .putLong(nodeId.low())
                        .putLong(expiryMillis)
                        .putInt(limit)
                        .array();
        return derive(secret, info);
    }

    /**
     * The key under which the NMS tells every relay of revocations.
     *
     * @param secret {@value #SECRET_LENGTH} bytes
     * @return {@link RelayGrant#KEY_LENGTH} bytes, the caller's to wipe
     */
    public static byte[] revocationKey(byte[] secret) {
        return derive(secret, REVOCATION_LABEL);
    }

    private static byte[] derive(byte[] secret, byte[] info) {
        if (secret.length != SECRET_LENGTH) {
            throw new IllegalArgumentException(
                    "the relay secret has %d bytes, found %d"
                            .formatted(SECRET_LENGTH, secret.length));
        }
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
