package io.cyphonic.signaling.handshake;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The symmetric state of a Noise handshake (Noise specification, revision 34, section 5.2):
 * chaining key, transcript hash, and the cipher key of the moment. Whatever it replaces it
 * overwrites. Not thread-safe; closed by the handshake it belongs to.
 */
final class SymmetricState implements AutoCloseable {
    private static final byte[] ONE = {1};
    private static final byte[] TWO = {2};

    private final CipherSuite suite;
    private final byte[] chainingKey;
    private final byte[] hash;
    private final byte[] cipherKey = new byte[NoiseCipher.KEY_LENGTH];
    private long counter;

    private SymmetricState(CipherSuite suite, byte[] chainingKey, byte[] hash) {
        this.suite = suite;
        this.chainingKey = chainingKey;
        this.hash = hash;
    }

    /** InitializeSymmetric. */
    static SymmetricState start(CipherSuite suite) {
        byte[] name = suite.protocolName().getBytes(StandardCharsets.US_ASCII);
        byte[] hash =
                name.length <= NoiseHash.LENGTH
                        ? Arrays.copyOf(name, NoiseHash.LENGTH)
                        : NoiseHash.hash(suite, name);
        return new SymmetricState(suite, hash.clone(), hash);
    }

    /** Takes over both arrays, which {@link #chainingKey} and {@link #hash} gave before. */
    static SymmetricState resume(CipherSuite suite, byte[] chainingKey, byte[] hash) {
        return new SymmetricState(suite, chainingKey, hash);
    }

    /** The chaining key; not a copy. */
    byte[] chainingKey() {
        return chainingKey;
    }

    /** The transcript hash; not a copy. */
    byte[] hash() {
        return hash;
    }

    /** MixHash. */
    void mixHash(byte[] data) {
        overwrite(hash, NoiseHash.hash(suite, hash, data));
    }

    /** MixKey; overwrites the input. */
    void mixKey(byte[] inputKeyMaterial) {
        byte[][] outputs = hkdf(inputKeyMaterial);
        overwrite(chainingKey, outputs[0]);
        overwrite(cipherKey, outputs[1]);
        counter = 0;
        Arrays.fill(inputKeyMaterial, (byte) 0);
    }

    /** EncryptAndHash; a key must have been mixed in. */
    byte[] encryptAndHash(byte[] plaintext) {
        byte[] ciphertext = NoiseCipher.seal(suite, cipherKey, counter++, hash, plaintext);
        mixHash(ciphertext);
        return ciphertext;
    }

    /** DecryptAndHash; {@code null} if the ciphertext is not authentic. */
    byte[] decryptAndHash(byte[] buffer, int offset, int length) {
        byte[] plaintext =
                NoiseCipher.open(suite, cipherKey, counter, hash, buffer, offset, length);
        if (plaintext != null) {
            counter++;
            mixHash(Arrays.copyOfRange(buffer, offset, offset + length));
        }
        return plaintext;
    }

    /** Split: the key of the initiator's transport messages, then that of the responder's. */
    byte[][] split() {
        return hkdf(new byte[0]);
    }

    /** Overwrites everything. Idempotent. */
    @Override
    public void close() {
        Arrays.fill(chainingKey, (byte) 0);
        Arrays.fill(hash, (byte) 0);
        Arrays.fill(cipherKey, (byte) 0);
    }

    /** HKDF with two outputs (section 4.3). */
    private byte[][] hkdf(byte[] inputKeyMaterial) {
        byte[] temporaryKey = NoiseHash.hmac(suite, chainingKey, inputKeyMaterial);
        byte[] first = NoiseHash.hmac(suite, temporaryKey, ONE);
        byte[] second = NoiseHash.hmac(suite, temporaryKey, first, TWO);
        Arrays.fill(temporaryKey, (byte) 0);
        return new byte[][] {first, second};
    }

    private static void overwrite(byte[] target, byte[] source) {
        System.arraycopy(source, 0, target, 0, target.length);
        Arrays.fill(source, (byte) 0);
    }
}
