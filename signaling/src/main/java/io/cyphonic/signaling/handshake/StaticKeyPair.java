package io.cyphonic.signaling.handshake;

import org.bouncycastle.math.ec.rfc7748.X25519;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The X25519 key pair (RFC 7748) that is a node's identity in tunnel handshakes. The public key is
 * immutable; the private one is held as raw bytes, so that it can be overwritten. Safe to share
 * between threads until it is closed; the owner closes it after the last handshake.
 */
public final class StaticKeyPair implements AutoCloseable {
    /** Length of either key in bytes. */
    public static final int KEY_LENGTH = X25519.SCALAR_SIZE;

    private final byte[] privateKey;
    private final byte[] publicKey;

    private StaticKeyPair(byte[] privateKey) {
        this.privateKey = privateKey;
        this.publicKey = new byte[KEY_LENGTH];
        X25519.scalarMultBase(privateKey, 0, publicKey, 0);
    }

    /** Draws a new key pair. */
    public static StaticKeyPair generate(SecureRandom random) {
        byte[] privateKey = new byte[KEY_LENGTH];
        X25519.generatePrivateKey(random, privateKey);
        return new StaticKeyPair(privateKey);
    }

    /**
     * The key pair of a private key.
     *
     * @param privateKey {@value #KEY_LENGTH} bytes; taken over, the caller must neither change nor
     *     keep it
     */
    public static StaticKeyPair ofPrivate(byte[] privateKey) {
        if (privateKey.length != KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "an X25519 private key has %d bytes, found %d"
                            .formatted(KEY_LENGTH, privateKey.length));
        }
        return new StaticKeyPair(privateKey);
    }

    /** The private key; not a copy, wiped by {@link #close}. */
    public byte[] privateKey() {
        return privateKey;
    }

    /** A copy of the public key. */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /** Overwrites the private key. Idempotent; the pair must not be used for a handshake after. */
    @Override
    public void close() {
        Arrays.fill(privateKey, (byte) 0);
    }

    @Override
    public String toString() {
        return "StaticKeyPair[X25519]";
    }
}
