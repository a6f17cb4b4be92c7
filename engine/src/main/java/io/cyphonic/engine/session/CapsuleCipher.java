package io.cyphonic.engine.session;

import java.lang.foreign.MemorySegment;

/**
 * Seals and opens capsules: the AEAD of the data plane. The sixteen bytes of the capsule header are
 * the associated data, the counter is the nonce.
 *
 * <p>Not thread-safe: one instance per worker. {@code in} and {@code out} are different.
 */
public interface CapsuleCipher extends AutoCloseable {
    /** Sealing failed (a bug), or the tag was wrong. */
    int FAILED = -1;

    /**
     * Seals one packet behind its header.
     *
     * @param counter never used before with this key; the caller sees to it
     * @param in off the heap; holds the plaintext, {@code length} bytes at {@code inOffset}
     * @param out off the heap; holds the capsule header at {@code outOffset}; receives the
     *     ciphertext and the tag after it
     * @return bytes of the whole capsule, header included; or {@link #FAILED}
     */
    int seal(
            CapsuleKey key,
            long counter,
            MemorySegment in,
            long inOffset,
            int length,
            MemorySegment out,
            long outOffset);

    /**
     * Opens one capsule.
     *
     * @param in off the heap, as received; holds the capsule with its header, {@code length} bytes
     *     at {@code inOffset}
     * @param out off the heap; receives the plaintext at {@code outOffset}; where opening fails, as
     *     many bytes there may have been overwritten
     * @return bytes of the plaintext; or {@link #FAILED}
     */
    int open(
            CapsuleKey key,
            long counter,
            MemorySegment in,
            long inOffset,
            int length,
            MemorySegment out,
            long outOffset);

    /** Forgets the keys last used. */
    @Override
    void close();
}
