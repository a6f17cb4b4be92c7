package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.protocol.Id128;

import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

import java.io.IOException;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Date;
import java.util.List;

/**
 * The cloud's certificate authority: an Ed25519 key and its self-signed certificate, in {@code
 * DIR/ca/ca.key} (mode 0600) and {@code DIR/ca/ca.crt}. Issues the certificates of nodes and of the
 * cloud's TLS server. Thread-safe until closed; no clock of its own.
 */
public final class CertificateAuthority implements AutoCloseable {
    /** How long the CA itself lives. */
    public static final Duration CA_LIFETIME = Duration.ofDays(3650);

    /** How long a node's certificate lives unless said otherwise. */
    public static final Duration NODE_LIFETIME = Duration.ofDays(30);

    /** How long the certificate of the TLS server lives; a new one is made at every start. */
    public static final Duration SERVER_LIFETIME = Duration.ofDays(365);

    /** Certificates start this much in the past, for nodes whose clock is a little late. */
    public static final Duration BACKDATING = Duration.ofMinutes(5);

    private static final int SERIAL_BITS = 127;

    private final byte[] privateKey;
    private final CaCertificate certificate;
    private final SecureRandom random;

    private CertificateAuthority(
            byte[] privateKey, CaCertificate certificate, SecureRandom random) {
        this.privateKey = privateKey;
        this.certificate = certificate;
        this.random = random;
    }

    /**
     * Makes a new CA in a cloud directory.
     *
     * @param zone DNS zone of the cloud; appears in the CA's name
     * @throws IOException if there is a CA already (it is left alone), or it cannot be written
     */
    public static CertificateAuthority create(
            Path directory, String zone, SecureRandom random, long nowMillis) throws IOException {
        if (Files.exists(keyFile(directory)) || Files.exists(certificateFile(directory))) {
            throw new IOException("there is a CA in " + keyFile(directory).getParent());
        }
        byte[] key = new byte[Ed25519Signature.KEY_LENGTH];
        Ed25519.generatePrivateKey(random, key);
        CaCertificate certificate = selfSigned(key, zone, random, nowMillis);
        PrivateFiles.createDirectory(directory);
        PrivateFiles.createDirectory(keyFile(directory).getParent());
        NodeKeys.writeKey(keyFile(directory), EdECObjectIdentifiers.id_Ed25519, key);
        PrivateFiles.writeReadable(
                certificateFile(directory), Pem.encode(Pem.CERTIFICATE, certificate.der()));
        return new CertificateAuthority(key, certificate, random);
    }

    /**
     * Opens the CA of a cloud directory.
     *
     * @throws IOException if a file is missing, damaged or open to others, or if key and
     *     certificate do not belong together; the message says which
     */
    public static CertificateAuthority load(Path directory, SecureRandom random)
            throws IOException {
        byte[] key = NodeKeys.readKey(keyFile(directory), EdECObjectIdentifiers.id_Ed25519);
        CaCertificate certificate = readCertificate(directory);
        if (!Arrays.equals(Ed25519Signature.publicKey(key), certificate.publicKey())) {
            throw new IOException(
                    "%s and %s do not belong together"
                            .formatted(keyFile(directory), certificateFile(directory)));
        }
        return new CertificateAuthority(key, certificate, random);
    }

    /** The certificate of the CA of a cloud directory, DER, without opening its key. */
    public static byte[] loadCertificate(Path directory) throws IOException {
        return readCertificate(directory).der().clone();
    }

    /** The SHA-256 fingerprint of a CA certificate: what an invitation carries. */
    public static byte[] fingerprint(byte[] caCertificate) {
        return CaCertificate.sha256(caCertificate);
    }

    /** The CA's certificate, X.509 DER; a copy. */
    public byte[] caCertificate() {
        return certificate.der().clone();
    }

    /** SHA-256 of {@link #caCertificate}. */
    public byte[] fingerprint() {
        return certificate.fingerprint();
    }

    /** Checks certificates against this CA. */
    public CertificateVerifier verifier() {
        return new CertificateVerifier(certificate.der());
    }

    /** Issues a node's certificate for {@link #NODE_LIFETIME}. */
    public NodeCertificate issueNode(
            CertificateRequest request,
            String fqdn,
            Id128 nodeId,
            Inet4Address virtualIpv4,
            Inet6Address virtualIpv6,
            long nowMillis) {
        return issueNode(request, fqdn, nodeId, virtualIpv4, virtualIpv6, nowMillis, NODE_LIFETIME);
    }

    /**
     * Issues a node's certificate: binds name, id and virtual addresses to the keys of the request.
     *
     * @param fqdn lower case
     * @param lifetime counted from {@code nowMillis}; never beyond the CA's own
     * @throws IllegalArgumentException if the name is not one, or the CA has expired
     */
    public NodeCertificate issueNode(
            CertificateRequest request,
            String fqdn,
            Id128 nodeId,
            Inet4Address virtualIpv4,
            Inet6Address virtualIpv6,
            long nowMillis,
            Duration lifetime) {
        GeneralName[] names = {
            new GeneralName(GeneralName.dNSName, fqdn), address(virtualIpv4), address(virtualIpv6)
        };
        X500Name subject = new X500NameBuilder().addRDN(BCStyle.CN, nodeId.toString()).build();
        try {
            X509v3CertificateBuilder builder =
                    leaf(
                            subject,
                            request.identityKey(),
                            KeyPurposeId.id_kp_clientAuth,
                            names,
                            nowMillis,
                            lifetime);
            builder.addExtension(
                    TunnelKeyExtension.OID, false, TunnelKeyExtension.encode(request.tunnelKey()));
            byte[] der = builder.build(Ed25519Signature.signer(privateKey)).getEncoded();
            return NodeCertificate.parse(der)
                    .orElseThrow(
                            () ->
                                    new IllegalArgumentException(
                                            "no certificate can be made for the name \"%s\""
                                                    .formatted(fqdn)));
        } catch (IOException e) {
            throw new IllegalStateException("a certificate could not be encoded", e);
        }
    }

