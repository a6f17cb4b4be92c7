package io.cyphonic.signaling.aead;

import java.lang.foreign.MemorySegment;

/**
 * AES-256-GCM (NIST SP 800-38D) of a library that keeps what it can compute from a key alone, so
 * that a packet costs no key schedule. Nonces are 12 bytes: four zero bytes and a 64-bit counter,
 * big-endian. Tags are {@value #TAG_LENGTH} bytes.
 *
 * <p>Thread-safe; its contexts are not.
 */
public interface AesGcm {
    /** Bytes of a tag. */
    int TAG_LENGTH = 16;

    /** Bytes of the associated data: of a capsule header. */
    int AAD_LENGTH = 16;

    /**
     * Computes what depends on the key alone.
     *
     * @param key 32 bytes; still the caller's
     */
    Key expand(byte[] key);

    /** Working memory for one thread. */
    Context newContext();

    /** Name and version of the library and the instructions it uses, for people. */
    String description();

    /**
     * A key in the library's form. Any number of threads may use it at once. Using it after it was
     * wiped does no harm to memory, but what comes out is worthless: whoever shares a key must look
     * afterwards whether it was wiped meanwhile.
     */
    interface Key {
        /** Overwrites it. Idempotent. */
        void wipe();
    }

    /**
     * Seals and opens with working memory of its own. For one thread. Does not allocate once
     * compiled.
     */
    interface Context {
        /**
         * Encrypts and authenticates.
         *
         * @param counter never used before with this key
         * @param in off the heap: the plaintext, {@code length} bytes at {@code inOffset}
         * @param out off the heap: holds the associated data at {@code outOffset}; receives
         *     ciphertext and tag behind it; does not overlap {@code in}
         * @throws IndexOutOfBoundsException if memory is too short
         */
        void seal(
                Key key,
                long counter,
                MemorySegment in,
                long inOffset,
                int length,
                MemorySegment out,
                long outOffset);

        /**
         * Decrypts, and compares the tag in constant time.
         *
         * @param in off the heap, at {@code inOffset}: the associated data, {@code length} bytes of
         *     ciphertext behind it, and the tag
         * @param out off the heap: receives the plaintext at {@code outOffset}, also if the tag is
         *     wrong; does not overlap {@code in}
         * @return whether the tag is right
         * @throws IndexOutOfBoundsException if memory is too short
         */
        boolean open(
                Key key,
                long counter,
                MemorySegment in,
                long inOffset,
                int length,
                MemorySegment out,
                long outOffset);
    }
}
