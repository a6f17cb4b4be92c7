package io.cyphonic.signaling.handshake;

import io.cyphonic.signaling.protocol.RawKey;

import org.bouncycastle.crypto.digests.Blake2sDigest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

import javax.crypto.Mac;

/**
 * The hash functions HASH and HMAC-HASH of the two suites (Noise specification, revision 34,
 * sections 4.3, 12.5 and 12.6): SHA-256 of the JDK, BLAKE2s (RFC 7693) of Bouncy Castle, which the
 * JDK has not. Static methods without state.
 */
final class NoiseHash {
    /** HASHLEN of both suites. */
    static final int LENGTH = 32;

    private static final int BLAKE2S_BITS = 256;

    private NoiseHash() {}

    static byte[] hash(CipherSuite suite, byte[]... parts) {
        return switch (suite) {
            case AES_GCM_SHA256 -> sha256(parts);
            case CHACHA_POLY_BLAKE2S -> {
                Blake2sDigest digest = new Blake2sDigest(BLAKE2S_BITS);
                for (byte[] part : parts) {
                    digest.update(part, 0, part.length);
                }
                byte[] hash = new byte[LENGTH];
                digest.doFinal(hash, 0);
                yield hash;
            }
        };
    }

    static byte[] sha256(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static byte[] hmac(CipherSuite suite, byte[] key, byte[]... parts) {
        return switch (suite) {
            case AES_GCM_SHA256 -> hmacSha256(key, parts);
            case CHACHA_POLY_BLAKE2S -> {
                HMac mac = new HMac(new Blake2sDigest(BLAKE2S_BITS));
                mac.init(new KeyParameter(key));
                for (byte[] part : parts) {
                    mac.update(part, 0, part.length);
                }
                byte[] code = new byte[LENGTH];
                mac.doFinal(code, 0);
                yield code;
            }
        };
    }

    static byte[] hmacSha256(byte[] key, byte[]... parts) {
        try (RawKey rawKey = new RawKey("HmacSHA256", key.clone())) {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(rawKey);
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }
}