    /**
     * What a TLS server proves itself with.
     *
     * @param key Ed25519, in memory only
     * @param chain the server's certificate and the CA's, X.509 DER
     */
    public record ServerIdentity(PrivateKey key, List<byte[]> chain) {}

    /**
     * Makes a key for the cloud's TLS server and issues its certificate.
     *
     * @param addresses where it listens; informative, nodes go by the CA and the key usage
     */
    public ServerIdentity issueServer(List<InetAddress> addresses, long nowMillis) {
        byte[] key = new byte[Ed25519Signature.KEY_LENGTH];
        Ed25519.generatePrivateKey(random, key);
        GeneralName[] names =
                addresses.stream().map(CertificateAuthority::address).toArray(GeneralName[]::new);
        X500Name subject = new X500NameBuilder().addRDN(BCStyle.CN, "CYPHONIC cloud").build();
        try {
            byte[] der =
                    leaf(
                                    subject,
                                    Ed25519Signature.publicKey(key),
                                    KeyPurposeId.id_kp_serverAuth,
                                    names,
                                    nowMillis,
                                    SERVER_LIFETIME)
                            .build(Ed25519Signature.signer(privateKey))
                            .getEncoded();
            return new ServerIdentity(Ed25519Signature.tlsKey(key), List.of(der, caCertificate()));
        } catch (IOException e) {
            throw new IllegalStateException("a certificate could not be encoded", e);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** Overwrites the CA's key. Idempotent; nothing can be issued afterwards. */
    @Override
    public void close() {
        Arrays.fill(privateKey, (byte) 0);
    }

    private X509v3CertificateBuilder leaf(
            X500Name subject,
            byte[] publicKey,
            KeyPurposeId purpose,
            GeneralName[] names,
            long nowMillis,
            Duration lifetime)
            throws IOException {
        if (nowMillis > certificate.notAfterMillis()) {
            throw new IllegalArgumentException(
                    "the CA expired on " + new Date(certificate.notAfterMillis()));
        }
        long notAfter = Math.min(nowMillis + lifetime.toMillis(), certificate.notAfterMillis());
        X509v3CertificateBuilder builder =
                builder(certificate.name(), subject, publicKey, random, nowMillis, notAfter);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
        builder.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                new AuthorityKeyIdentifier(keyIdentifier(certificate.publicKey())));
        if (names.length > 0) {
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        }
        return builder;
    }

    private static CaCertificate selfSigned(
            byte[] key, String zone, SecureRandom random, long nowMillis) throws IOException {
        byte[] publicKey = Ed25519Signature.publicKey(key);
        X500Name name = new X500NameBuilder().addRDN(BCStyle.CN, "CYPHONIC CA of " + zone).build();
        X509v3CertificateBuilder builder =
                builder(
                        name,
                        name,
                        publicKey,
                        random,
                        nowMillis,
                        nowMillis + CA_LIFETIME.toMillis());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(
                Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        builder.addExtension(
                Extension.subjectKeyIdentifier,
                false,
                new SubjectKeyIdentifier(keyIdentifier(publicKey)));
        return CaCertificate.parse(builder.build(Ed25519Signature.signer(key)).getEncoded());
    }

    private static X509v3CertificateBuilder builder(
            X500Name issuer,
            X500Name subject,
            byte[] publicKey,
            SecureRandom random,
            long nowMillis,
            long notAfterMillis) {
        return new X509v3CertificateBuilder(
                issuer,
                new BigInteger(SERIAL_BITS, random).setBit(0),
                new Date(nowMillis - BACKDATING.toMillis()),
                new Date(notAfterMillis),
                subject,
                Ed25519Signature.publicKeyInfo(publicKey));
    }

    /** RFC 7093, section 2, method 1: the leftmost 160 bits of the SHA-256 of the key. */
    private static byte[] keyIdentifier(byte[] publicKey) {
        return Arrays.copyOf(CaCertificate.sha256(publicKey), 20);
    }

    private static GeneralName address(InetAddress address) {
        return new GeneralName(GeneralName.iPAddress, new DEROctetString(address.getAddress()));
    }

    private static CaCertificate readCertificate(Path directory) throws IOException {
        Path file = certificateFile(directory);
        try {
            return CaCertificate.parse(
                    Pem.decode(Pem.CERTIFICATE, PrivateFiles.read(file), file.toString()));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static Path keyFile(Path directory) {
        return directory.resolve("ca").resolve("ca.key");
    }

    private static Path certificateFile(Path directory) {
        return directory.resolve("ca").resolve("ca.crt");
    }
}
