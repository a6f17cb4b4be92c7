package io.cyphonic.signaling.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.signaling.handshake.TunnelHandshake.Completed;
import io.cyphonic.signaling.handshake.TunnelHandshake.Initiation;
import io.cyphonic.signaling.handshake.TunnelHandshake.Response;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelRequestPayload;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelResponsePayload;
import io.cyphonic.signaling.protocol.Id128;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;

class TunnelHandshakeTest {
    private static final CipherSuite SUITE = CipherSuite.AES_GCM_SHA256;
    private static final Id128 PATH = new Id128(0x1112131415161718L, 0x191a1b1c1d1e1f20L);
    private static final long TRANSACTION = 0x2122232425262728L;
    private static final int INITIATOR_INDEX = 0x31323334;
    private static final int RESPONDER_INDEX = 0x41424344;
    private static final InetSocketAddress SOURCE =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 40000);
    private static final TunnelResponsePayload RESPONSE = new TunnelResponsePayload(SOURCE, 1400);

    private final SecureRandom random = new SecureRandom();
    private final StaticKeyPair initiator = StaticKeyPair.generate(random);
    private final StaticKeyPair responder = StaticKeyPair.generate(random);

    @ParameterizedTest
    @EnumSource
    void shouldGiveBothEndsTheSameKeysCrosswise(CipherSuite suite) {
        Initiation initiation = initiate(suite);

        TunnelRequest request = read(initiation.datagram());
        assertThat(request.suite()).isEqualTo(suite);
        assertThat(request.pathId()).isEqualTo(PATH);
        assertThat(request.transactionId()).isEqualTo(TRANSACTION);
        assertThat(request.senderIndex()).isEqualTo(INITIATOR_INDEX);
        assertThat(request.initiatorStatic()).isEqualTo(initiator.publicKey());
        assertThat(request.payload()).usingRecursiveComparison().isEqualTo(payload());

        Response response = request.respond(RESPONDER_INDEX, RESPONSE, random);
        Completed completed = complete(initiation.state(), response.datagram());
        assertThat(completed.senderIndex()).isEqualTo(RESPONDER_INDEX);
        assertThat(completed.payload()).isEqualTo(RESPONSE);
        assertThat(completed.keys().suite()).isEqualTo(suite);
        assertThat(completed.keys().sendKey()).isEqualTo(response.keys().receiveKey());
        assertThat(completed.keys().receiveKey()).isEqualTo(response.keys().sendKey());
        assertThat(completed.keys().sendKey()).isNotEqualTo(completed.keys().receiveKey());
    }

    @Test
    void shouldShowTheIdsOfADatagramBeforeItIsRead() {
        Initiation initiation = initiate(SUITE);
        byte[] request = initiation.datagram();
        byte[] response = read(request).respond(RESPONDER_INDEX, RESPONSE, random).datagram();

        assertThat(TunnelHandshake.peekPathId(request, request.length)).isEqualTo(PATH);
        assertThat(TunnelHandshake.peekTransactionId(request, request.length))
                .hasValue(TRANSACTION);
        assertThat(TunnelHandshake.peekReceiverIndex(request, request.length)).isEmpty();
        assertThat(TunnelHandshake.peekPathId(response, response.length)).isEqualTo(PATH);
        assertThat(TunnelHandshake.peekTransactionId(response, response.length))
                .hasValue(TRANSACTION);
        assertThat(TunnelHandshake.peekReceiverIndex(response, response.length))
                .hasValue(INITIATOR_INDEX);
        assertThat(TunnelHandshake.peekPathId(new byte[3], 3)).isNull();
        assertThat(TunnelHandshake.peekTransactionId(new byte[64], 64)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseARequestWithAnyChangedByte(CipherSuite suite) {
        byte[] request = initiate(suite).datagram();

        for (int i = 0; i < request.length - 16; i++) {
            byte[] changed = request.clone();
            changed[i] ^= (byte) (1 << random.nextInt(8));
            assertThat(TunnelHandshake.readRequest(changed, changed.length, responder))
                    .as("byte %d", i)
                    .isNull();
            // mac1 is no secret: whoever changes a byte can make it right again.
            remakeMac1(changed, responder.publicKey());
            if (i < request.length - 32) {
                assertThat(TunnelHandshake.readRequest(changed, changed.length, responder))
                        .as("byte %d under a new mac1", i)
                        .isNull();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAResponseWithAnyChangedByteAndKeepTheState(CipherSuite suite) {
        Initiation initiation = initiate(suite);
        byte[] state = initiation.state().clone();
        byte[] response =
                read(initiation.datagram()).respond(RESPONDER_INDEX, RESPONSE, random).datagram();

        for (int i = 0; i < response.length - 16; i++) {
            byte[] changed = response.clone();
            changed[i] ^= (byte) (1 << random.nextInt(8));
            assertThat(complete(initiation.state(), changed)).as("byte %d", i).isNull();
            remakeMac1(changed, initiator.publicKey());
            if (i < response.length - 32) {
                assertThat(complete(initiation.state(), changed))
                        .as("byte %d under a new mac1", i)
                        .isNull();
            }
        }
        assertThat(initiation.state()).isEqualTo(state);
        assertThat(complete(initiation.state(), response)).isNotNull();
    }

    @Test
    void shouldRefuseADatagramOfAnyOtherLength() {
        Initiation initiation = initiate(SUITE);
        byte[] request = initiation.datagram();
        byte[] response = read(request).respond(RESPONDER_INDEX, RESPONSE, random).datagram();

        for (int length = 0; length < request.length; length++) {
            assertThat(TunnelHandshake.readRequest(request, length, responder)).isNull();
        }
        for (int length = 0; length < response.length; length++) {
            assertThat(TunnelHandshake.complete(initiation.state(), initiator, response, length))
                    .isNull();
        }
        byte[] longer = Arrays.copyOf(request, request.length + 1);
        assertThat(TunnelHandshake.readRequest(longer, longer.length, responder)).isNull();
        assertThat(TunnelHandshake.readRequest(request, request.length + 1, responder)).isNull();
    }

    @Test
    void shouldRefuseARequestForAnotherNode() {
        byte[] request = initiate(SUITE).datagram();
        StaticKeyPair other = StaticKeyPair.generate(random);

        assertThat(TunnelHandshake.readRequest(request, request.length, other)).isNull();
        remakeMac1(request, other.publicKey());
        assertThat(TunnelHandshake.readRequest(request, request.length, other)).isNull();
    }

    @Test
    void shouldRefuseTheResponseToAnotherRequest() {
        Initiation first = initiate(SUITE);
        Initiation second = initiate(SUITE);
        byte[] response =
                read(first.datagram()).respond(RESPONDER_INDEX, RESPONSE, random).datagram();

        assertThat(complete(second.state(), response)).isNull();
        assertThat(complete(first.state(), response)).isNotNull();
    }

    @Test
    void shouldCompleteOnlyOnce() {
        Initiation initiation = initiate(SUITE);
        byte[] response =
                read(initiation.datagram()).respond(RESPONDER_INDEX, RESPONSE, random).datagram();

        assertThat(complete(initiation.state(), response)).isNotNull();

        assertThat(initiation.state()).containsOnly(0);
        assertThat(complete(initiation.state(), response)).isNull();
    }

    @Test
    void shouldCompleteWithACopyOfTheState() {
        Initiation initiation = initiate(SUITE);
        byte[] copy = Arrays.copyOf(initiation.state(), InitiatorState.LENGTH);
        assertThat(copy.length).isLessThanOrEqualTo(192);
        byte[] response =
                read(initiation.datagram()).respond(RESPONDER_INDEX, RESPONSE, random).datagram();

        assertThat(complete(copy, response)).isNotNull();
        assertThat(complete(new byte[InitiatorState.LENGTH], response)).isNull();
        assertThat(complete(new byte[3], response)).isNull();
    }

    @Test
    void shouldAnswerARequestOnlyOnce() {
        TunnelRequest request = read(initiate(SUITE).datagram());
        request.respond(RESPONDER_INDEX, RESPONSE, random);

        assertThatThrownBy(() -> request.respond(RESPONDER_INDEX, RESPONSE, random))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldNeitherStartWithAKeyOfLowOrderNorSealTooMuch() {
        assertThat(
                        TunnelHandshake.initiate(
                                SUITE, initiator, new byte[32], PATH, 1, 1, payload(), random))
                .isNull();
        TunnelRequestPayload large = new TunnelRequestPayload(0, 1400, new byte[1053]);
        assertThatThrownBy(
                        () ->
                                TunnelHandshake.initiate(
                                        SUITE,
                                        initiator,
                                        responder.publicKey(),
                                        PATH,
                                        1,
                                        1,
                                        large,
                                        random))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldSurviveAnyBytes() {
        long seed = new Random().nextLong();
        Random noise = new Random(seed);
        Initiation initiation = initiate(SUITE);
        byte[] response =
                read(initiation.datagram()).respond(RESPONDER_INDEX, RESPONSE, random).datagram();
        byte[][] models = {initiation.datagram(), response, new byte[64], new byte[1500]};
        for (int i = 0; i < 20_000; i++) {
            byte[] model = models[noise.nextInt(models.length)];
            byte[] bytes = model.clone();
            for (int changes = noise.nextInt(20); changes >= 0; changes--) {
                bytes[noise.nextInt(bytes.length)] = (byte) noise.nextInt();
            }
            bytes[0] = (byte) (0x41 + noise.nextInt(3));
            bytes[1] = 1;
            int length = noise.nextInt(bytes.length + 1);
            if (saysTheSame(bytes, model, length)) {
                continue;
            }
            assertThat(TunnelHandshake.readRequest(bytes, length, responder))
                    .as("seed %d", seed)
                    .isNull();
            assertThat(TunnelHandshake.complete(initiation.state(), initiator, bytes, length))
                    .as("seed %d", seed)
                    .isNull();
            assertThat(TunnelHandshake.openCookieReply(initiation.state(), bytes, length)).isNull();
            TunnelHandshake.peekPathId(bytes, length);
            TunnelHandshake.peekTransactionId(bytes, length);
            TunnelHandshake.peekReceiverIndex(bytes, length);
        }
    }

    /**
     * Every change drew the byte that stood there, or only mac2 changed, which is checked apart.
     */
    private static boolean saysTheSame(byte[] bytes, byte[] model, int length) {
        int end = model.length - HandshakeFormat.MAC_LENGTH;
        return length == model.length && Arrays.equals(bytes, 0, end, model, 0, end);
    }

    private Initiation initiate(CipherSuite suite) {
        return TunnelHandshake.initiate(
                suite,
                initiator,
                responder.publicKey(),
                PATH,
                TRANSACTION,
                INITIATOR_INDEX,
                payload(),
                random);
    }

    private TunnelRequest read(byte[] datagram) {
        return TunnelHandshake.readRequest(datagram, datagram.length, responder);
    }

    private Completed complete(byte[] state, byte[] datagram) {
        return TunnelHandshake.complete(state, initiator, datagram, datagram.length);
    }

    private static TunnelRequestPayload payload() {
        return new TunnelRequestPayload(1_764_000_000_000L, 1400, new byte[] {1, 2, 3});
    }

    private static void remakeMac1(byte[] datagram, byte[] receiverStatic) {
        byte[] mac1 = HandshakeFormat.mac1(datagram, datagram.length, receiverStatic);
        System.arraycopy(mac1, 0, datagram, datagram.length - 32, 16);
    }
}
