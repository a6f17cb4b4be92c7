package io.cyphonic.signaling.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.cyphonic.signaling.aead.AesGcm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32;

/**
 * Compares an {@link AesGcm} with what is right: a library that is subtly wrong, or another one of
 * the same name, must not get near a packet. The keys are made up and worth nothing.
 *
 * <p>What is right was computed by the Java platform's own AES-GCM, and a test does so again; not
 * at every start, for that cipher takes a hundred milliseconds as long as it is interpreted.
 */
final class AesGcmSelfCheck {
    private static final int LONGEST = 8952;

    static final int[] LENGTHS = {0, 1, 15, 16, 17, 64, 767, 768, 1400, LONGEST};

    /**
     * CRC-32 of what {@link #LENGTHS} bytes are sealed to, for each key: against errors, not lies.
     */
    static final int[][] CHECKSUMS = {
        {
            0x440266ff,
            0x7d9710b6,
            0x5e5c21ba,
            0xe238ff89,
            0x501bc6fe,
            0x09ea1a38,
            0x773be035,
            0x435ea2f6,
            0x848493df,
            0xd3cc594b
        },
        {
            0x89d654ca,
            0x8d24fe3b,
            0xac8dd8f7,
            0xa2b14a4a,
            0xda3103ad,
            0x38101535,
            0x510d97ec,
            0xcfdd37c9,
            0x1ce435bb,
            0xf69dfc82
        }
    };

    /** Where the plaintext begins: nothing is aligned. */
    static final int PLAINTEXT_OFFSET = 3;

    /** One for all lengths: a loop is slow as long as it is interpreted. */
    static final byte[] PLAINTEXT = pattern(PLAINTEXT_OFFSET + LONGEST, 1);

    private static final int HEADER = AesGcm.AAD_LENGTH;

    private AesGcmSelfCheck() {}

    /**
     * Runs all comparisons, some microseconds each.
     *
     * @throws IllegalStateException if one fails
     */
    static void run(AesGcm library) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment plaintext = arena.allocateFrom(JAVA_BYTE, PLAINTEXT);
            for (int number = 0; number < CHECKSUMS.length; number++) {
                AesGcm.Key key = library.expand(secret(number));
                AesGcm.Context context = library.newContext();
                for (int i = 0; i < LENGTHS.length; i++) {
                    long counter = counter(number, LENGTHS[i]);
                    int checksum = CHECKSUMS[number][i];
                    compare(context, key, counter, plaintext, LENGTHS[i], checksum);
                }
                key.wipe();
            }
        }
    }

    private static void compare(
            AesGcm.Context context,
            AesGcm.Key key,
            long counter,
            MemorySegment plaintext,
            int length,
            int checksum) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capsule = arena.allocate(HEADER + length + AesGcm.TAG_LENGTH);
            MemorySegment.copy(header(), 0, capsule, JAVA_BYTE, 0, HEADER);
            context.seal(key, counter, plaintext, PLAINTEXT_OFFSET, length, capsule, 0);
            require(checksum(capsule.toArray(JAVA_BYTE)) == checksum, length);

            MemorySegment opened = arena.allocate(length);
            require(context.open(key, counter, capsule, 0, length, opened, 0), length);
            require(opened.mismatch(plaintext.asSlice(PLAINTEXT_OFFSET, length)) < 0, length);

            for (long at : new long[] {0, capsule.byteSize() - 1, capsule.byteSize() / 2}) {
                byte right = capsule.get(JAVA_BYTE, at);
                capsule.set(JAVA_BYTE, at, (byte) (right ^ 1));
                require(!context.open(key, counter, capsule, 0, length, opened, 0), length);
                capsule.set(JAVA_BYTE, at, right);
            }
        }
    }

    static byte[] secret(int number) {
        return pattern(32, 31 * (number + 1));
    }

    static long counter(int number, int length) {
        return 0x0102030405060708L * (number + 1) + length;
    }

    static byte[] header() {
        return pattern(HEADER, 7);
    }

    static int checksum(byte[] bytes) {
        CRC32 checksum = new CRC32();
        checksum.update(bytes);
        return (int) checksum.getValue();
    }

    private static byte[] pattern(int length, int start) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (start + i * 37);
        }
        return bytes;
    }

    private static void require(boolean holds, int length) {
        if (!holds) {
            throw new IllegalStateException("wrong result for " + length + " bytes");
        }
    }
}
