package io.cyphonic.signaling.credential;

import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.cert.X509CertificateHolder;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The certificate of a cloud's CA: the root of all trust in that cloud. Immutable. */
final class CaCertificate {
    private final byte[] der;
    private final X509CertificateHolder holder;
    private final byte[] publicKey;

    private CaCertificate(byte[] der, X509CertificateHolder holder, byte[] publicKey) {
        this.der = der;
        this.holder = holder;
        this.publicKey = publicKey;
    }

    /**
     * Reads a self-signed Ed25519 CA certificate.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    static CaCertificate parse(byte[] der) {
        try {
            if (der.length <= NodeCertificate.MAX_LENGTH) {
                X509CertificateHolder holder = new X509CertificateHolder(der);
                byte[] key = Ed25519Signature.rawPublicKey(holder.getSubjectPublicKeyInfo());
                BasicConstraints constraints =
                        BasicConstraints.fromExtensions(holder.getExtensions());
                if (key != null
                        && constraints != null
                        && constraints.isCA()
                        && NodeCertificate.isDer(holder, der)) {
                    CaCertificate certificate = new CaCertificate(der.clone(), holder, key);
                    if (certificate.signed(holder)) {
                        return certificate;
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException("not a CA certificate: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("not a self-signed Ed25519 CA certificate");
    }

    byte[] der() {
        return der;
    }

    X500Name name() {
        return holder.getSubject();
    }

    byte[] publicKey() {
        return publicKey;
    }

    long notBeforeMillis() {
        return holder.getNotBefore().getTime();
    }

    long notAfterMillis() {
        return holder.getNotAfter().getTime();
    }

    byte[] fingerprint() {
        return sha256(der);
    }

    /** Whether this CA issued a certificate: its name and its signature are on it. */
    boolean signed(X509CertificateHolder certificate) throws IOException {
        var structure = certificate.toASN1Structure();
        byte[] signedPart = structure.getTBSCertificate().getEncoded(ASN1Encoding.DER);
        return certificate.getIssuer().equals(name())
                && structure.getSignatureAlgorithm().equals(Ed25519Signature.ALGORITHM)
                && structure.getTBSCertificate().getSignature().equals(Ed25519Signature.ALGORITHM)
                && Ed25519Signature.verify(publicKey, signedPart, certificate.getSignature());
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime lacks SHA-256", e);
        }
    }
}
