package io.cyphonic.signaling.credential;

import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.bouncycastle.operator.ContentSigner;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;

/**
 * Ed25519 (RFC 8032, RFC 8410) on raw keys, in the shapes that certificates and TLS need. Works on
 * the caller's arrays, so that the caller can wipe them. Stateless, thread-safe.
 */
final class Ed25519Signature {
    static final int KEY_LENGTH = Ed25519.SECRET_KEY_SIZE;
    static final AlgorithmIdentifier ALGORITHM =
            new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519);

    private Ed25519Signature() {}

    static byte[] publicKey(byte[] privateKey) {
        byte[] publicKey = new byte[Ed25519.PUBLIC_KEY_SIZE];
        Ed25519.generatePublicKey(privateKey, 0, publicKey, 0);
        return publicKey;
    }

    static SubjectPublicKeyInfo publicKeyInfo(byte[] publicKey) {
        return new SubjectPublicKeyInfo(ALGORITHM, publicKey);
    }

    /** The raw public key, or {@code null} if it is not a valid Ed25519 key. */
    static byte[] rawPublicKey(SubjectPublicKeyInfo info) {
        byte[] key = info.getPublicKeyData().getOctets();
        boolean valid =
                info.getAlgorithm().equals(ALGORITHM)
                        && key.length == Ed25519.PUBLIC_KEY_SIZE
                        && Ed25519.validatePublicKeyFull(key, 0);
        return valid ? key : null;
    }

    static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
        return signature.length == Ed25519.SIGNATURE_SIZE
                && Ed25519.verify(signature, 0, publicKey, 0, message, 0, message.length);
    }

    /** Signs with a raw private key, which is neither copied nor kept longer than the signer. */
    static ContentSigner signer(byte[] privateKey) {
        ByteArrayOutputStream message = new ByteArrayOutputStream(1024);
        return new ContentSigner() {
            @Override
            public AlgorithmIdentifier getAlgorithmIdentifier() {
                return ALGORITHM;
            }

            @Override
            public OutputStream getOutputStream() {
                return message;
            }

            @Override
            public byte[] getSignature() {
                byte[] bytes = message.toByteArray();
                byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
                Ed25519.sign(privateKey, 0, bytes, 0, bytes.length, signature, 0);
                return signature;
            }
        };
    }

    /** The key as the JDK's TLS wants it; the JDK keeps a copy that cannot be wiped. */
    static PrivateKey tlsKey(byte[] privateKey) {
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePrivate(
                            new EdECPrivateKeySpec(NamedParameterSpec.ED25519, privateKey));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime lacks Ed25519", e);
        }
    }
}
