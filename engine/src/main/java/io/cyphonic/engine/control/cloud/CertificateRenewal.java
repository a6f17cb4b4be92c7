package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.NodeIdentity;
import io.cyphonic.signaling.credential.CertificateVerifier;
import io.cyphonic.signaling.credential.NodeCertificate;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Arrays;

/** Knows when a new certificate is due, and takes over the one that comes. Thread-safe. */
public final class CertificateRenewal {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateRenewal.class);

    private final NodeIdentity identity;
    private final CertificateVerifier verifier;

    /** Renews the certificate of an identity. */
    public CertificateRenewal(NodeIdentity identity, CertificateVerifier verifier) {
        this.identity = identity;
        this.verifier = verifier;
    }

    /** Whether the next login should ask for a new certificate. */
    boolean isDue(long wallMillis) {
        return identity.certificate().isDueForRenewal(wallMillis);
    }

    /** Takes over a certificate if it is one for this node and its keys; empty: nothing to do. */
    void accept(byte[] der, long wallMillis) {
        if (der.length == 0) {
            return;
        }
        NodeCertificate present = identity.certificate();
        switch (verifier.verify(der, wallMillis)) {
            case CertificateVerifier.Verdict.Valid(NodeCertificate next)
                    when next.nodeId().equals(present.nodeId())
                            && Arrays.equals(next.tunnelKey(), present.tunnelKey())
                            && Arrays.equals(next.identityKey(), present.identityKey()) -> {
                if (!next.equals(present)) {
                    store(next);
                }
            }
            case CertificateVerifier.Verdict.Valid _ ->
                    LOG.warn("the cloud sent a certificate of another node; keeping the old one");
            case CertificateVerifier.Verdict.Invalid(var _, String text) ->
                    LOG.warn("the cloud sent a certificate that is not valid: {}", text);
        }
    }

    private void store(NodeCertificate next) {
        try {
            identity.renew(next);
            LOG.info("certificate renewed");
        } catch (RuntimeException e) {
            // In use already; only a restart would find the old one, and renew it again.
            LOG.warn("the new certificate could not be stored: {}", e.toString());
        }
    }
}
