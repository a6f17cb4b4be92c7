package io.cyphonic.engine;

import io.cyphonic.engine.config.NodeDirectory;
import io.cyphonic.signaling.credential.CertificateVerifier;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.StaticKeyPair;
import io.cyphonic.signaling.handshake.TunnelHandshake;
import io.cyphonic.signaling.handshake.TunnelHandshake.Completed;
import io.cyphonic.signaling.handshake.TunnelHandshake.Initiation;
import io.cyphonic.signaling.handshake.TunnelHandshake.Response;
import io.cyphonic.signaling.handshake.TunnelRequest;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelRequestPayload;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelResponsePayload;
import io.cyphonic.signaling.protocol.Id128;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;

/**
 * Makes a few tunnels that go nowhere, both halves of the handshake, before the first real one: the
 * curves build tables when they are first used, and run slowly until they are compiled, which the
 * first tunnel of a node would pay for several times over. Keys are made up here and wiped; of the
 * node's own only the certificate is read, for it has the form of every peer's.
 */
final class HandshakeRehearsal {
    static final int ROUNDS = 12;
    private static final int INNER_MTU = 1400;
    private static final InetSocketAddress ANYWHERE =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);

    private final SecureRandom random = new SecureRandom();
    private final CertificateVerifier verifier;
    private final byte[] certificate;

    private HandshakeRehearsal(byte[] caCertificate, byte[] certificate) {
        this.verifier = new CertificateVerifier(caCertificate);
        this.certificate = certificate;
    }

    /** Runs until it has made its handshakes or the time is over; how many it made. */
    static int run(NodeDirectory directory, long deadlineNanos) throws IOException {
        HandshakeRehearsal rehearsal =
                new HandshakeRehearsal(directory.caCertificate(), directory.certificate().der());
        int made = 0;
        while (made < ROUNDS && System.nanoTime() - deadlineNanos < 0) {
            rehearsal.play();
            made++;
        }
        return made;
    }

    private void play() {
        verifier.verify(certificate, System.currentTimeMillis());
        try (StaticKeyPair one = StaticKeyPair.generate(random);
                StaticKeyPair other = StaticKeyPair.generate(random)) {
            Initiation initiation =
                    TunnelHandshake.initiate(
                            CipherSuite.AES_GCM_SHA256,
                            one,
                            other.publicKey(),
                            Id128.random(random),
                            random.nextLong(),
                            1,
                            new TunnelRequestPayload(0, INNER_MTU, certificate),
                            random);
            byte[] request = initiation.datagram();
            try (TunnelRequest read = TunnelHandshake.readRequest(request, request.length, other)) {
                Response response =
                        read.respond(2, new TunnelResponsePayload(ANYWHERE, INNER_MTU), random);
                response.keys().close();
                byte[] answer = response.datagram();
                Completed completed =
                        TunnelHandshake.complete(initiation.state(), one, answer, answer.length);
                completed.keys().close();
            }
        }
    }
}
