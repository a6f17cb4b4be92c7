package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.handshake.StaticKeyPair;

import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The two key pairs that make a node itself: Ed25519 to log in (the identity), X25519 for tunnel
 * handshakes. Made on the node; the private halves never leave it. Kept as PKCS #8 (RFC 8410) in
 * {@code DIR/keys/identity.key} and {@code DIR/keys/tunnel.key}, mode 0600. Safe to share between
 * threads until it is closed; the owner closes it last.
 */
public final class NodeKeys implements AutoCloseable {
    private static final String IDENTITY_FILE = "identity.key";
    private static final String TUNNEL_FILE = "tunnel.key";

    private final byte[] identityPrivateKey;
    private final byte[] identityPublicKey;
    private final StaticKeyPair tunnelKeyPair;

    private NodeKeys(byte[] identityPrivateKey, StaticKeyPair tunnelKeyPair) {
        this.identityPrivateKey = identityPrivateKey;
        this.identityPublicKey = Ed25519Signature.publicKey(identityPrivateKey);
        this.tunnelKeyPair = tunnelKeyPair;
    }

    /** Draws new keys. */
    public static NodeKeys generate(SecureRandom random) {
        byte[] identity = new byte[Ed25519Signature.KEY_LENGTH];
        Ed25519.generatePrivateKey(random, identity);
        return new NodeKeys(identity, StaticKeyPair.generate(random));
    }

    /** Whether the node directory holds keys, whole or in part. */
    public static boolean exist(Path directory) {
        return Files.exists(keys(directory).resolve(IDENTITY_FILE))
                || Files.exists(keys(directory).resolve(TUNNEL_FILE));
    }

    /**
     * Reads the keys of a node directory.
     *
     * @throws IOException if a file is missing, damaged, or open to others; the message says which
     */
    public static NodeKeys load(Path directory) throws IOException {
        byte[] identity =
                readKey(keys(directory).resolve(IDENTITY_FILE), EdECObjectIdentifiers.id_Ed25519);
        byte[] tunnel =
                readKey(keys(directory).resolve(TUNNEL_FILE), EdECObjectIdentifiers.id_X25519);
        return new NodeKeys(identity, StaticKeyPair.ofPrivate(tunnel));
    }

    /** Writes the keys to a node directory, replacing what is there. */
    public void store(Path directory) throws IOException {
        PrivateFiles.createDirectory(directory);
        PrivateFiles.createDirectory(keys(directory));
        writeKey(
                keys(directory).resolve(IDENTITY_FILE),
                EdECObjectIdentifiers.id_Ed25519,
                identityPrivateKey);
        writeKey(
                keys(directory).resolve(TUNNEL_FILE),
                EdECObjectIdentifiers.id_X25519,
                tunnelKeyPair.privateKey());
    }

    /** The key pair of tunnel handshakes; closed together with this object. */
    public StaticKeyPair tunnelKeyPair() {
        return tunnelKeyPair;
    }

    /** A copy of the Ed25519 public key, 32 bytes. */
    public byte[] identityKey() {
        return identityPublicKey.clone();
    }

    /** A copy of the X25519 public key, 32 bytes. */
    public byte[] tunnelKey() {
        return tunnelKeyPair.publicKey();
    }

    /**
     * Asks for a certificate: PKCS #10 (RFC 2986), DER, signed by the identity key. The subject is
     * empty: the cloud decides the name.
     */
    public byte[] certificateRequest() {
        try {
            Extension tunnelKey =
                    new Extension(
                            TunnelKeyExtension.OID,
                            false,
                            TunnelKeyExtension.encode(tunnelKey()).getEncoded());
            return new PKCS10CertificationRequestBuilder(
                            new X500Name(""), Ed25519Signature.publicKeyInfo(identityPublicKey))
                    .addAttribute(
                            PKCSObjectIdentifiers.pkcs_9_at_extensionRequest,
                            new Extensions(tunnelKey))
                    .build(Ed25519Signature.signer(identityPrivateKey))
                    .getEncoded();
        } catch (IOException e) {
            throw new IllegalStateException("a certificate request could not be encoded", e);
        }
    }

    /** The identity key's private half; not a copy, wiped by {@link #close}. */
    byte[] identityPrivateKey() {
        return identityPrivateKey;
    }

    /** Overwrites both private keys. Idempotent. */
    @Override
    public void close() {
        Arrays.fill(identityPrivateKey, (byte) 0);
        tunnelKeyPair.close();
    }

    @Override
    public String toString() {
        return "NodeKeys";
    }

    private static Path keys(Path directory) {
        return directory.resolve("keys");
    }

    /** Writes a private key as PKCS #8 and PEM (also used for the CA). */
    static void writeKey(Path file, ASN1ObjectIdentifier algorithm, byte[] key) throws IOException {
        byte[] der =
                new PrivateKeyInfo(new AlgorithmIdentifier(algorithm), new DEROctetString(key))
                        .getEncoded();
        byte[] pem = Pem.encode(Pem.PRIVATE_KEY, der);
        try {
            PrivateFiles.writeSecret(file, pem);
        } finally {
            Arrays.fill(der, (byte) 0);
            Arrays.fill(pem, (byte) 0);
        }
    }

    /** Reads what {@link #writeKey} wrote: 32 bytes. */
    static byte[] readKey(Path file, ASN1ObjectIdentifier algorithm) throws IOException {
        byte[] pem = PrivateFiles.readSecret(file);
        byte[] der = null;
        try {
            der = Pem.decode(Pem.PRIVATE_KEY, pem, file.toString());
            PrivateKeyInfo info = PrivateKeyInfo.getInstance(der);
            byte[] key = ASN1OctetString.getInstance(info.parsePrivateKey()).getOctets();
            if (!info.getPrivateKeyAlgorithm().getAlgorithm().equals(algorithm)
                    || key.length != Ed25519Signature.KEY_LENGTH) {
                throw new IOException(file + " holds another kind of key");
            }
            return key;
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is not a private key: " + e.getMessage(), e);
        } finally {
            Arrays.fill(pem, (byte) 0);
            if (der != null) {
                Arrays.fill(der, (byte) 0);
            }
        }
    }
}
