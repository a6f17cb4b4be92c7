package io.cyphonic.signaling.protocol;

import static io.cyphonic.signaling.protocol.ControlEnvelope.HEADER_LENGTH;
import static io.cyphonic.signaling.protocol.ControlEnvelope.NONCE_FIELD_OFFSET;
import static io.cyphonic.signaling.protocol.ControlEnvelope.NONCE_LENGTH;
import static io.cyphonic.signaling.protocol.ControlEnvelope.TAG_LENGTH;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;

import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * Seals and opens the control messages of one login with AES-256-GCM (RFC 5116, NIST SP 800-38D).
 * Each direction has a key of its own, expanded from the common key with HKDF-SHA-256 (RFC 5869),
 * so a datagram cannot be turned round.
 *
 * <p>Both ends use the same class; which methods one calls says which end it is. Thread-safe. It
 * does not refuse replays and does not know who may say what; it tells who wrote a message.
 */
public final class ControlCipher implements AutoCloseable {
    /** Length of the common key in bytes. */
    public static final int COMMON_KEY_LENGTH = 32;

    private static final String TO_NMS_INFO = "cyphonic control to nms";
    private static final String TO_NODE_INFO = "cyphonic control to node";

    private final long loginId;
    private final Id128 nodeId;
    private final RawKey toNmsKey;
    private final RawKey toNodeKey;

    /**
     * Derives the two keys.
     *
     * @param commonKey {@value #COMMON_KEY_LENGTH} bytes; stays the caller's, who may wipe it after
     * @param loginId of the login the key was made for
     * @param nodeId of the node that logged in
     */
    public ControlCipher(byte[] commonKey, long loginId, Id128 nodeId) {
        if (commonKey.length != COMMON_KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "a common key has %d bytes, found %d"
                            .formatted(COMMON_KEY_LENGTH, commonKey.length));
        }
        this.loginId = loginId;
        this.nodeId = nodeId;
        this.toNmsKey = expand(commonKey, TO_NMS_INFO);
        this.toNodeKey = expand(commonKey, TO_NODE_INFO);
    }

    /**
     * Seals a message from the node to the NMS.
     *
     * @param counter must never repeat under one login; starts at 0 or 1 and rises
     * @throws IllegalArgumentException if the message does not fit a datagram
     */
    public byte[] sealToNms(ControlMessage message, long counter) {
        byte[] nonce = ByteBuffer.allocate(NONCE_LENGTH).putInt(0).putLong(counter).array();
        return seal(message, ControlEnvelope.TO_NMS, toNmsKey, nonce);
    }

    /**
     * Seals a message from the NMS to the node under a random nonce. 96 random bits are safe for
     * 2^32 messages per login (NIST SP 800-38D, section 8.3), far above what a login sees.
     *
     * @throws IllegalArgumentException if the message does not fit a datagram
     */
    public byte[] sealToNode(ControlMessage message, SecureRandom random) {
        byte[] nonce = new byte[NONCE_LENGTH];
        random.nextBytes(nonce);
        return seal(message, ControlEnvelope.TO_NODE, toNodeKey, nonce);
    }

    /**
     * Opens a datagram.
     *
     * @param expectedDirection {@link ControlEnvelope#TO_NMS} or {@link ControlEnvelope#TO_NODE}
     * @return the message, or {@code null} if the datagram is malformed, of another login or
     *     direction, or not authentic, or this cipher has been closed
     */
    public ControlMessage open(byte[] datagram, int length, int expectedDirection) {
        ControlEnvelope.Header header = ControlEnvelope.peek(datagram, length);
        if (header == null
                || header.direction() != expectedDirection
                || header.loginId() != loginId
                || !header.nodeId().equals(nodeId)) {
            return null;
        }
        RawKey key = expectedDirection == ControlEnvelope.TO_NMS ? toNmsKey : toNodeKey;
        byte[] nonce =
                Arrays.copyOfRange(datagram, NONCE_FIELD_OFFSET, NONCE_FIELD_OFFSET + NONCE_LENGTH);
        byte[] message;
        try {
            Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, nonce);
            cipher.updateAAD(datagram, 0, HEADER_LENGTH);
            message = cipher.doFinal(datagram, HEADER_LENGTH, length - HEADER_LENGTH);
        } catch (AEADBadTagException e) {
            // The JCA has no other way to say "not authentic".
            return null;
        } catch (IllegalStateException e) {
            if (key.isDestroyed()) {
                // A datagram of a login that ends at this moment is late, not a bug.
                return null;
            }
            throw e;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM of the JDK failed", e);
        }
        return ControlMessageCodec.decode(message, 0, message.length);
    }

    /** Overwrites both keys; from then on sealing throws and nothing opens. Idempotent. */
    @Override
    public void close() {
        toNmsKey.close();
        toNodeKey.close();
    }

    @Override
    public String toString() {
        return "ControlCipher[" + nodeId + "]";
    }

    private byte[] seal(ControlMessage message, int direction, RawKey key, byte[] nonce) {
        byte[] plaintext = ControlMessageCodec.encode(message);
        if (plaintext.length > ControlEnvelope.MAX_MESSAGE_LENGTH) {
            throw new IllegalArgumentException(
                    "%s has %d bytes, a datagram takes %d"
                            .formatted(
                                    message.getClass().getSimpleName(),
                                    plaintext.length,
                                    ControlEnvelope.MAX_MESSAGE_LENGTH));
        }
        byte[] datagram = new byte[HEADER_LENGTH + plaintext.length + TAG_LENGTH];
        ControlEnvelope.write(datagram, direction, loginId, nodeId, nonce);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce);
            cipher.updateAAD(datagram, 0, HEADER_LENGTH);
            cipher.doFinal(plaintext, 0, plaintext.length, datagram, HEADER_LENGTH);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM of the JDK failed", e);
        }
        return datagram;
    }

    private static Cipher cipher(int mode, RawKey key, byte[] nonce)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_LENGTH * Byte.SIZE, nonce));
        return cipher;
    }

    private static RawKey expand(byte[] commonKey, String info) {
        try (RawKey pseudoRandomKey = new RawKey("Generic", commonKey.clone())) {
            byte[] key =
                    KDF.getInstance("HKDF-SHA256")
                            .deriveData(
                                    HKDFParameterSpec.expandOnly(
                                            pseudoRandomKey,
                                            info.getBytes(StandardCharsets.US_ASCII),
                                            COMMON_KEY_LENGTH));
            return new RawKey("AES", key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HKDF-SHA256 of the JDK failed", e);
        }
    }
}
