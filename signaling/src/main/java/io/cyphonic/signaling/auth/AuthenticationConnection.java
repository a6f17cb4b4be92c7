package io.cyphonic.signaling.auth;

import io.cyphonic.signaling.credential.ConnectionDeadline;
import io.cyphonic.signaling.credential.TlsContexts;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;
import io.cyphonic.signaling.protocol.TlsFrames;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/**
 * One connection to the AS, from TLS handshake to the answer. Blocks on the peer, at most until its
 * deadline; no trouble that a peer can make leaves it as an exception. Stateless, thread-safe.
 */
public final class AuthenticationConnection {
    private static final byte[] NO_CERTIFICATE = {};

    private final SSLContext tls;
    private final AuthenticationService service;
    private final Duration deadline;

    /** With a time limit per connection. */
    public AuthenticationConnection(
            SSLContext tls, AuthenticationService service, Duration deadline) {
        this.tls = tls;
        this.service = service;
        this.deadline = deadline;
    }

    /** Serves a connection, which its owner closes afterwards, and says how it ended. */
    AuthenticationCounter serve(Socket connection) {
        boolean established = false;
        try (ConnectionDeadline limit = ConnectionDeadline.after(deadline)) {
            limit.guard(connection);
            InetAddress source = connection.getInetAddress();
            try (SSLSocket socket = TlsContexts.accept(tls, connection)) {
                socket.startHandshake();
                established = true;
                return serve(socket, source);
            } catch (IOException _) {
                if (limit.expired()) {
                    return AuthenticationCounter.TIMED_OUT;
                }
                return established
                        ? AuthenticationCounter.BROKEN
                        : AuthenticationCounter.REJECTED_TLS;
            }
        }
    }

    /**
     * Serves a connection whose TLS handshake is done; its owner limits the time and closes it.
     *
     * @throws IOException if it broke
     */
    public AuthenticationCounter serve(SSLSocket socket, InetAddress source) throws IOException {
        if (!(TlsFrames.read(socket.getInputStream())
                instanceof TlsFrames.Received.Message(ControlMessage request))) {
            return AuthenticationCounter.REJECTED_REQUEST;
        }
        Optional<AuthenticationService.Answer> answer =
                service.answer(request, certificate(socket.getSession()), source);
        if (answer.isEmpty()) {
            return AuthenticationCounter.REJECTED_REQUEST;
        }
        try {
            TlsFrames.write(socket.getOutputStream(), answer.get().response());
        } finally {
            wipe(answer.get().response());
        }
        return answer.get().granted()
                ? AuthenticationCounter.GRANTED
                : AuthenticationCounter.REFUSED;
    }

    private static byte[] certificate(SSLSession session) {
        try {
            return session.getPeerCertificates()[0].getEncoded();
        } catch (SSLPeerUnverifiedException | CertificateEncodingException _) {
            // No client certificate: allowed, and enough to enrol.
            return NO_CERTIFICATE;
        }
    }

    private static void wipe(ControlMessage response) {
        if (response instanceof LoginResponse login) {
            Arrays.fill(login.commonKey(), (byte) 0);
        }
    }
}
