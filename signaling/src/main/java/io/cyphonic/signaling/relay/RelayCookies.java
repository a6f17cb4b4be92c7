package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayMessage;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Cookies that prove a source address without keeping anything: the first 16 bytes of HMAC-SHA-256
 * over the address, the connection if there is one, path, side and minute, under a secret that this
 * object drew and nobody else knows. Good in its minute and the next. Owned by the relay's thread.
 */
final class RelayCookies {
    private static final long SLOT_MILLIS = 60_000;

    private final Mac mac;

    RelayCookies(SecureRandom random) {
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
        Arrays.fill(secret, (byte) 0);
    }

    byte[] make(Endpoint source, RelayStream stream, Id128 pathId, int side, long nowMillis) {
        return cookie(source, stream, pathId, side, nowMillis / SLOT_MILLIS);
    }

    boolean isGood(
            byte[] cookie,
            Endpoint source,
            RelayStream stream,
            Id128 pathId,
            int side,
            long nowMillis) {
        long slot = nowMillis / SLOT_MILLIS;
        return MessageDigest.isEqual(cookie, cookie(source, stream, pathId, side, slot))
                || MessageDigest.isEqual(cookie, cookie(source, stream, pathId, side, slot - 1));
    }

    private byte[] cookie(Endpoint source, RelayStream stream, Id128 pathId, int side, long slot) {
        byte[] sockaddr = source.sockaddr();
        ByteBuffer bytes =
                ByteBuffer.allocate(sockaddr.length + 4 + 16 + 1 + 8)
                        .put(sockaddr)
                        .putInt(stream == null ? 0 : 1)
                        .putLong(pathId.high())
                        .putLong(pathId.low())
                        .put((byte) side)
                        .putLong(slot);
        return Arrays.copyOf(mac.doFinal(bytes.array()), RelayMessage.COOKIE_LENGTH);
    }
}
