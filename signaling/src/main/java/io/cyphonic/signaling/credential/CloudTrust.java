package io.cyphonic.signaling.credential;

import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509CertificateHolder;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;

/**
 * A node's trust in its cloud: the chain ends in the CA with the pinned fingerprint, which issued
 * the server's certificate for a TLS server, valid now. Names and addresses are not compared: the
 * CA belongs to this cloud alone, and clouds move. For one connection; remembers the CA it saw.
 */
final class CloudTrust extends PinnedTrustManager {
    /** Why a cloud is not trusted. */
    enum Reason {
        OTHER_CA,
        CLOCK,
        NOT_A_CLOUD
    }

    /** Carries the reason through TLS, which wraps it in exceptions of its own. */
    static final class UntrustedCloudException extends CertificateException {
        private static final long serialVersionUID = 1;

        private final Reason reason;

        UntrustedCloudException(Reason reason, String text) {
            super(text);
            this.reason = reason;
        }

        Reason reason() {
            return reason;
        }
    }

    private final byte[] caFingerprint;
    private final InstantSource clock;
    private volatile byte[] caCertificate;

    CloudTrust(byte[] caFingerprint, InstantSource clock) {
        this.caFingerprint = caFingerprint.clone();
        this.clock = clock;
    }

    /** The CA's certificate, DER, once a chain was trusted; else {@code null}. */
    byte[] caCertificate() {
        return caCertificate;
    }

    @Override
    void check(X509Certificate[] chain) throws CertificateException {
        byte[] root = chain[chain.length - 1].getEncoded();
        byte[] fingerprint = CaCertificate.sha256(root);
        if (!MessageDigest.isEqual(fingerprint, caFingerprint)) {
            throw new UntrustedCloudException(
                    Reason.OTHER_CA,
                    "its CA has the fingerprint %s, expected was %s"
                            .formatted(shorten(fingerprint), shorten(caFingerprint)));
        }
        try {
            CaCertificate ca = CaCertificate.parse(root);
            X509CertificateHolder server = new X509CertificateHolder(chain[0].getEncoded());
            ExtendedKeyUsage purposes = ExtendedKeyUsage.fromExtensions(server.getExtensions());
            if (!ca.signed(server)
                    || purposes == null
                    || !purposes.hasKeyPurposeId(KeyPurposeId.id_kp_serverAuth)) {
                throw new UntrustedCloudException(
                        Reason.NOT_A_CLOUD, "its certificate is not that of the cloud's server");
            }
            checkTime(
                    Math.max(ca.notBeforeMillis(), server.getNotBefore().getTime()),
                    Math.min(ca.notAfterMillis(), server.getNotAfter().getTime()));
        } catch (IOException | RuntimeException e) {
            throw new UntrustedCloudException(
                    Reason.NOT_A_CLOUD, "its certificate cannot be read: " + e.getMessage());
        }
        caCertificate = root;
    }

    private void checkTime(long fromMillis, long toMillis) throws UntrustedCloudException {
        Instant now = clock.instant();
        if (now.toEpochMilli() < fromMillis || now.toEpochMilli() > toMillis) {
            throw new UntrustedCloudException(
                    Reason.CLOCK,
                    "the local clock says %s, and the cloud's certificate is valid from %s to %s"
                            .formatted(
                                    now,
                                    Instant.ofEpochMilli(fromMillis),
                                    Instant.ofEpochMilli(toMillis)));
        }
    }

    private static String shorten(byte[] fingerprint) {
        return HexFormat.of().formatHex(fingerprint, 0, 8) + "...";
    }
}
