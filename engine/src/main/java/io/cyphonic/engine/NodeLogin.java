package io.cyphonic.engine;

import io.cyphonic.engine.config.NodeConfig;
import io.cyphonic.engine.config.NodeDirectory;
import io.cyphonic.engine.control.CloudLogin;
import io.cyphonic.engine.control.NodeIdentity;
import io.cyphonic.engine.control.cloud.AuthenticationLogin;
import io.cyphonic.signaling.credential.AuthenticationClient;
import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.credential.NodeKeys;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;

/** Keys and certificate of a node, and the login made with them. Owns the keys. */
final class NodeLogin implements AutoCloseable {
    private final NodeKeys keys;
    private final byte[] caCertificate;
    private final NodeIdentity identity;
    private final CloudLogin login;

    private NodeLogin(NodeDirectory directory, NodeConfig config, NodeKeys keys)
            throws IOException {
        this.keys = keys;
        caCertificate = directory.caCertificate();
        identity =
                new NodeIdentity(
                        directory.certificate(),
                        keys.tunnelKeyPair(),
                        renewed -> store(directory, renewed));
        login =
                EarlyLogin.begin(
                        new AuthenticationLogin(
                                new AuthenticationClient(InstantSource.system()),
                                config.cloudAddresses(),
                                caCertificate,
                                keys,
                                () -> identity.certificate().der()));
    }

    /** Reads the keys and begins to log in. */
    static NodeLogin begin(NodeDirectory directory, NodeConfig config) throws IOException {
        NodeKeys keys = directory.keys();
        try {
            return new NodeLogin(directory, config, keys);
        } catch (IOException | RuntimeException e) {
            keys.close();
            throw e;
        }
    }

    private static void store(NodeDirectory directory, NodeCertificate renewed) {
        try {
            directory.storeCertificate(renewed);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Not to be closed by the caller. */
    NodeKeys keys() {
        return keys;
    }

    byte[] caCertificate() {
        return caCertificate;
    }

    NodeIdentity identity() {
        return identity;
    }

    CloudLogin login() {
        return login;
    }

    /** Wipes the keys. Idempotent. */
    @Override
    public void close() {
        keys.close();
    }
}
