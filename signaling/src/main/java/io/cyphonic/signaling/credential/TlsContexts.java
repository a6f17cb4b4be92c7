package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.credential.CertificateAuthority.ServerIdentity;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Supplier;

import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/**
 * TLS between nodes and the AS: version 1.3 and nothing older (RFC 8446), Ed25519 certificates of
 * the cloud's own CA on both sides. The JDK's provider does the work. Stateless, thread-safe.
 */
public final class TlsContexts {
    private static final String VERSION = "TLSv1.3";

    /**
     * What a client offers. Left to itself the JDK makes a key share on P-256 besides, in code that
     * nothing else of a node has warmed up: a tenth of the time until it is ready.
     */
    private static final String[] KEY_EXCHANGE = {"x25519"};

    private TlsContexts() {}

    /**
     * For the AS. Clients may come without a certificate (to enrol). Of one that is shown, TLS
     * proves that the client holds its key and nothing more: who issued it and whether it still
     * holds is for the service to judge, so that the node gets an answer that says why not instead
     * of a TLS alert, which a client of TLS 1.3 may never see.
     */
    public static SSLContext server(ServerIdentity identity) {
        return server(() -> identity);
    }

    /** The same with an identity that is asked for at every handshake, and may be a newer one. */
    public static SSLContext server(Supplier<ServerIdentity> identities) {
        return context(
                new RenewedKeyManager(identities),
                new PinnedTrustManager() {
                    @Override
                    void check(X509Certificate[] peer) {}
                });
    }

    /** For a node without a certificate. */
    static SSLContext enrolling(CloudTrust trust) {
        return context(null, trust);
    }

    /** For a node that logs in. */
    static SSLContext loggingIn(CloudTrust trust, NodeKeys keys, byte[] certificate) {
        PrivateKey key = Ed25519Signature.tlsKey(keys.identityPrivateKey());
        return context(new SingleKeyManager(key, certificate(certificate)), trust);
    }

    /**
     * Puts TLS on an accepted connection; the handshake comes with the first read. Closing the
     * result closes the connection.
     */
    public static SSLSocket accept(SSLContext context, Socket connection) throws IOException {
        SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(connection, null, true);
        socket.setUseClientMode(false);
        restrict(socket);
        socket.setWantClientAuth(true);
        return socket;
    }

    /**
     * As {@link #accept(SSLContext, Socket)}, for a listener of several protocols (ALPN, RFC 7301).
     * Of those that the client names the first one we know is chosen, which {@link
     * SSLSocket#getApplicationProtocol} tells after the handshake; the handshake fails if there is
     * none, and gives the empty one to a client that names nothing.
     */
    public static SSLSocket accept(SSLContext context, Socket connection, List<String> protocols)
            throws IOException {
        SSLSocket socket = accept(context, connection);
        socket.setHandshakeApplicationProtocolSelector(
                (_, named) -> named.stream().filter(protocols::contains).findFirst().orElse(null));
        return socket;
    }

    /**
     * As {@link #connect(SSLContext, Socket)}, naming the protocol. A server that knows nothing of
     * such names answers without, which the caller sees after the handshake.
     */
    static SSLSocket connect(SSLContext context, Socket connection, String protocol)
            throws IOException {
        SSLSocket socket = connect(context, connection);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {protocol});
        socket.setSSLParameters(parameters);
        return socket;
    }

    /** Puts TLS on an opened connection; the handshake comes with the first write. */
    static SSLSocket connect(SSLContext context, Socket connection) throws IOException {
        SSLSocket socket =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket(
                                        connection,
                                        connection.getInetAddress().getHostAddress(),
                                        connection.getPort(),
                                        true);
        restrict(socket);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setNamedGroups(KEY_EXCHANGE);
        socket.setSSLParameters(parameters);
        return socket;
    }

    private static void restrict(SSLSocket socket) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(new String[] {VERSION});
        socket.setSSLParameters(parameters);
    }

    private static SSLContext context(KeyManager key, PinnedTrustManager trust) {
        try {
            SSLContext context = SSLContext.getInstance(VERSION);
            context.init(
                    key == null ? new KeyManager[0] : new KeyManager[] {key},
                    new TrustManager[] {trust},
                    null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime lacks TLS 1.3", e);
        }
    }

    static X509Certificate certificate(byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException e) {
            throw new IllegalArgumentException("not an X.509 certificate", e);
        }
    }
}
