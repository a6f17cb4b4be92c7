package io.cyphonic.engine.session;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;

/**
 * Capsules through the JCA, by way of heap arrays: AES-256-GCM (RFC 5116) or ChaCha20-Poly1305 (RFC
 * 8439) by the suite of the key. Nonces as in the Noise specification, section 12: four zero bytes
 * and the counter, big-endian for GCM, little-endian for ChaCha.
 *
 * <p>The ciphers are made once and initialised per packet; the JCA allocates about a kilobyte for
 * that, this class nothing else. A wrong tag is an exception inside the JCA, which goes no further.
 */
public final class JcaCapsuleCipher implements CapsuleCipher {
    private static final int KEY_LENGTH = 32;
    private static final int NONCE_LENGTH = 12;
    private static final int COUNTER_IN_NONCE = 4;
    private static final int USUAL_LENGTH = 2048;
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

    // One packet and its capsule: the JCA is twice as fast on arrays. As long as the longest yet.
    private byte[] packet = new byte[USUAL_LENGTH];
    private byte[] capsule = new byte[USUAL_LENGTH + CapsuleHeader.OVERHEAD];

    @Override
    public int seal(
            CapsuleKey key,
            long counter,
            MemorySegment in,
            long inOffset,
            int length,
            MemorySegment out,
            long outOffset) {
        try {
            int header = CapsuleHeader.LENGTH;
            makeRoom(length);
            MemorySegment.copy(in, JAVA_BYTE, inOffset, packet, 0, length);
            MemorySegment.copy(out, JAVA_BYTE, outOffset, capsule, 0, header);
            Cipher cipher = suite(key).sealing(key, counter);
            cipher.updateAAD(capsule, 0, header);
            int sealed = cipher.doFinal(packet, 0, length, capsule, header);
            MemorySegment.copy(capsule, header, out, JAVA_BYTE, outOffset + header, sealed);
            return header + sealed;
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
            MemorySegment out,
            long outOffset) {
        try {
            int header = CapsuleHeader.LENGTH;
            makeRoom(length);
            MemorySegment.copy(in, JAVA_BYTE, inOffset, capsule, 0, length);
            Cipher cipher = suite(key).opening(key, counter);
            cipher.updateAAD(capsule, 0, header);
            int opened = cipher.doFinal(capsule, header, length - header, packet, 0);
            MemorySegment.copy(packet, 0, out, JAVA_BYTE, outOffset, opened);
            return opened;
        } catch (GeneralSecurityException e) {
            return FAILED;
        }
    }

    private void makeRoom(int length) {
        if (packet.length < length) {
            Arrays.fill(packet, (byte) 0);
            packet = new byte[Math.max(length, 2 * packet.length)];
            capsule = new byte[packet.length + CapsuleHeader.OVERHEAD];
        }
    }

    @Override
    public void close() {
        aes.forget();
        chacha.forget();
        Arrays.fill(packet, (byte) 0);
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
