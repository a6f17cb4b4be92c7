package io.cyphonic.signaling.credential;

import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * A node's request for a certificate, after its signature was checked: whoever sent it holds the
 * identity key. That it holds the tunnel key too shows in the first handshake.
 *
 * @param identityKey Ed25519 public key, 32 bytes
 * @param tunnelKey X25519 public key, 32 bytes, not of small order
 */
public record CertificateRequest(byte[] identityKey, byte[] tunnelKey) {
    /** Longest request that is looked at, in bytes. */
    public static final int MAX_LENGTH = 1024;

    /** Reads and checks a PKCS #10 structure in DER; empty for anything that is not a good one. */
    public static Optional<CertificateRequest> parse(byte[] der) {
        if (der.length > MAX_LENGTH) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(read(der));
        } catch (IOException | RuntimeException _) {
            // Bouncy Castle reports bad structures by many kinds of exception.
            return Optional.empty();
        }
    }

    private static CertificateRequest read(byte[] der) throws IOException {
        PKCS10CertificationRequest request = new PKCS10CertificationRequest(der);
        byte[] identityKey = Ed25519Signature.rawPublicKey(request.getSubjectPublicKeyInfo());
        Extensions extensions = request.getRequestedExtensions();
        if (identityKey == null
                || extensions == null
                || !request.getSignatureAlgorithm().equals(Ed25519Signature.ALGORITHM)
                || !Arrays.equals(request.toASN1Structure().getEncoded(ASN1Encoding.DER), der)) {
            return null;
        }
        byte[] signed =
                request.toASN1Structure()
                        .getCertificationRequestInfo()
                        .getEncoded(ASN1Encoding.DER);
        byte[] tunnelKey = TunnelKeyExtension.find(extensions);
        boolean good =
                tunnelKey != null
                        && Ed25519Signature.verify(identityKey, signed, request.getSignature());
        return good ? new CertificateRequest(identityKey, tunnelKey) : null;
    }
}
