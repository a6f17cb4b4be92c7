package io.cyphonic.signaling.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.handshake.TunnelHandshake.Completed;
import io.cyphonic.signaling.handshake.TunnelHandshake.Initiation;
import io.cyphonic.signaling.handshake.TunnelHandshake.Response;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelRequestPayload;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelResponsePayload;
import io.cyphonic.signaling.protocol.Id128;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The bytes of one whole handshake and of one cookie, fixed: header, prologue, the header mixed
 * into the response, mac1 and mac2. Computed by an independent implementation of docs/protocol.md.
 */
class HandshakeBytesTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final Id128 PATH = new Id128(0x1112131415161718L, 0x191a1b1c1d1e1f20L);
    private static final InetSocketAddress ENDPOINT =
            new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 7447);

    private static final String REQUEST =
            "41010100313233341112131415161718191a1b1c1d1e1f202122232425262728"
                    + "7b0d47d93427f8311160781c7c733fd89f88970aef490d8aa0ee19a4cb8a1b14"
                    + "4cd21e9cadc5dd9cb994825ca174b483f10df341840ac7d8e962c5a1d59923bf"
                    + "798c6540b54687571c2f1f396ec33cc30eeac50115273797eba61df14a46b548"
                    + "3a1f6f7985a5c33e3861a4fd5ca4ed1308d7daf79034c65f43553b46a744825c"
                    + "06682ce06595fa00000000000000000000000000000000";
    private static final String RESPONSE =
            "420101004142434431323334000000001112131415161718191a1b1c1d1e1f20"
                    + "2122232425262728ff2ee45601ec1b67310c7790404585ae697331eee1c1f8cf"
                    + "2419731c1fff3e6bdc39e3bb8a212b500744e932ef01ab5eccdf1f6aa6480c40"
                    + "deab35114e856b663b71c8a10ae3a2440663e17141b62f99376178b41e5d34d9"
                    + "ad68338000000000000000000000000000000000";
    private static final String INITIATOR_KEY =
            "1b07d935e283555c7f510533fd646e8bd277075e7fcb0e3ab8cf17bb459c2515";
    private static final String RESPONDER_KEY =
            "c7da1e2814e1860a523e4a4fd7984524522023d06317a3f1f22d1e765265b1d9";
    private static final String COOKIE_REPLY =
            "4301010031323334212223242526272855555555555555555555555500000000"
                    + "cda8e09443cc0a0cfc0c7488c3639891412b80eee064d82fb78d6a43d3bd7b3a";
    private static final String MAC2 = "42caa26e50818f3c795bbbada10325f8";

    private final StaticKeyPair initiator = StaticKeyPair.ofPrivate(filled(0x11));
    private final StaticKeyPair responder = StaticKeyPair.ofPrivate(filled(0x22));

    @Test
    void shouldMakeTheseDatagramsAndKeys() {
        Initiation initiation = initiate();
        assertThat(HEX.formatHex(initiation.datagram())).isEqualTo(REQUEST);

        byte[] request = initiation.datagram();
        Response response =
                TunnelHandshake.readRequest(request, request.length, responder)
                        .respond(
                                0x41424344,
                                new TunnelResponsePayload(ENDPOINT, 1400),
                                new FixedRandom(0x44));
        assertThat(HEX.formatHex(response.datagram())).isEqualTo(RESPONSE);

        Completed completed =
                TunnelHandshake.complete(
                        initiation.state(),
                        initiator,
                        response.datagram(),
                        response.datagram().length);
        assertThat(HEX.formatHex(completed.keys().sendKey())).isEqualTo(INITIATOR_KEY);
        assertThat(HEX.formatHex(completed.keys().receiveKey())).isEqualTo(RESPONDER_KEY);
    }

    @Test
    void shouldMakeThisCookieReplyAndMac2() {
        Initiation initiation = initiate();
        byte[] request = initiation.datagram();
        CookieGuard guard = new CookieGuard(responder.publicKey(), new FixedRandom(0x55), 1, 0);

        byte[] reply = guard.cookieReply(request, request.length, ENDPOINT, 0);
        assertThat(HEX.formatHex(reply)).isEqualTo(COOKIE_REPLY);

        TunnelHandshake.addMac2(
                request, TunnelHandshake.openCookieReply(initiation.state(), reply, reply.length));
        assertThat(HEX.formatHex(request, request.length - 16, request.length)).isEqualTo(MAC2);
    }

    private Initiation initiate() {
        return TunnelHandshake.initiate(
                CipherSuite.AES_GCM_SHA256,
                initiator,
                responder.publicKey(),
                PATH,
                0x2122232425262728L,
                0x31323334,
                new TunnelRequestPayload(0x018F00000000L, 1400, new byte[] {1, 2, 3}),
                new FixedRandom(0x33));
    }

    private static byte[] filled(int value) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    /** Always the same byte: makes a handshake reproducible. */
    private static final class FixedRandom extends SecureRandom {
        private static final long serialVersionUID = 1L;

        private final int value;

        FixedRandom(int value) {
            this.value = value;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            Arrays.fill(bytes, (byte) value);
        }
    }
}
