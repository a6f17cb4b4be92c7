package io.cyphonic.signaling.handshake;

import static io.cyphonic.signaling.handshake.HandshakeFormat.MACS_LENGTH;
import static io.cyphonic.signaling.handshake.HandshakeFormat.MAC_LENGTH;
import static io.cyphonic.signaling.handshake.HandshakeFormat.REQUEST_HEADER_LENGTH;
import static io.cyphonic.signaling.handshake.HandshakeFormat.RESPONSE_HEADER_LENGTH;

import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelRequestPayload;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelResponsePayload;
import io.cyphonic.signaling.protocol.ControlMessageCodec;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.Id128;

import org.bouncycastle.math.ec.rfc7748.X25519;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The handshake that gives two nodes the keys of a session: one request, one response, Noise IK
 * inside (formats: docs/protocol.md).
 *
 * <pre>
 *   initiator                                   responder
 *   initiate  ------- Tunnel Request ---------&gt;  CookieGuard.check
 *             &lt;------ Cookie Reply -----------   (only under load)
 *   openCookieReply, addMac2
 *             ------- Tunnel Request ---------&gt;  readRequest, caller checks the certificate,
 *   complete  &lt;------ Tunnel Response --------   TunnelRequest.respond
 * </pre>
 *
 * <p>Sans I/O: bytes in, bytes out; no clock, no socket, randomness is a parameter. Static methods
 * without state, safe from any thread. Nothing a peer sends makes them throw. The header of the
 * request is bound as prologue, that of the response is mixed in before its Noise message, so no
 * field of either can be changed on the way.
 *
 * <p>What it does not do: judge certificates, remember timestamps, send anything twice. The
 * responder is certain of the initiator only once a capsule opens under the new keys: an old
 * request that is played again gets a response, but whoever plays it cannot use it.
 */
public final class TunnelHandshake {
    /** Longest encoded request payload in bytes. */
    public static final int MAX_REQUEST_PAYLOAD_LENGTH =
            HandshakeFormat.MAX_LENGTH - HandshakeFormat.MIN_REQUEST_LENGTH;

    private static final byte[] PROLOGUE = "cyphonic 1".getBytes(StandardCharsets.US_ASCII);

    /**
     * A handshake that waits for its response.
     *
     * @param datagram to send; the same bytes again when nothing comes back
     * @param state secret, {@link InitiatorState#LENGTH} bytes; whoever holds them may complete the
     *     handshake, once
     */
    public record Initiation(byte[] datagram, byte[] state) {
        @Override
        public String toString() {
            return "Initiation[]";
        }
    }

    /**
     * An answered handshake.
     *
     * @param datagram to send back to where the request came from; the same bytes again when the
     *     request comes again
     * @param keys of the new session, owned by the receiver of this record
     */
    public record Response(byte[] datagram, SessionKeys keys) {}

    /**
     * A completed handshake.
     *
     * @param senderIndex the responder's index, goes into every capsule to it
     * @param payload what the responder said
     * @param keys of the new session, owned by the receiver of this record
     */
    public record Completed(int senderIndex, TunnelResponsePayload payload, SessionKeys keys) {}

    private TunnelHandshake() {}

    /**
     * Starts a handshake.
     *
     * @param responderStatic the key in the responder's verified certificate
     * @param senderIndex the index under which this node will receive capsules of the session
     * @param payload at most {@link #MAX_REQUEST_PAYLOAD_LENGTH} bytes when encoded
     * @return the request and the state to keep, or {@code null} if the responder's key is one of
     *     low order, which no honest node has
     * @throws IllegalArgumentException if the payload is too long
     */
    public static Initiation initiate(
            CipherSuite suite,
            StaticKeyPair self,
            byte[] responderStatic,
            Id128 pathId,
            long transactionId,
            int senderIndex,
            TunnelRequestPayload payload,
            SecureRandom random) {
        byte[] encoded = ControlMessageCodec.encode(payload);
        if (encoded.length > MAX_REQUEST_PAYLOAD_LENGTH) {
            throw new IllegalArgumentException(
                    "a request payload has at most %d bytes, found %d"
                            .formatted(MAX_REQUEST_PAYLOAD_LENGTH, encoded.length));
        }
        byte[] header = HandshakeFormat.requestHeader(suite, senderIndex, pathId, transactionId);
        try (IkHandshake noise = IkHandshake.start(suite, prologue(header), responderStatic)) {
            byte[] message = noise.writeRequest(self, ephemeral(random), responderStatic, encoded);
            if (message == null) {
                return null;
            }
            byte[] datagram = HandshakeFormat.assemble(header, message, responderStatic);
            return new Initiation(datagram, InitiatorState.save(datagram, responderStatic, noise));
        }
    }

    /**
     * Reads a request. The work of two X25519 agreements is done for whoever knows this node's
     * public key: ask {@link CookieGuard} first.
     *
     * @return the request, to be answered or closed, or {@code null} if it is malformed, of an
     *     unknown version or suite, not for this node or not authentic
     */
    public static TunnelRequest readRequest(byte[] datagram, int length, StaticKeyPair self) {
        if (!isOfType(DatagramType.TUNNEL_REQUEST, datagram, length)
                || !HandshakeFormat.hasMac1(datagram, length, self.publicKey())) {
            return null;
        }
        byte[] header = Arrays.copyOf(datagram, REQUEST_HEADER_LENGTH);
        IkHandshake noise =
                IkHandshake.start(
                        HandshakeFormat.suite(datagram), prologue(header), self.publicKey());
        byte[] encoded =
                noise.readRequest(
                        self,
                        datagram,
                        REQUEST_HEADER_LENGTH,
                        length - REQUEST_HEADER_LENGTH - MACS_LENGTH);
        if (encoded != null
                && ControlMessageCodec.decode(encoded, 0, encoded.length)
                        instanceof TunnelRequestPayload payload) {
            return new TunnelRequest(header, payload, noise);
        }
        noise.close();
        return null;
    }

