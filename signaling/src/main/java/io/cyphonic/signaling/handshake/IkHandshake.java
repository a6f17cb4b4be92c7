package io.cyphonic.signaling.handshake;

import org.bouncycastle.math.ec.rfc7748.X25519;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The Noise handshake pattern IK (Noise specification, revision 34, section 7.5):
 *
 * <pre>
 *   IK:
 *     &lt;- s                      the initiator knows the responder's static key
 *     ...
 *     -&gt; e, es, s, ss           request: initiator proves its static key
 *     &lt;- e, ee, se              response: forward secrecy, responder proves its own
 * </pre>
 *
 * <p><b>Why own code and not a library.</b> Three things are needed that the Java libraries do not
 * give together: the raw keys of Split, since the capsules have their own header, nonce and
 * parallel workers and are no Noise transport messages; secrets in arrays that can be overwritten;
 * and a state between the two messages that can be written down as bytes, since the worker that
 * gets the response need not be the one that sent the request. The pattern is fixed, so what
 * remains is this class and {@link SymmetricState}; X25519, the AEADs and the hashes are those of
 * Bouncy Castle and the JDK. The tests run public test vectors.
 *
 * <p><b>Side channels.</b> X25519 of Bouncy Castle is written without secret-dependent branches or
 * table indices, AES-GCM and ChaCha20-Poly1305 are intrinsics of the JVM. The JVM gives no
 * guarantee for either; copies a garbage collector made of a wiped array stay until they are
 * overwritten.
 *
 * <p>Not thread-safe. Every method that reads returns {@code null} or {@code false} for input that
 * is not authentic, and the state is of no further use then. An all-zero shared secret (a peer that
 * sends a point of low order, RFC 7748, section 6.1) counts as not authentic.
 */
final class IkHandshake implements AutoCloseable {
    static final int KEY_LENGTH = StaticKeyPair.KEY_LENGTH;
    static final int TAG_LENGTH = NoiseCipher.TAG_LENGTH;

    /** What the request adds to its payload in bytes: e, sealed s, tag of the payload. */
    static final int REQUEST_OVERHEAD = KEY_LENGTH + KEY_LENGTH + TAG_LENGTH + TAG_LENGTH;

    /** What the response adds to its payload in bytes: e, tag of the payload. */
    static final int RESPONSE_OVERHEAD = KEY_LENGTH + TAG_LENGTH;

    private final CipherSuite suite;
    private final SymmetricState symmetric;

    /** Initiator, between request and response: its own ephemeral private key. */
    private final byte[] ephemeralPrivate = new byte[KEY_LENGTH];

    /** Responder, between request and response: the initiator's public keys. */
    private final byte[] remoteEphemeral = new byte[KEY_LENGTH];

    private final byte[] remoteStatic = new byte[KEY_LENGTH];

    private IkHandshake(CipherSuite suite, SymmetricState symmetric) {
        this.suite = suite;
        this.symmetric = symmetric;
    }

    /** Starts a handshake at either end. */
    static IkHandshake start(CipherSuite suite, byte[] prologue, byte[] responderStatic) {
        IkHandshake handshake = new IkHandshake(suite, SymmetricState.start(suite));
        handshake.symmetric.mixHash(prologue);
        handshake.symmetric.mixHash(responderStatic);
        return handshake;
    }

    /**
     * Initiator: the request.
     *
     * @param ephemeral fresh private key; taken over
     * @return the message, or {@code null} if the responder's key is not a good one
     */
    byte[] writeRequest(
            StaticKeyPair self, byte[] ephemeral, byte[] responderStatic, byte[] payload) {
        System.arraycopy(ephemeral, 0, ephemeralPrivate, 0, KEY_LENGTH);
        Arrays.fill(ephemeral, (byte) 0);
        byte[] ephemeralPublic = new byte[KEY_LENGTH];
        X25519.scalarMultBase(ephemeralPrivate, 0, ephemeralPublic, 0);
        symmetric.mixHash(ephemeralPublic);
        if (!mixAgreement(ephemeralPrivate, responderStatic)) {
            return null;
        }
        byte[] sealedStatic = symmetric.encryptAndHash(self.publicKey());
        if (!mixAgreement(self.privateKey(), responderStatic)) {
            return null;
        }
        byte[] sealedPayload = symmetric.encryptAndHash(payload);
        return ByteBuffer.allocate(REQUEST_OVERHEAD + payload.length)
                .put(ephemeralPublic)
                .put(sealedStatic)
                .put(sealedPayload)
                .array();
    }

