package io.cyphonic.signaling.credential;

import org.bouncycastle.cert.X509CertificateHolder;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * Decides whether a certificate makes its holder a node of this cloud at a moment. Whether the node
 * was revoked since is known elsewhere. Immutable, thread-safe; no I/O, no clock of its own; about
 * one signature check per call.
 */
public final class CertificateVerifier {
    private final CaCertificate ca;

    /**
     * Trusts what this CA issued.
     *
     * @param caCertificate X.509 DER
     * @throws IllegalArgumentException if it is not a self-signed Ed25519 CA certificate
     */
    public CertificateVerifier(byte[] caCertificate) {
        this.ca = CaCertificate.parse(caCertificate);
    }

    /** The answer to {@link #verify}. */
    public sealed interface Verdict {
        /** Issued by the CA and valid now. */
        record Valid(NodeCertificate certificate) implements Verdict {}

        /** Not to be trusted; the text says why, for a person. */
        record Invalid(Reason reason, String text) implements Verdict {}
    }

    /** Why a certificate is not to be trusted. */
    public enum Reason {
        /** Not X.509 in DER, or too long. */
        MALFORMED,
        /** Another issuer, or the signature does not fit. */
        NOT_ISSUED_BY_CA,
        /** Issued by the CA for something else than a node. */
        NOT_A_NODE,
        /** Its time has not come, by the given clock. */
        NOT_YET_VALID,
        /** Its time is over, by the given clock. */
        EXPIRED
    }

    /**
     * Judges a certificate. Never throws, whatever the bytes.
     *
     * @param der claimed to be an X.509 certificate in DER
     * @param nowMillis since the epoch, by the local clock
     */
    public Verdict verify(byte[] der, long nowMillis) {
        return switch (verifyIssuer(der)) {
            case Verdict.Invalid invalid -> invalid;
            case Verdict.Valid(NodeCertificate certificate) -> checkTime(certificate, nowMillis);
        };
    }

    /**
     * Judges a certificate as {@link #verify} does, but for the time: a node whose certificate ran
     * out while it was off may still prove to the AS who it is.
     */
    public Verdict verifyIssuer(byte[] der) {
        if (der.length > NodeCertificate.MAX_LENGTH) {
            return malformed();
        }
        try {
            if (!ca.signed(new X509CertificateHolder(der))) {
                return new Verdict.Invalid(
                        Reason.NOT_ISSUED_BY_CA,
                        "the certificate was not issued by this cloud, or was changed");
            }
        } catch (IOException | RuntimeException _) {
            // Bouncy Castle reports bad structures by many kinds of exception.
            return malformed();
        }
        Optional<NodeCertificate> certificate = NodeCertificate.parse(der);
        if (certificate.isEmpty()) {
            return new Verdict.Invalid(Reason.NOT_A_NODE, "the certificate is not one of a node");
        }
        return new Verdict.Valid(certificate.get());
    }

    private static Verdict checkTime(NodeCertificate certificate, long nowMillis) {
        if (nowMillis < certificate.notBeforeMillis()) {
            return new Verdict.Invalid(
                    Reason.NOT_YET_VALID,
                    "the certificate of %s is valid from %s on, and the local clock says %s"
                            .formatted(
                                    certificate.fqdn(),
                                    Instant.ofEpochMilli(certificate.notBeforeMillis()),
                                    Instant.ofEpochMilli(nowMillis)));
        }
        if (nowMillis > certificate.notAfterMillis()) {
            return new Verdict.Invalid(
                    Reason.EXPIRED,
                    "the certificate of %s was valid until %s, and the local clock says %s"
                            .formatted(
                                    certificate.fqdn(),
                                    Instant.ofEpochMilli(certificate.notAfterMillis()),
                                    Instant.ofEpochMilli(nowMillis)));
        }
        return new Verdict.Valid(certificate);
    }

    private static Verdict malformed() {
        return new Verdict.Invalid(Reason.MALFORMED, "not a certificate (X.509 in DER)");
    }
}
