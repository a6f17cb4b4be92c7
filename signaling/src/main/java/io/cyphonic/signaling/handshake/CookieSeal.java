package io.cyphonic.signaling.handshake;

import static io.cyphonic.signaling.handshake.HandshakeFormat.COOKIE_HEADER_LENGTH;
import static io.cyphonic.signaling.handshake.HandshakeFormat.COOKIE_NONCE_FIELD_OFFSET;
import static io.cyphonic.signaling.handshake.HandshakeFormat.COOKIE_NONCE_LENGTH;
import static io.cyphonic.signaling.handshake.HandshakeFormat.COOKIE_REPLY_LENGTH;

import io.cyphonic.signaling.protocol.RawKey;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;

import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Seals the cookie of a cookie reply with AES-256-GCM. The key comes from the responder's public
 * key, so this hides the cookie only from those who do not know the responder; what counts is that
 * header and mac1 of the request are associated data: a reply fits one request, and only someone
 * who saw that request can forge one.
 */
final class CookieSeal {
    private static final byte[] LABEL = "cyphonic cookie".getBytes(StandardCharsets.US_ASCII);
    private static final int TAG_BITS = 128;

    private CookieSeal() {}

    /** The whole reply: the header, which holds the nonce, and the sealed cookie. */
    static byte[] seal(byte[] responderStatic, byte[] mac1, byte[] header, byte[] cookie) {
        byte[] reply = Arrays.copyOf(header, COOKIE_REPLY_LENGTH);
        try (RawKey key = key(responderStatic)) {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, mac1, reply);
            cipher.doFinal(cookie, 0, cookie.length, reply, COOKIE_HEADER_LENGTH);
            return reply;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM of the JDK failed", e);
        }
    }

    /** The cookie, or {@code null} if the reply is not authentic. */
    static byte[] open(byte[] responderStatic, byte[] mac1, byte[] reply) {
        try (RawKey key = key(responderStatic)) {
            return cipher(Cipher.DECRYPT_MODE, key, mac1, reply)
                    .doFinal(
                            reply,
                            COOKIE_HEADER_LENGTH,
                            COOKIE_REPLY_LENGTH - COOKIE_HEADER_LENGTH);
        } catch (AEADBadTagException e) {
            return null;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM of the JDK failed", e);
        }
    }

    private static Cipher cipher(int mode, RawKey key, byte[] mac1, byte[] reply)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                mode,
                key,
                new GCMParameterSpec(
                        TAG_BITS, reply, COOKIE_NONCE_FIELD_OFFSET, COOKIE_NONCE_LENGTH));
        cipher.updateAAD(reply, 0, COOKIE_HEADER_LENGTH);
        cipher.updateAAD(mac1);
        return cipher;
    }

    private static RawKey key(byte[] responderStatic) {
        return new RawKey("AES", NoiseHash.sha256(LABEL, responderStatic));
    }
}