    /**
     * Completes a handshake with its response.
     *
     * @param state from {@link Initiation}; overwritten when the handshake completes, so that the
     *     same response cannot give the same keys a second time. If there are copies of it, their
     *     owner sees to it that only one is used.
     * @return the result, or {@code null} if the response is malformed, of another handshake or not
     *     authentic; the state is then unchanged and still good for the right response
     */
    public static Completed complete(
            byte[] state, StaticKeyPair self, byte[] datagram, int length) {
        InitiatorState initiator = InitiatorState.of(state);
        if (initiator == null
                || !isOfType(DatagramType.TUNNEL_RESPONSE, datagram, length)
                || !initiator.isAnsweredBy(datagram)
                || !HandshakeFormat.hasMac1(datagram, length, self.publicKey())) {
            return null;
        }
        try (IkHandshake noise = initiator.noise()) {
            noise.bind(Arrays.copyOf(datagram, RESPONSE_HEADER_LENGTH));
            byte[] encoded =
                    noise.readResponse(
                            self,
                            datagram,
                            RESPONSE_HEADER_LENGTH,
                            length - RESPONSE_HEADER_LENGTH - MACS_LENGTH);
            if (encoded == null) {
                return null;
            }
            ControlMessage message = ControlMessageCodec.decode(encoded, 0, encoded.length);
            if (!(message instanceof TunnelResponsePayload payload)) {
                return null;
            }
            Arrays.fill(state, (byte) 0);
            int senderIndex =
                    HandshakeFormat.intAt(datagram, HandshakeFormat.SENDER_INDEX_FIELD_OFFSET);
            return new Completed(senderIndex, payload, noise.split(true));
        }
    }

    /**
     * The cookie in a cookie reply to the request of a waiting handshake, or {@code null} if the
     * reply is malformed, for another request or not authentic.
     *
     * @param state from {@link Initiation}; unchanged
     */
    public static byte[] openCookieReply(byte[] state, byte[] datagram, int length) {
        InitiatorState initiator = InitiatorState.of(state);
        return initiator != null && isOfType(DatagramType.COOKIE_REPLY, datagram, length)
                ? initiator.openCookie(datagram)
                : null;
    }

    /** Writes mac2 under a cookie into a request, in place; the request can be sent again then. */
    public static void addMac2(byte[] datagram, byte[] cookie) {
        byte[] mac2 = HandshakeFormat.mac2(datagram, datagram.length, cookie);
        System.arraycopy(mac2, 0, datagram, datagram.length - MAC_LENGTH, MAC_LENGTH);
    }

    /** The path id of a request or response, not authenticated; {@code null} if there is none. */
    public static Id128 peekPathId(byte[] datagram, int length) {
        if (isOfType(DatagramType.TUNNEL_REQUEST, datagram, length)) {
            return HandshakeFormat.idAt(datagram, HandshakeFormat.REQUEST_PATH_ID_FIELD_OFFSET);
        }
        return isOfType(DatagramType.TUNNEL_RESPONSE, datagram, length)
                ? HandshakeFormat.idAt(datagram, HandshakeFormat.RESPONSE_PATH_ID_FIELD_OFFSET)
                : null;
    }

    /** The transaction id of any handshake datagram, not authenticated. */
    public static OptionalLong peekTransactionId(byte[] datagram, int length) {
        if (!HandshakeFormat.isWellFormed(datagram, length)) {
            return OptionalLong.empty();
        }
        int offset =
                switch (datagram[0]) {
                    case DatagramType.TUNNEL_REQUEST ->
                            HandshakeFormat.REQUEST_TRANSACTION_ID_FIELD_OFFSET;
                    case DatagramType.TUNNEL_RESPONSE ->
                            HandshakeFormat.RESPONSE_TRANSACTION_ID_FIELD_OFFSET;
                    default -> HandshakeFormat.COOKIE_TRANSACTION_ID_FIELD_OFFSET;
                };
        return OptionalLong.of(HandshakeFormat.longAt(datagram, offset));
    }

    /** The receiver index of a response or cookie reply, not authenticated; a request has none. */
    public static OptionalInt peekReceiverIndex(byte[] datagram, int length) {
        if (isOfType(DatagramType.TUNNEL_RESPONSE, datagram, length)) {
            return OptionalInt.of(
                    HandshakeFormat.intAt(
                            datagram, HandshakeFormat.RESPONSE_RECEIVER_INDEX_FIELD_OFFSET));
        }
        return isOfType(DatagramType.COOKIE_REPLY, datagram, length)
                ? OptionalInt.of(
                        HandshakeFormat.intAt(
                                datagram, HandshakeFormat.COOKIE_RECEIVER_INDEX_FIELD_OFFSET))
                : OptionalInt.empty();
    }

    static byte[] ephemeral(SecureRandom random) {
        byte[] key = new byte[IkHandshake.KEY_LENGTH];
        X25519.generatePrivateKey(random, key);
        return key;
    }

    private static boolean isOfType(byte type, byte[] datagram, int length) {
        return HandshakeFormat.isWellFormed(datagram, length) && datagram[0] == type;
    }

    private static byte[] prologue(byte[] header) {
        byte[] prologue = Arrays.copyOf(PROLOGUE, PROLOGUE.length + header.length);
        System.arraycopy(header, 0, prologue, PROLOGUE.length, header.length);
        return prologue;
    }
}
