package io.cyphonic.signaling.protocol;

import java.util.Arrays;

import javax.crypto.SecretKey;

/**
 * A secret key for the JCA whose bytes its owner can overwrite; {@code SecretKeySpec} keeps a copy
 * that nobody can. The JDK's AEAD ciphers wipe the copy they ask for; the round keys inside a
 * {@code Cipher} stay in memory until that object is collected, which is why ciphers are not kept
 * longer than needed.
 *
 * <p>Thread-safe: a cipher gets the whole key or, once it is destroyed, an exception; never a key
 * half overwritten. Serialising it gives no key.
 */
public final class RawKey implements SecretKey, AutoCloseable {
    private static final long serialVersionUID = 1L;

    private final String algorithm;
    private final transient byte[] bytes;
    private boolean destroyed;

    /**
     * Takes over the bytes; the caller must not keep them.
     *
     * @param algorithm as the JCA calls it, such as {@code AES}
     */
    public RawKey(String algorithm, byte[] bytes) {
        this.algorithm = algorithm;
        this.bytes = bytes;
    }

    @Override
    public String getAlgorithm() {
        return algorithm;
    }

    @Override
    public String getFormat() {
        return "RAW";
    }

    /**
     * A copy, for the cipher that asks.
     *
     * @throws IllegalStateException if the key is destroyed
     */
    @Override
    public synchronized byte[] getEncoded() {
        if (destroyed) {
            throw new IllegalStateException("the key is destroyed");
        }
        return bytes.clone();
    }

    /** Overwrites the bytes. Idempotent. */
    @Override
    public synchronized void destroy() {
        destroyed = true;
        Arrays.fill(bytes, (byte) 0);
    }

    @Override
    public synchronized boolean isDestroyed() {
        return destroyed;
    }

    /** The same as {@link #destroy}. */
    @Override
    public void close() {
        destroy();
    }

    @Override
    public String toString() {
        return "RawKey[" + algorithm + "]";
    }
}
