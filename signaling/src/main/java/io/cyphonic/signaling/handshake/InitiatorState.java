package io.cyphonic.signaling.handshake;

import static io.cyphonic.signaling.handshake.HandshakeFormat.MACS_LENGTH;
import static io.cyphonic.signaling.handshake.HandshakeFormat.MAC_LENGTH;
import static io.cyphonic.signaling.handshake.HandshakeFormat.REQUEST_HEADER_LENGTH;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The state of the initiator between request and response as bytes: the header of the request, its
 * mac1, the responder's static key, and the secrets of the Noise handshake. It is made for memory
 * that several workers of one node share, not for a wire or a disk.
 */
public final class InitiatorState {
    /** Length in bytes. */
    public static final int LENGTH =
            REQUEST_HEADER_LENGTH
                    + MAC_LENGTH
                    + StaticKeyPair.KEY_LENGTH
                    + IkHandshake.SAVED_LENGTH;

    private static final int MAC1_FIELD_OFFSET = REQUEST_HEADER_LENGTH;
    private static final int RESPONDER_FIELD_OFFSET = MAC1_FIELD_OFFSET + MAC_LENGTH;
    private static final int NOISE_FIELD_OFFSET = RESPONDER_FIELD_OFFSET + StaticKeyPair.KEY_LENGTH;

    private final byte[] bytes;

    private InitiatorState(byte[] bytes) {
        this.bytes = bytes;
    }

    static byte[] save(byte[] request, byte[] responderStatic, IkHandshake noise) {
        ByteBuffer state = ByteBuffer.allocate(LENGTH);
        state.put(request, 0, REQUEST_HEADER_LENGTH);
        state.put(request, request.length - MACS_LENGTH, MAC_LENGTH);
        state.put(responderStatic);
        noise.save(state);
        return state.array();
    }

    /** A view of the bytes, or {@code null} if they are no state or one that was used. */
    static InitiatorState of(byte[] bytes) {
        // An overwritten state has suite 0, which does not exist.
        return bytes.length == LENGTH && HandshakeFormat.suite(bytes) != null
                ? new InitiatorState(bytes)
                : null;
    }

    /** Whether the header of a response names this handshake. */
    boolean isAnsweredBy(byte[] response) {
        byte[] expected =
                HandshakeFormat.responseHeader(
                        HandshakeFormat.suite(bytes),
                        HandshakeFormat.intAt(response, HandshakeFormat.SENDER_INDEX_FIELD_OFFSET),
                        HandshakeFormat.intAt(bytes, HandshakeFormat.SENDER_INDEX_FIELD_OFFSET),
                        HandshakeFormat.idAt(bytes, HandshakeFormat.REQUEST_PATH_ID_FIELD_OFFSET),
                        transactionId());
        return Arrays.equals(
                expected, 0, expected.length, response, 0, HandshakeFormat.RESPONSE_HEADER_LENGTH);
    }

    /** The handshake, to be closed by the caller; the bytes stay. */
    IkHandshake noise() {
        ByteBuffer source = ByteBuffer.wrap(bytes, NOISE_FIELD_OFFSET, IkHandshake.SAVED_LENGTH);
        return IkHandshake.load(HandshakeFormat.suite(bytes), source);
    }

    /** The cookie in a well-formed cookie reply, or {@code null}. */
    byte[] openCookie(byte[] reply) {
        int receiverIndex =
                HandshakeFormat.intAt(reply, HandshakeFormat.COOKIE_RECEIVER_INDEX_FIELD_OFFSET);
        long replyTransactionId =
                HandshakeFormat.longAt(reply, HandshakeFormat.COOKIE_TRANSACTION_ID_FIELD_OFFSET);
        if (receiverIndex != HandshakeFormat.intAt(bytes, HandshakeFormat.SENDER_INDEX_FIELD_OFFSET)
                || replyTransactionId != transactionId()) {
            return null;
        }
        byte[] mac1 = Arrays.copyOfRange(bytes, MAC1_FIELD_OFFSET, MAC1_FIELD_OFFSET + MAC_LENGTH);
        byte[] responderStatic =
                Arrays.copyOfRange(bytes, RESPONDER_FIELD_OFFSET, NOISE_FIELD_OFFSET);
        return CookieSeal.open(responderStatic, mac1, reply);
    }

    private long transactionId() {
        return HandshakeFormat.longAt(bytes, HandshakeFormat.REQUEST_TRANSACTION_ID_FIELD_OFFSET);
    }
}
