package io.cyphonic.signaling.handshake;

import io.cyphonic.signaling.protocol.RawKey;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;

import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;

/**
 * The cipher functions ENCRYPT and DECRYPT of the two suites (Noise specification, revision 34,
 * sections 5.1, 12.3 and 12.4) on the AEADs of the JDK. Static methods without state; they allocate
 * and are for handshakes only.
 */
final class NoiseCipher {
    static final int KEY_LENGTH = 32;
    static final int TAG_LENGTH = 16;

    private static final int NONCE_LENGTH = 12;

    private NoiseCipher() {}

    /** Gives the ciphertext with its tag. */
    static byte[] seal(
            CipherSuite suite, byte[] key, long counter, byte[] associatedData, byte[] plaintext) {
        try (RawKey rawKey = rawKey(suite, key)) {
            Cipher cipher = cipher(suite, Cipher.ENCRYPT_MODE, rawKey, counter);
            cipher.updateAAD(associatedData);
            return cipher.doFinal(plaintext);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("an AEAD of the JDK failed", e);
        }
    }

    /** Gives the plaintext, or {@code null} if the ciphertext is not authentic. */
    static byte[] open(
            CipherSuite suite,
            byte[] key,
            long counter,
            byte[] associatedData,
            byte[] buffer,
            int offset,
            int length) {
        if (length < TAG_LENGTH) {
            return null;
        }
        try (RawKey rawKey = rawKey(suite, key)) {
            Cipher cipher = cipher(suite, Cipher.DECRYPT_MODE, rawKey, counter);
            cipher.updateAAD(associatedData);
            return cipher.doFinal(buffer, offset, length);
        } catch (AEADBadTagException e) {
            // The JCA has no other way to say "not authentic".
            return null;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("an AEAD of the JDK failed", e);
        }
    }

    private static Cipher cipher(CipherSuite suite, int mode, RawKey key, long counter)
            throws GeneralSecurityException {
        String transformation =
                switch (suite) {
                    case AES_GCM_SHA256 -> "AES/GCM/NoPadding";
                    case CHACHA_POLY_BLAKE2S -> "ChaCha20-Poly1305";
                };
        byte[] nonce = nonce(suite, counter);
        AlgorithmParameterSpec parameters =
                switch (suite) {
                    case AES_GCM_SHA256 -> new GCMParameterSpec(TAG_LENGTH * Byte.SIZE, nonce);
                    case CHACHA_POLY_BLAKE2S -> new IvParameterSpec(nonce);
                };
        Cipher cipher = Cipher.getInstance(transformation);
        cipher.init(mode, key, parameters);
        return cipher;
    }

    /** Four zero bytes and the counter: big-endian for AES-GCM, little-endian for ChaCha. */
    private static byte[] nonce(CipherSuite suite, long counter) {
        ByteOrder order =
                switch (suite) {
                    case AES_GCM_SHA256 -> ByteOrder.BIG_ENDIAN;
                    case CHACHA_POLY_BLAKE2S -> ByteOrder.LITTLE_ENDIAN;
                };
        return ByteBuffer.allocate(NONCE_LENGTH).order(order).putInt(0).putLong(counter).array();
    }

    private static RawKey rawKey(CipherSuite suite, byte[] key) {
        String algorithm =
                switch (suite) {
                    case AES_GCM_SHA256 -> "AES";
                    case CHACHA_POLY_BLAKE2S -> "ChaCha20";
                };
        return new RawKey(algorithm, key.clone());
    }
}
