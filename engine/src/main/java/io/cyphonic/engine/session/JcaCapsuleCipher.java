package io.cyphonic.engine.session;

import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;

/**
 * Capsules through the JCA on heap arrays: AES-256-GCM (RFC 5116) or ChaCha20-Poly1305 (RFC 8439)
 * by the suite of the key. Nonces as in the Noise specification, section 12: four zero bytes and
 * the counter, big-endian for GCM, little-endian for ChaCha.
 *
 * <p>The ciphers are made once and initialised per packet; the JCA allocates about a kilobyte for
 * that, this class nothing else. A wrong tag is an exception inside the JCA, which goes no further.
 */
public final class JcaCapsuleCipher implements CapsuleCipher {
    private static final int KEY_LENGTH = 32;
    private static final int NONCE_LENGTH = 12;
    private static final int COUNTER_IN_NONCE = 4;
    private static final int USUAL_CAPSULE_LENGTH = 2048;
    private static final int TAG_BITS = CapsuleHeader.TAG_LENGTH * 8;

    private static final VarHandle BIG_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LITTLE_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final Suite aes =
            new Suite(CipherSuite.AES_GCM_SHA256, "AES/GCM/NoPadding") {
                @Override
                AlgorithmParameterSpec parameters(long counter) {
                    BIG_ENDIAN.set(nonce, COUNTER_IN_NONCE, counter);
                    return new GCMParameterSpec(TAG_BITS, nonce);
                }
            };

    private final Suite chacha =
            new Suite(CipherSuite.CHACHA_POLY_BLAKE2S, "ChaCha20-Poly1305") {
                @Override
                AlgorithmParameterSpec parameters(long counter) {
                    LITTLE_ENDIAN.set(nonce, COUNTER_IN_NONCE, counter);
                    return new IvParameterSpec(nonce);
                }
            };

    /** One capsule as received: the JCA is twice as fast on arrays. As long as the longest yet. */
    private byte[] capsule = new byte[USUAL_CAPSULE_LENGTH];

    @Override
    public int seal(
            CapsuleKey key,
            long counter,
            byte[] in,
            int inOffset,
            int length,
            byte[] out,
            int outOffset) {
        try {
            Cipher cipher = suite(key).sealing(key, counter);
            cipher.updateAAD(out, outOffset, CapsuleHeader.LENGTH);
            return CapsuleHeader.LENGTH
                    + cipher.doFinal(in, inOffset, length, out, outOffset + CapsuleHeader.LENGTH);
        } catch (GeneralSecurityException e) {
            return FAILED;
        }
    }

    @Override
    public int open(
            CapsuleKey key,
            long counter,
            MemorySegment in,
            long inOffset,
            int length,
            byte[] out,
            int outOffset) {
        try {
            if (capsule.length < length) {
                capsule = new byte[Math.max(length, 2 * capsule.length)];
            }
            MemorySegment.copy(in, ValueLayout.JAVA_BYTE, inOffset, capsule, 0, length);
            Cipher cipher = suite(key).opening(key, counter);
            cipher.updateAAD(capsule, 0, CapsuleHeader.LENGTH);
            return cipher.doFinal(
                    capsule, CapsuleHeader.LENGTH, length - CapsuleHeader.LENGTH, out, outOffset);
        } catch (GeneralSecurityException e) {
            return FAILED;
        }
    }

    @Override
    public void close() {
        aes.forget();
        chacha.forget();
    }

    private Suite suite(CapsuleKey key) {
        return key.suite() == CipherSuite.AES_GCM_SHA256 ? aes : chacha;
    }

    /**
     * The ciphers of one suite: two, so that a change of direction does not cost a key schedule.
     */
    private abstract static class Suite {
        final byte[] nonce = new byte[NONCE_LENGTH];
        private final CipherSuite name;
        private final Cipher seal;
        private final Cipher open;

        /** Makes the ciphers; a runtime without them cannot run this program. */
        Suite(CipherSuite name, String transformation) {
            this.name = name;
            try {
                seal = Cipher.getInstance(transformation);
                open = Cipher.getInstance(transformation);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(
                        "the Java runtime lacks %s".formatted(transformation), e);
            }
        }

        abstract AlgorithmParameterSpec parameters(long counter);

        Cipher sealing(CapsuleKey key, long counter) throws GeneralSecurityException {
            seal.init(Cipher.ENCRYPT_MODE, key, parameters(counter));
            return seal;
        }

        Cipher opening(CapsuleKey key, long counter) throws GeneralSecurityException {
            open.init(Cipher.DECRYPT_MODE, key, parameters(counter));
            return open;
        }

        /**
         * Gives the ciphers a worthless key, which overwrites the schedule of the last real one.
         */
        void forget() {
            CapsuleKey zeros = new CapsuleKey(name, new byte[KEY_LENGTH]);
            try {
                seal.init(Cipher.DECRYPT_MODE, zeros, parameters(0));
                open.init(Cipher.DECRYPT_MODE, zeros, parameters(0));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("a cipher refuses a new key", e);
            }
        }
    }
}
