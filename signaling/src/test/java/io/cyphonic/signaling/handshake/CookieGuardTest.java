package io.cyphonic.signaling.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.handshake.CookieGuard.Verdict;
import io.cyphonic.signaling.handshake.TunnelHandshake.Initiation;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelRequestPayload;
import io.cyphonic.signaling.protocol.Id128;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;

class CookieGuardTest {
    private static final InetSocketAddress SOURCE = source(40000);
    private static final int PER_SECOND = 4;

    private final SecureRandom random = new SecureRandom();
    private final StaticKeyPair responder = StaticKeyPair.generate(random);
    private long nowNs = Long.MAX_VALUE - 5;
    private final CookieGuard guard =
            new CookieGuard(responder.publicKey(), random, PER_SECOND, nowNs);

    @Test
    void shouldDropWhatDoesNotKnowThisNode() {
        byte[] request = initiate(StaticKeyPair.generate(random).publicKey()).datagram();

        assertThat(guard.check(request, request.length, SOURCE, nowNs)).isEqualTo(Verdict.DROP);
        assertThat(guard.check(new byte[2], 2, SOURCE, nowNs)).isEqualTo(Verdict.DROP);
        assertThat(guard.check(new byte[300], 300, SOURCE, nowNs)).isEqualTo(Verdict.DROP);
    }

    @Test
    void shouldAskForACookieOnlyUnderLoad() {
        byte[] request = request().datagram();

        for (int i = 0; i < PER_SECOND; i++) {
            assertThat(check(request)).isEqualTo(Verdict.ACCEPT);
        }
        assertThat(check(request)).isEqualTo(Verdict.SEND_COOKIE);
        nowNs += TimeUnit.MILLISECONDS.toNanos(250);
        assertThat(check(request)).isEqualTo(Verdict.ACCEPT);
        assertThat(check(request)).isEqualTo(Verdict.SEND_COOKIE);
    }

    @Test
    void shouldAcceptARequestWithItsCookieUnderLoad() {
        Initiation initiation = request();
        byte[] request = initiation.datagram();
        exhaust(request);

        TunnelHandshake.addMac2(request, cookie(initiation));

        assertThat(check(request)).isEqualTo(Verdict.ACCEPT);
        assertThat(guard.check(request, request.length, source(40001), nowNs))
                .as("from another port")
                .isEqualTo(Verdict.SEND_COOKIE);
        assertThat(TunnelHandshake.readRequest(request, request.length, responder)).isNotNull();
        request[request.length - 1] ^= 1;
        assertThat(check(request)).isEqualTo(Verdict.SEND_COOKIE);
    }

    @Test
    void shouldLimitEvenASourceThatHasItsCookie() {
        Initiation initiation = request();
        byte[] request = initiation.datagram();
        exhaust(request);
        TunnelHandshake.addMac2(request, cookie(initiation));

        for (int i = 0; i < CookieGuard.REQUESTS_PER_SECOND_AND_SOURCE; i++) {
            assertThat(check(request)).isEqualTo(Verdict.ACCEPT);
        }
        assertThat(check(request)).isEqualTo(Verdict.DROP);

        InetSocketAddress other = new InetSocketAddress("192.0.2.9", 40000);
        byte[] reply = guard.cookieReply(request, request.length, other, nowNs);
        byte[] fromOther = initiation.datagram().clone();
        TunnelHandshake.addMac2(
                fromOther,
                TunnelHandshake.openCookieReply(initiation.state(), reply, reply.length));
        assertThat(guard.check(fromOther, fromOther.length, other, nowNs))
                .isEqualTo(Verdict.ACCEPT);
    }

    @Test
    void shouldForgetACookieAfterTwoRotations() {
        Initiation initiation = request();
        byte[] request = initiation.datagram();
        exhaust(request);
        TunnelHandshake.addMac2(request, cookie(initiation));

        nowNs += TimeUnit.SECONDS.toNanos(CookieGuard.ROTATION_SECONDS);
        exhaust(request().datagram());
        assertThat(check(request)).isEqualTo(Verdict.ACCEPT);

        nowNs += TimeUnit.SECONDS.toNanos(CookieGuard.ROTATION_SECONDS);
        exhaust(request().datagram());
        assertThat(check(request)).isEqualTo(Verdict.SEND_COOKIE);
    }

    @Test
    void shouldSendACookieThatFitsOneRequestAndIsShorterThanIt() {
        Initiation initiation = request();
        byte[] request = initiation.datagram();
        byte[] reply = guard.cookieReply(request, request.length, SOURCE, nowNs);

        assertThat(reply).hasSizeLessThan(request.length);
        assertThat(TunnelHandshake.peekTransactionId(reply, reply.length)).hasValue(7);
        assertThat(TunnelHandshake.peekReceiverIndex(reply, reply.length)).hasValue(9);
        assertThat(TunnelHandshake.openCookieReply(request().state(), reply, reply.length))
                .isNull();
        for (int i = 0; i < reply.length; i++) {
            byte[] changed = reply.clone();
            changed[i] ^= 1;
            assertThat(TunnelHandshake.openCookieReply(initiation.state(), changed, reply.length))
                    .as("byte %d", i)
                    .isNull();
        }
    }

    private void exhaust(byte[] request) {
        for (int i = 0; i < PER_SECOND; i++) {
            assertThat(check(request)).isEqualTo(Verdict.ACCEPT);
        }
        assertThat(check(request().datagram())).isEqualTo(Verdict.SEND_COOKIE);
    }

    private byte[] cookie(Initiation initiation) {
        byte[] reply =
                guard.cookieReply(
                        initiation.datagram(), initiation.datagram().length, SOURCE, nowNs);
        return TunnelHandshake.openCookieReply(initiation.state(), reply, reply.length);
    }

    private Verdict check(byte[] request) {
        return guard.check(request, request.length, SOURCE, nowNs);
    }

    private Initiation request() {
        return initiate(responder.publicKey());
    }

    private Initiation initiate(byte[] responderStatic) {
        return TunnelHandshake.initiate(
                CipherSuite.CHACHA_POLY_BLAKE2S,
                StaticKeyPair.generate(random),
                responderStatic,
                Id128.random(random),
                7,
                9,
                new TunnelRequestPayload(1, 1400, new byte[100]),
                random);
    }

    private static InetSocketAddress source(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }
}
