package io.cyphonic.engine.config;

import com.fasterxml.jackson.jr.ob.JSON;

import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.credential.Pem;
import io.cyphonic.signaling.credential.PrivateFiles;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files of a node. {@code membership.json} is written last by {@code join}: without it the
 * directory belongs to no network yet, whatever else is in it, and joining can be tried again.
 *
 * <pre>
 *   node.yaml         settings, for people to edit
 *   keys/             both private keys, mode 0600
 *   certificate.pem   the node's certificate, replaced when it is renewed
 *   ca.pem            the CA of the cloud, trusted since joining
 *   membership.json   zone and prefix lengths of the overlay
 *   control.sock, lock  of the running node
 * </pre>
 */
public final class NodeDirectory {
    private static final String MEMBERSHIP = "membership.json";
    private static final String CERTIFICATE = "certificate.pem";
    private static final String CA = "ca.pem";

    private final Path path;

    /** The files below a path. */
    public NodeDirectory(Path path) {
        this.path = path;
    }

    /** The path. */
    public Path path() {
        return path;
    }

    /** Whether a node was joined here. */
    public boolean isJoined() {
        return Files.exists(path.resolve(MEMBERSHIP));
    }

    /** Writes what joining brought; {@code node.yaml} is kept if there is one. */
    public void storeJoined(
            NodeCertificate certificate,
            byte[] caCertificate,
            String zone,
            int ipv4PrefixLength,
            int ipv6PrefixLength,
            List<InetSocketAddress> cloudAddresses)
            throws IOException {
        writePem(CA, caCertificate);
        storeCertificate(certificate);
        Path settings = path.resolve(NodeConfigLoader.FILE_NAME);
        if (Files.notExists(settings)) {
            String text = NodeConfigTemplate.text(cloudAddresses);
            PrivateFiles.writeReadable(settings, text.getBytes(StandardCharsets.UTF_8));
        }
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("fqdn", certificate.fqdn());
        facts.put("zone", zone);
        facts.put("ipv4PrefixLength", ipv4PrefixLength);
        facts.put("ipv6PrefixLength", ipv6PrefixLength);
        String json = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(facts) + "\n";
        PrivateFiles.writeReadable(path.resolve(MEMBERSHIP), json.getBytes(StandardCharsets.UTF_8));
    }

    /** Replaces the certificate. */
    public void storeCertificate(NodeCertificate certificate) throws IOException {
        writePem(CERTIFICATE, certificate.der());
    }

    /** The private keys. */
    public NodeKeys keys() throws IOException {
        return NodeKeys.load(path);
    }

    /** The node's certificate. */
    public NodeCertificate certificate() throws IOException {
        return NodeCertificate.parse(readPem(CERTIFICATE))
                .orElseThrow(
                        () ->
                                new IOException(
                                        path.resolve(CERTIFICATE) + " is not a node certificate"));
    }

    /** The certificate of the cloud's CA, X.509 DER. */
    public byte[] caCertificate() throws IOException {
        return readPem(CA);
    }

    /**
     * Looks whether there is a node here to be started.
     *
     * @throws IOException if not, with what to do
     */
    public void checkJoined() throws IOException {
        if (Files.exists(path) && !Files.isExecutable(path)) {
            throw new IOException(
                    "no access to %s: only its owner may run this node; try it as root"
                            .formatted(path));
        }
        if (!isJoined()) {
            throw new IOException(
                    "no node was joined in %s; run: cyphonic join INVITATION --dir %s"
                            .formatted(path, path));
        }
    }

    /** Who the node is. */
    public Membership membership() throws IOException {
        checkJoined();
        Path file = path.resolve(MEMBERSHIP);
        Map<String, Object> facts = JSON.std.mapFrom(PrivateFiles.read(file));
        NodeCertificate certificate = certificate();
        if (facts.get("zone") instanceof String zone
                && facts.get("ipv4PrefixLength") instanceof Integer ipv4PrefixLength
                && facts.get("ipv6PrefixLength") instanceof Integer ipv6PrefixLength) {
            return new Membership(
                    certificate.nodeId(),
                    certificate.fqdn(),
                    zone,
                    certificate.virtualIpv4(),
                    ipv4PrefixLength,
                    certificate.virtualIpv6(),
                    ipv6PrefixLength);
        }
        throw new IOException(file + " is damaged: zone or prefix lengths are missing");
    }

    private void writePem(String name, byte[] der) throws IOException {
        PrivateFiles.writeReadable(path.resolve(name), Pem.encode(Pem.CERTIFICATE, der));
    }

    private byte[] readPem(String name) throws IOException {
        Path file = path.resolve(name);
        try {
            return Pem.decode(Pem.CERTIFICATE, PrivateFiles.read(file), file.toString());
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
