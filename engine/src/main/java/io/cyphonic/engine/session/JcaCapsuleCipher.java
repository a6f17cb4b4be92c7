package io.cyphonic.engine.session;

import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.protocol.CapsuleHeader;

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
    private static final int NONCE_LENGTH = 12;
    private static final int COUNTER_IN_NONCE = 4;
    private static final int TAG_BITS = CapsuleHeader.TAG_LENGTH * 8;

    private static final VarHandle BIG_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LITTLE_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Separate ciphers, so that a change of direction does not cost a key schedule. */
    private final Cipher aesSeal;

    private final Cipher aesOpen;
    private final Cipher chachaSeal;
    private final Cipher chachaOpen;
    private final byte[] nonce = new byte[NONCE_LENGTH];

    /** Makes the ciphers; a runtime without them cannot run this program. */
    public JcaCapsuleCipher() {
        try {
            aesSeal = Cipher.getInstance("AES/GCM/NoPadding");
            aesOpen = Cipher.getInstance("AES/GCM/NoPadding");
            chachaSeal = Cipher.getInstance("ChaCha20-Poly1305");
            chachaOpen = Cipher.getInstance("ChaCha20-Poly1305");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the Java runtime lacks AES-GCM or ChaCha20", e);
        }
    }

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
            boolean aes = key.suite() == CipherSuite.AES_GCM_SHA256;
            Cipher cipher = aes ? aesSeal : chachaSeal;
            cipher.init(Cipher.ENCRYPT_MODE, key, parameters(aes, counter));
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
            byte[] in,
            int inOffset,
            int length,
            byte[] out,
            int outOffset) {
        try {
            boolean aes = key.suite() == CipherSuite.AES_GCM_SHA256;
            Cipher cipher = aes ? aesOpen : chachaOpen;
            cipher.init(Cipher.DECRYPT_MODE, key, parameters(aes, counter));
            cipher.updateAAD(in, inOffset, CapsuleHeader.LENGTH);
            return cipher.doFinal(
                    in,
                    inOffset + CapsuleHeader.LENGTH,
                    length - CapsuleHeader.LENGTH,
                    out,
                    outOffset);
        } catch (GeneralSecurityException e) {
            return FAILED;
        }
    }

    private AlgorithmParameterSpec parameters(boolean aes, long counter) {
        if (aes) {
            BIG_ENDIAN.set(nonce, COUNTER_IN_NONCE, counter);
            return new GCMParameterSpec(TAG_BITS, nonce);
        }
        LITTLE_ENDIAN.set(nonce, COUNTER_IN_NONCE, counter);
        return new IvParameterSpec(nonce);
    }

    /** Gives every cipher a worthless key, which overwrites the schedule of the last real one. */
    @Override
    public void close() {
        byte[] zeros = new byte[32];
        try {
            CapsuleKey aes = new CapsuleKey(CipherSuite.AES_GCM_SHA256, zeros);
            CapsuleKey chacha = new CapsuleKey(CipherSuite.CHACHA_POLY_BLAKE2S, zeros);
            aesSeal.init(Cipher.DECRYPT_MODE, aes, parameters(true, 0));
            aesOpen.init(Cipher.DECRYPT_MODE, aes, parameters(true, 0));
            chachaSeal.init(Cipher.DECRYPT_MODE, chacha, parameters(false, 0));
            chachaOpen.init(Cipher.DECRYPT_MODE, chacha, parameters(false, 0));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a cipher refuses a new key", e);
        }
    }
}
