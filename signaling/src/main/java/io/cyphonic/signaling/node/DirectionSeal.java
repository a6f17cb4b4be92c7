package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.Id128;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;

import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals and opens {@link DirectionState}, and names paths; both from the secret that all NMS
 * members share.
 *
 * <p>AES-256-GCM under a key of its own for every path (HKDF-SHA-256, RFC 5869), so that the random
 * 96-bit nonces never come near their limit under one key. Sealed: nonce, ciphertext, tag.
 *
 * <p>A path id is a pseudo-random function of who asks for whom and in which transaction: nobody
 * outside can guess it, and a repeated or duplicated direction request leads to the same path.
 */
final class DirectionSeal {
    /** Length in bytes of a sealed state. */
    static final int SEALED_LENGTH = 12 + DirectionState.ENCODED_LENGTH + 16;

    private static final byte[] STATE_LABEL = bytes("cyphonic direction state");
    private static final byte[] PATH_LABEL = bytes("cyphonic path id");
    private static final int NONCE_LENGTH = 12;
    private static final int TAG_BITS = 128;

    private final NmsSecret secret;
    private final SecureRandom random;

    DirectionSeal(byte[] nmsSecret, SecureRandom random) {
        this.secret = new NmsSecret(nmsSecret);
        this.random = random;
    }

    Id128 pathId(Id128 initiatorId, long loginId, Id128 responderId, long transactionId) {
        byte[] info =
                ByteBuffer.allocate(PATH_LABEL.length + 16 + 8 + 16 + 8)
                        .put(PATH_LABEL)
                        .putLong(initiatorId.high())
                        .putLong(initiatorId.low())
                        .putLong(loginId)
                        .putLong(responderId.high())
                        .putLong(responderId.low())
                        .putLong(transactionId)
                        .array();
        ByteBuffer derived = ByteBuffer.wrap(secret.expand(info, 16));
        return new Id128(derived.getLong(), derived.getLong());
    }

    byte[] seal(DirectionState state) {
        byte[] sealed = new byte[SEALED_LENGTH];
        byte[] nonce = new byte[NONCE_LENGTH];
        random.nextBytes(nonce);
        System.arraycopy(nonce, 0, sealed, 0, NONCE_LENGTH);
        byte[] plain = state.encode();
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, state.pathId(), nonce);
            cipher.doFinal(plain, 0, plain.length, sealed, NONCE_LENGTH);
            return sealed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM failed", e);
        }
    }

    /** The state, or {@code null} if it was not sealed here for this path or has been altered. */
    DirectionState open(Id128 pathId, byte[] sealed) {
        if (sealed.length != SEALED_LENGTH) {
            return null;
        }
        try {
            Cipher cipher =
                    cipher(Cipher.DECRYPT_MODE, pathId, Arrays.copyOf(sealed, NONCE_LENGTH));
            return DirectionState.decode(
                    cipher.doFinal(sealed, NONCE_LENGTH, sealed.length - NONCE_LENGTH));
        } catch (AEADBadTagException _) {
            return null;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM failed", e);
        }
    }

    private Cipher cipher(int mode, Id128 pathId, byte[] nonce) throws GeneralSecurityException {
        byte[] info =
                ByteBuffer.allocate(STATE_LABEL.length + 16)
                        .put(STATE_LABEL)
                        .putLong(pathId.high())
                        .putLong(pathId.low())
                        .array();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        SecretKey key = new SecretKeySpec(secret.expand(info, 32), "AES");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
