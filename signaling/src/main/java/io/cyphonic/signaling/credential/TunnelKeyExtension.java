package io.cyphonic.signaling.credential;

import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.math.ec.rfc7748.X25519;

/**
 * The private extension that binds a node's X25519 tunnel key to its certificate and its request:
 * an OCTET STRING of 32 bytes, not critical. Stateless.
 */
final class TunnelKeyExtension {
    /** Under the arc for UUIDs (ITU-T X.667): nobody else has it. */
    static final ASN1ObjectIdentifier OID =
            new ASN1ObjectIdentifier("2.25.40602217765615516160527903197973305130");

    private TunnelKeyExtension() {}

    static DEROctetString encode(byte[] tunnelKey) {
        return new DEROctetString(tunnelKey);
    }

    /** The tunnel key, or {@code null} if there is none or it is one of the unusable points. */
    static byte[] find(Extensions extensions) {
        if (extensions.getExtension(OID) == null) {
            return null;
        }
        byte[] key =
                ASN1OctetString.getInstance(extensions.getExtensionParsedValue(OID)).getOctets();
        return key.length == X25519.POINT_SIZE && contributes(key) ? key : null;
    }

    /** A point of small order gives every partner the same secret (RFC 7748, section 6.1). */
    private static boolean contributes(byte[] key) {
        byte[] scalar = new byte[X25519.SCALAR_SIZE];
        scalar[0] = 8;
        scalar[31] = 64;
        return X25519.calculateAgreement(scalar, 0, key, 0, new byte[X25519.POINT_SIZE], 0);
    }
}
