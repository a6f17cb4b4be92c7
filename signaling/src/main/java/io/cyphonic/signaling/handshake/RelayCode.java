package io.cyphonic.signaling.handshake;

import io.cyphonic.signaling.protocol.RelayMessage;
import io.cyphonic.signaling.protocol.RelayRevocation;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The code at the end of a {@link RelayMessage} or {@link RelayRevocation}: the first 16 bytes of
 * HMAC-SHA-256 over everything before it. Its key is HMAC-SHA-256 of the label {@code cyphonic
 * relay bind} under the channel key, so that it is not the key of {@link RelaySeal}. The type byte
 * is covered, hence no message can be played back as another one.
 *
 * <p>Thread-safe. Allocates: for messages about channels, not for what is relayed.
 */
public final class RelayCode implements AutoCloseable {
    private static final byte[] LABEL = "cyphonic relay bind".getBytes(StandardCharsets.US_ASCII);

    private final byte[] key;

    /**
     * For one channel, or for revocations.
     *
     * @param relayKey one of {@link RelayKeys}; not kept
     */
    public RelayCode(byte[] relayKey) {
        key = NoiseHash.hmacSha256(relayKey, LABEL);
    }

    /** The encoded message with its code in place. */
    public byte[] signed(RelayMessage message) {
        return signed(RelayMessage.encode(message));
    }

    /** The same array, with the code as its last {@value RelayMessage#CODE_LENGTH} bytes. */
    public byte[] signed(byte[] encoded) {
        byte[] code = code(encoded, encoded.length);
        System.arraycopy(
                code,
                0,
                encoded,
                encoded.length - RelayMessage.CODE_LENGTH,
                RelayMessage.CODE_LENGTH);
        return encoded;
    }

    /**
     * Whether the code is right.
     *
     * @param length of the message; one that {@link RelayMessage#decode} accepted
     */
    public boolean verify(byte[] encoded, int length) {
        return MessageDigest.isEqual(
                code(encoded, length),
                Arrays.copyOfRange(encoded, length - RelayMessage.CODE_LENGTH, length));
    }

    /** Overwrites the key. */
    @Override
    public void close() {
        Arrays.fill(key, (byte) 0);
    }

    private byte[] code(byte[] encoded, int length) {
        byte[] covered = Arrays.copyOf(encoded, length - RelayMessage.CODE_LENGTH);
        return Arrays.copyOf(NoiseHash.hmacSha256(key, covered), RelayMessage.CODE_LENGTH);
    }
}
