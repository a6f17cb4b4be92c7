package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.credential.CertificateAuthority.ServerIdentity;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.function.Supplier;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * Gives TLS the present key of a server. Every handshake asks for an alias first, and then for the
 * key and the chain of it: an alias names one identity for good, and that of the former one works
 * on for handshakes that are under way. Thread-safe.
 */
final class RenewedKeyManager extends X509ExtendedKeyManager {
    /** The name JSSE uses for Ed25519 keys. */
    private static final String KEY_TYPE = "EdDSA";

    private final Supplier<ServerIdentity> identities;
    private Generation present;
    private Generation former;

    private record Generation(
            int number, String alias, ServerIdentity identity, X509Certificate[] chain) {}

    RenewedKeyManager(Supplier<ServerIdentity> identities) {
        this.identities = identities;
        this.present = generation(0, identities.get());
        this.former = present;
    }

    private static Generation generation(int number, ServerIdentity identity) {
        return new Generation(
                number,
                "server-" + number,
                identity,
                identity.chain().stream()
                        .map(TlsContexts::certificate)
                        .toArray(X509Certificate[]::new));
    }

    @Override
    public synchronized String chooseServerAlias(
            String keyType, Principal[] issuers, Socket socket) {
        if (!KEY_TYPE.equals(keyType)) {
            return null;
        }
        ServerIdentity identity = identities.get();
        if (identity != present.identity) {
            former = present;
            present = generation(former.number + 1, identity);
        }
        return present.alias;
    }

    @Override
    public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
        return chooseServerAlias(keyType, issuers, null);
    }

    @Override
    public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
        return null;
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
        return new String[0];
    }

    @Override
    public synchronized String[] getServerAliases(String keyType, Principal[] issuers) {
        return new String[] {present.alias};
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        Generation generation = find(alias);
        return generation == null ? null : generation.chain.clone();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        Generation generation = find(alias);
        return generation == null ? null : generation.identity.key();
    }

    private synchronized Generation find(String alias) {
        if (present.alias.equals(alias)) {
            return present;
        }
        return former.alias.equals(alias) ? former : null;
    }
}
