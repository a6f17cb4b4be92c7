package io.cyphonic.signaling.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

class IkHandshakeTest {
    private static final byte[] NOTHING = {};

    private final SecureRandom random = new SecureRandom();

    @ParameterizedTest
    @EnumSource
    void shouldReproduceThePublicTestVectors(CipherSuite suite) throws IOException {
        Map<String, Object> vector = vector(suite.protocolName());
        byte[] prologue = bytes(vector.get("prologue"));
        byte[] responderStatic = bytes(vector.get("resp_static_public"));
        StaticKeyPair initiatorPair = StaticKeyPair.ofPrivate(bytes(vector.get("init_static")));
        StaticKeyPair responderPair = StaticKeyPair.ofPrivate(bytes(vector.get("resp_static")));
        IkHandshake initiator = IkHandshake.start(suite, prologue, responderStatic);
        IkHandshake responder = IkHandshake.start(suite, prologue, responderPair.publicKey());

        byte[] request =
                initiator.writeRequest(
                        initiatorPair,
                        bytes(vector.get("init_ephemeral")),
                        responderStatic,
                        payload(vector, 0));
        assertThat(request).isEqualTo(ciphertext(vector, 0));
        assertThat(responder.readRequest(responderPair, request, 0, request.length))
                .isEqualTo(payload(vector, 0));
        assertThat(responder.remoteStatic()).isEqualTo(initiatorPair.publicKey());

        byte[] response =
                responder.writeResponse(bytes(vector.get("resp_ephemeral")), payload(vector, 1));
        assertThat(response).isEqualTo(ciphertext(vector, 1));
        assertThat(initiator.readResponse(initiatorPair, response, 0, response.length))
                .isEqualTo(payload(vector, 1));

        byte[] hash = bytes(vector.get("handshake_hash"));
        assertThat(initiator.handshakeHash()).isEqualTo(hash);
        assertThat(responder.handshakeHash()).isEqualTo(hash);
        SessionKeys initiatorKeys = initiator.split(true);
        SessionKeys responderKeys = responder.split(false);
        for (int i = 2; i < messages(vector).size(); i++) {
            boolean fromInitiator = i % 2 == 0;
            byte[] sendKey = fromInitiator ? initiatorKeys.sendKey() : responderKeys.sendKey();
            byte[] receiveKey =
                    fromInitiator ? responderKeys.receiveKey() : initiatorKeys.receiveKey();
            byte[] ciphertext = ciphertext(vector, i);
            assertThat(NoiseCipher.seal(suite, sendKey, i / 2 - 1, NOTHING, payload(vector, i)))
                    .isEqualTo(ciphertext);
            assertThat(
                            NoiseCipher.open(
                                    suite,
                                    receiveKey,
                                    i / 2 - 1,
                                    NOTHING,
                                    ciphertext,
                                    0,
                                    ciphertext.length))
                    .isEqualTo(payload(vector, i));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseKeysOfLowOrder(CipherSuite suite) {
        byte[] zero = new byte[32];
        StaticKeyPair self = StaticKeyPair.generate(random);

        assertThat(
                        IkHandshake.start(suite, NOTHING, zero)
                                .writeRequest(self, ephemeral(), zero, NOTHING))
                .isNull();
        byte[] request = new byte[IkHandshake.REQUEST_OVERHEAD];
        assertThat(
                        IkHandshake.start(suite, NOTHING, self.publicKey())
                                .readRequest(self, request, 0, request.length))
                .isNull();
    }

    @Test
    void shouldOverwriteEphemeralKeysAndItsStateWhenClosed() {
        StaticKeyPair self = StaticKeyPair.generate(random);
        byte[] ephemeral = ephemeral();
        IkHandshake handshake =
                IkHandshake.start(CipherSuite.AES_GCM_SHA256, NOTHING, self.publicKey());
        handshake.writeRequest(self, ephemeral, self.publicKey(), NOTHING);
        assertThat(ephemeral).containsOnly(0);

        handshake.close();

        ByteBuffer saved = ByteBuffer.allocate(IkHandshake.SAVED_LENGTH);
        handshake.save(saved);
        assertThat(saved.array()).containsOnly(0);
    }

    private byte[] ephemeral() {
        byte[] key = new byte[32];
        random.nextBytes(key);
        return key;
    }

    private static Map<String, Object> vector(String name) throws IOException {
        try (InputStream in = IkHandshakeTest.class.getResourceAsStream("noise-ik-vectors.json")) {
            List<?> vectors = (List<?>) JSON.std.mapFrom(in).get("vectors");
            for (Object entry : vectors) {
                @SuppressWarnings("unchecked")
                Map<String, Object> vector = (Map<String, Object>) entry;
                if (name.equals(vector.get("name"))) {
                    return vector;
                }
            }
        }
        throw new AssertionError("no vector " + name);
    }

    private static List<?> messages(Map<String, Object> vector) {
        return (List<?>) vector.get("messages");
    }

    private static byte[] payload(Map<String, Object> vector, int index) {
        return bytes(((List<?>) messages(vector).get(index)).getFirst());
    }

    private static byte[] ciphertext(Map<String, Object> vector, int index) {
        return bytes(((List<?>) messages(vector).get(index)).getLast());
    }

    private static byte[] bytes(Object hex) {
        return HexFormat.of().parseHex((String) hex);
    }
}
