package io.cyphonic.signaling.os;

import io.cyphonic.signaling.aead.AesGcm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Compares an {@link AesGcm} with the one of the Java platform: a library that is subtly wrong, or
 * another one of the same name, must not get near a packet. The keys are made up and worth nothing.
 */
final class AesGcmSelfCheck {
    private static final int[] LENGTHS = {0, 1, 15, 16, 17, 64, 767, 768, 1400, 8952};
    private static final int KEYS = 2;
    private static final int HEADER = AesGcm.AAD_LENGTH;

    private AesGcmSelfCheck() {}

    /**
     * Runs all comparisons, some microseconds each.
     *
     * @throws IllegalStateException if the two differ
     */
    static void run(AesGcm library) throws GeneralSecurityException {
        for (int number = 1; number <= KEYS; number++) {
            byte[] secret = pattern(32, 31 * number);
            AesGcm.Key key = library.expand(secret);
            AesGcm.Context context = library.newContext();
            for (int length : LENGTHS) {
                long counter = 0x0102030405060708L * number + length;
                compare(context, key, secret, counter, length);
            }
            key.wipe();
        }
    }

    private static void compare(
            AesGcm.Context context, AesGcm.Key key, byte[] secret, long counter, int length)
            throws GeneralSecurityException {
        byte[] plaintext = pattern(length + 3, length + 1);
        byte[] sealed = Arrays.copyOf(pattern(HEADER, 7), HEADER + length + AesGcm.TAG_LENGTH);
        context.seal(key, counter, plaintext, 3, length, sealed, 0);
        require(Arrays.equals(sealed, expected(secret, counter, plaintext, length)), length);

        byte[] opened = new byte[length];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment received = arena.allocateFrom(ValueLayout.JAVA_BYTE, sealed);
            require(context.open(key, counter, received, 0, length, opened, 0), length);
            require(Arrays.equals(opened, 0, length, plaintext, 3, 3 + length), length);

            for (int at : new int[] {0, sealed.length - 1, sealed.length / 2}) {
                received.set(ValueLayout.JAVA_BYTE, at, (byte) (sealed[at] ^ 1));
                require(!context.open(key, counter, received, 0, length, opened, 0), length);
                received.set(ValueLayout.JAVA_BYTE, at, sealed[at]);
            }
        }
    }

    private static byte[] expected(byte[] secret, long counter, byte[] plaintext, int length)
            throws GeneralSecurityException {
        byte[] nonce = ByteBuffer.allocate(12).putInt(0).putLong(counter).array();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                Cipher.ENCRYPT_MODE,
                new SecretKeySpec(secret, "AES"),
                new GCMParameterSpec(AesGcm.TAG_LENGTH * Byte.SIZE, nonce));
        byte[] header = pattern(HEADER, 7);
        cipher.updateAAD(header);
        byte[] sealed = Arrays.copyOf(header, HEADER + length + AesGcm.TAG_LENGTH);
        cipher.doFinal(plaintext, 3, length, sealed, HEADER);
        return sealed;
    }

    private static void require(boolean holds, int length) {
        if (!holds) {
            throw new IllegalStateException("wrong result for " + length + " bytes");
        }
    }

    private static byte[] pattern(int length, int start) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (start + i * 37);
        }
        return bytes;
    }
}