    /** Responder: reads the request and gives its payload; then {@link #remoteStatic} is known. */
    byte[] readRequest(StaticKeyPair self, byte[] buffer, int offset, int length) {
        if (length < REQUEST_OVERHEAD) {
            return null;
        }
        System.arraycopy(buffer, offset, remoteEphemeral, 0, KEY_LENGTH);
        symmetric.mixHash(remoteEphemeral);
        if (!mixAgreement(self.privateKey(), remoteEphemeral)) {
            return null;
        }
        int staticOffset = offset + KEY_LENGTH;
        int payloadOffset = staticOffset + KEY_LENGTH + TAG_LENGTH;
        byte[] initiatorStatic =
                symmetric.decryptAndHash(buffer, staticOffset, KEY_LENGTH + TAG_LENGTH);
        if (initiatorStatic == null) {
            return null;
        }
        System.arraycopy(initiatorStatic, 0, remoteStatic, 0, KEY_LENGTH);
        if (!mixAgreement(self.privateKey(), remoteStatic)) {
            return null;
        }
        return symmetric.decryptAndHash(buffer, payloadOffset, offset + length - payloadOffset);
    }

    /** Responder: the initiator's static key, once its request has been read; not a copy. */
    byte[] remoteStatic() {
        return remoteStatic;
    }

    /**
     * Mixes public data around a message into the transcript, at both ends at the same point. The
     * prologue of Noise can bind only what is known before the request.
     */
    void bind(byte[] data) {
        symmetric.mixHash(data);
    }

    /**
     * Responder: the response.
     *
     * @param ephemeral fresh private key; overwritten
     * @return the message, or {@code null} if a key of the initiator is not a good one
     */
    byte[] writeResponse(byte[] ephemeral, byte[] payload) {
        try {
            byte[] ephemeralPublic = new byte[KEY_LENGTH];
            X25519.scalarMultBase(ephemeral, 0, ephemeralPublic, 0);
            symmetric.mixHash(ephemeralPublic);
            if (!mixAgreement(ephemeral, remoteEphemeral)
                    || !mixAgreement(ephemeral, remoteStatic)) {
                return null;
            }
            return ByteBuffer.allocate(RESPONSE_OVERHEAD + payload.length)
                    .put(ephemeralPublic)
                    .put(symmetric.encryptAndHash(payload))
                    .array();
        } finally {
            Arrays.fill(ephemeral, (byte) 0);
        }
    }

    /** Initiator: reads the response and gives its payload. */
    byte[] readResponse(StaticKeyPair self, byte[] buffer, int offset, int length) {
        if (length < RESPONSE_OVERHEAD) {
            return null;
        }
        System.arraycopy(buffer, offset, remoteEphemeral, 0, KEY_LENGTH);
        symmetric.mixHash(remoteEphemeral);
        if (!mixAgreement(ephemeralPrivate, remoteEphemeral)
                || !mixAgreement(self.privateKey(), remoteEphemeral)) {
            return null;
        }
        return symmetric.decryptAndHash(buffer, offset + KEY_LENGTH, length - KEY_LENGTH);
    }

    /** Both ends, after the response: the keys of the session. */
    SessionKeys split(boolean initiator) {
        byte[][] keys = symmetric.split();
        return initiator
                ? new SessionKeys(suite, keys[0], keys[1])
                : new SessionKeys(suite, keys[1], keys[0]);
    }

    /** The hash of the handshake so far; a copy. */
    byte[] handshakeHash() {
        return symmetric.hash().clone();
    }

    /** Length of what {@link #save} writes in bytes. */
    static final int SAVED_LENGTH = 3 * KEY_LENGTH;

    /** Initiator, between request and response: writes the secret state. */
    void save(ByteBuffer target) {
        target.put(symmetric.chainingKey()).put(symmetric.hash()).put(ephemeralPrivate);
    }

    /** Initiator, between request and response: what {@link #save} wrote. */
    static IkHandshake load(CipherSuite suite, ByteBuffer source) {
        byte[] chainingKey = new byte[KEY_LENGTH];
        byte[] hash = new byte[KEY_LENGTH];
        source.get(chainingKey).get(hash);
        // The cipher key need not be saved: the response replaces it before using one.
        IkHandshake handshake =
                new IkHandshake(suite, SymmetricState.resume(suite, chainingKey, hash));
        source.get(handshake.ephemeralPrivate);
        return handshake;
    }

    /** Overwrites every secret. Idempotent. */
    @Override
    public void close() {
        symmetric.close();
        Arrays.fill(ephemeralPrivate, (byte) 0);
    }

    private boolean mixAgreement(byte[] privateKey, byte[] publicKey) {
        byte[] shared = new byte[KEY_LENGTH];
        if (!X25519.calculateAgreement(privateKey, 0, publicKey, 0, shared, 0)) {
            return false;
        }
        symmetric.mixKey(shared);
        return true;
    }
}
