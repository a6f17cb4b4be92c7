package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.protocol.Id128;

import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;

import java.io.IOException;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a node's certificate says. Reading one proves nothing: {@link CertificateVerifier} checks
 * who signed it and when it holds. The byte arrays belong to the record and are not changed.
 *
 * <p>Shape (X.509 version 3, RFC 5280, Ed25519 by RFC 8410), every part required:
 *
 * <pre>
 *   subject              CN = node id, 32 hexadecimal digits
 *   subject key          Ed25519: the identity key
 *   subjectAltName       one dNSName = FQDN, one IPv4 and one IPv6 iPAddress = virtual addresses
 *   2.25.(UUID)          the X25519 tunnel key, see TunnelKeyExtension
 *   extKeyUsage          clientAuth only;  keyUsage digitalSignature;  not a CA
 * </pre>
 *
 * @param fqdn lower case
 * @param nodeId assigned by the cloud
 * @param virtualIpv4 unchanging
 * @param virtualIpv6 unchanging
 * @param identityKey Ed25519 public key, 32 bytes
 * @param tunnelKey X25519 public key, 32 bytes
 * @param notBeforeMillis first moment it holds, since the epoch
 * @param notAfterMillis last moment it holds, since the epoch
 * @param serial unique among the certificates of the CA
 * @param der the certificate itself
 */
public record NodeCertificate(
        String fqdn,
        Id128 nodeId,
        Inet4Address virtualIpv4,
        Inet6Address virtualIpv6,
        byte[] identityKey,
        byte[] tunnelKey,
        long notBeforeMillis,
        long notAfterMillis,
        BigInteger serial,
        byte[] der) {
    /** Longest certificate that is looked at, in bytes. */
    public static final int MAX_LENGTH = 2048;

    private static final Pattern FQDN =
            Pattern.compile("(?=.{1,253}$)[a-z0-9-]{1,63}(\\.[a-z0-9-]{1,63})*");
    private static final Pattern NODE_ID = Pattern.compile("[0-9a-f]{32}");
    private static final int X509_VERSION = 3;

    /** Reads a certificate in DER; empty for anything that is not a complete node certificate. */
    public static Optional<NodeCertificate> parse(byte[] der) {
        if (der.length > MAX_LENGTH) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(read(new X509CertificateHolder(der), der));
        } catch (IOException | RuntimeException _) {
            // Bouncy Castle reports bad structures by many kinds of exception.
            return Optional.empty();
        }
    }

    private static NodeCertificate read(X509CertificateHolder holder, byte[] der)
            throws IOException {
        Extensions extensions = holder.getExtensions();
        byte[] identityKey = Ed25519Signature.rawPublicKey(holder.getSubjectPublicKeyInfo());
        if (identityKey == null
                || holder.getVersionNumber() != X509_VERSION
                || !isDer(holder, der)
                || !hasNodeUsage(extensions)) {
            return null;
        }
        Id128 nodeId = nodeId(holder);
        byte[] tunnelKey = TunnelKeyExtension.find(extensions);
        Names names = names(extensions);
        if (nodeId == null || tunnelKey == null || names == null) {
            return null;
        }
        return new NodeCertificate(
                names.fqdn,
                nodeId,
                names.virtualIpv4,
                names.virtualIpv6,
                identityKey,
                tunnelKey,
                holder.getNotBefore().getTime(),
                holder.getNotAfter().getTime(),
                holder.getSerialNumber(),
                der.clone());
    }

    /** One certificate has one encoding: no second spelling of the same content gets through. */
    static boolean isDer(X509CertificateHolder holder, byte[] der) throws IOException {
        return Arrays.equals(holder.toASN1Structure().getEncoded(ASN1Encoding.DER), der);
    }

    private static boolean hasNodeUsage(Extensions extensions) {
        for (ASN1ObjectIdentifier critical : extensions.getCriticalExtensionOIDs()) {
            if (!critical.equals(Extension.basicConstraints)
                    && !critical.equals(Extension.keyUsage)
                    && !critical.equals(Extension.extendedKeyUsage)) {
                return false;
            }
        }
        BasicConstraints constraints = BasicConstraints.fromExtensions(extensions);
        KeyUsage usage = KeyUsage.fromExtensions(extensions);
        ExtendedKeyUsage purposes = ExtendedKeyUsage.fromExtensions(extensions);
        return constraints != null
                && !constraints.isCA()
                && usage != null
                && usage.hasUsages(KeyUsage.digitalSignature)
                && purposes != null
                && purposes.size() == 1
                && purposes.hasKeyPurposeId(KeyPurposeId.id_kp_clientAuth);
    }

    private static Id128 nodeId(X509CertificateHolder holder) {
        RDN[] commonNames = holder.getSubject().getRDNs(BCStyle.CN);
        if (commonNames.length != 1 || holder.getSubject().getRDNs().length != 1) {
            return null;
        }
        String digits = commonNames[0].getFirst().getValue().toString();
        if (!NODE_ID.matcher(digits).matches()) {
            return null;
        }
        return new Id128(
                Long.parseUnsignedLong(digits.substring(0, 16), 16),
                Long.parseUnsignedLong(digits.substring(16), 16));
    }

    private record Names(String fqdn, Inet4Address virtualIpv4, Inet6Address virtualIpv6) {}

    private static Names names(Extensions extensions) throws IOException {
        GeneralNames alternatives =
                GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName);
        if (alternatives == null || alternatives.getNames().length != 3) {
            return null;
        }
        String fqdn = null;
        Inet4Address ipv4 = null;
        Inet6Address ipv6 = null;
        for (GeneralName name : alternatives.getNames()) {
            if (name.getTagNo() == GeneralName.dNSName) {
                fqdn = name.getName().toString();
            } else if (name.getTagNo() == GeneralName.iPAddress) {
                byte[] octets = ASN1OctetString.getInstance(name.getName()).getOctets();
                switch (InetAddress.getByAddress(octets)) {
                    case Inet4Address address -> ipv4 = address;
                    case Inet6Address address -> ipv6 = address;
                    default -> throw new IOException("an address of no known family");
                }
            }
        }
        boolean complete =
                fqdn != null && FQDN.matcher(fqdn).matches() && ipv4 != null && ipv6 != null;
        return complete ? new Names(fqdn, ipv4, ipv6) : null;
    }

    /** Whether less than a third of its life is left, or none: time to renew it. */
    public boolean isDueForRenewal(long nowMillis) {
        return notAfterMillis - nowMillis < (notAfterMillis - notBeforeMillis) / 3;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NodeCertificate that && Arrays.equals(der, that.der);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(der);
    }

    @Override
    public String toString() {
        return "NodeCertificate[%s, node %s, serial %s]".formatted(fqdn, nodeId, serial);
    }
}
