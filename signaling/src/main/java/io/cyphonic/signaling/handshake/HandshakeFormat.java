package io.cyphonic.signaling.handshake;

import io.cyphonic.signaling.protocol.ControlEnvelope;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.Id128;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The bytes around the Noise messages: headers, mac1 and mac2.
 *
 * <pre>
 *  Tunnel Request
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+---------------+---------------+
 * | type = 0x41   | version = 1   | suite         | flags = 0     |
 * +---------------+---------------+---------------+---------------+
 * | sender index                                                  |
 * +---------------------------------------------------------------+
 * | path id (16 bytes)                                            |
 * +---------------------------------------------------------------+
 * | transaction id (8 bytes)                                      |
 * +---------------------------------------------------------------+
 * | e (32) | sealed s (48) | sealed payload (n + 16)              |
 * +---------------------------------------------------------------+
 * | mac1 (16)                                                     |
 * +---------------------------------------------------------------+
 * | mac2 (16)                                                     |
 * +---------------------------------------------------------------+
 *
 *  Tunnel Response
 * +---------------+---------------+---------------+---------------+
 * | type = 0x42   | version = 1   | suite         | flags = 0     |
 * +---------------+---------------+---------------+---------------+
 * | sender index                                                  |
 * +---------------------------------------------------------------+
 * | receiver index                                                |
 * +---------------------------------------------------------------+
 * | reserved = 0                                                  |
 * +---------------------------------------------------------------+
 * | path id (16 bytes)                                            |
 * +---------------------------------------------------------------+
 * | transaction id (8 bytes)                                      |
 * +---------------------------------------------------------------+
 * | e (32) | sealed payload (n + 16)                              |
 * +---------------------------------------------------------------+
 * | mac1 (16)                                                     |
 * +---------------------------------------------------------------+
 * | mac2 (16), always zero                                        |
 * +---------------------------------------------------------------+
 *
 *  Cookie Reply
 * +---------------+---------------+---------------+---------------+
 * | type = 0x43   | version = 1   | suite         | flags = 0     |
 * +---------------+---------------+---------------+---------------+
 * | receiver index                                                |
 * +---------------------------------------------------------------+
 * | transaction id (8 bytes)                                      |
 * +---------------------------------------------------------------+
 * | nonce (12)                                    | pad (4) = 0   |
 * +---------------------------------------------------------------+
 * | sealed cookie (16) | tag (16)                                 |
 * +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Big-endian. Static methods without state.
 */
final class HandshakeFormat {
    /** Longest handshake datagram in bytes; as for control datagrams, never fragmented. */
    static final int MAX_LENGTH = ControlEnvelope.MAX_DATAGRAM_LENGTH;

    static final byte VERSION = 1;
    static final int MAC_LENGTH = 16;
    static final int MACS_LENGTH = 2 * MAC_LENGTH;

    static final int REQUEST_HEADER_LENGTH = 32;
    static final int RESPONSE_HEADER_LENGTH = 40;
    static final int MIN_REQUEST_LENGTH =
            REQUEST_HEADER_LENGTH + IkHandshake.REQUEST_OVERHEAD + MACS_LENGTH;
    static final int MIN_RESPONSE_LENGTH =
            RESPONSE_HEADER_LENGTH + IkHandshake.RESPONSE_OVERHEAD + MACS_LENGTH;

    static final int COOKIE_HEADER_LENGTH = 32;
    static final int COOKIE_NONCE_LENGTH = 12;
    static final int COOKIE_LENGTH = 16;
    static final int COOKIE_REPLY_LENGTH = COOKIE_HEADER_LENGTH + COOKIE_LENGTH + 16;

    static final int SUITE_FIELD_OFFSET = 2;
    static final int SENDER_INDEX_FIELD_OFFSET = 4;
    static final int REQUEST_PATH_ID_FIELD_OFFSET = 8;
    static final int REQUEST_TRANSACTION_ID_FIELD_OFFSET = 24;
    static final int RESPONSE_RECEIVER_INDEX_FIELD_OFFSET = 8;
    static final int RESPONSE_PATH_ID_FIELD_OFFSET = 16;
    static final int RESPONSE_TRANSACTION_ID_FIELD_OFFSET = 32;
    static final int COOKIE_RECEIVER_INDEX_FIELD_OFFSET = 4;
    static final int COOKIE_TRANSACTION_ID_FIELD_OFFSET = 8;
    static final int COOKIE_NONCE_FIELD_OFFSET = 16;

    private static final byte[] MAC1_LABEL = "cyphonic mac1".getBytes(StandardCharsets.US_ASCII);

    private HandshakeFormat() {}

    /** Whether the datagram has the type, the version, no flags, a known suite, a fit length. */
    static boolean isWellFormed(byte[] datagram, int length) {
        if (length < 4 || length > datagram.length || length > MAX_LENGTH) {
            return false;
        }
        boolean fit =
                switch (datagram[0]) {
                    case DatagramType.TUNNEL_REQUEST -> length >= MIN_REQUEST_LENGTH;
                    case DatagramType.TUNNEL_RESPONSE -> length >= MIN_RESPONSE_LENGTH;
                    case DatagramType.COOKIE_REPLY -> length == COOKIE_REPLY_LENGTH;
                    default -> false;
                };
        return fit && datagram[1] == VERSION && suite(datagram) != null && datagram[3] == 0;
    }

    static CipherSuite suite(byte[] datagram) {
        return CipherSuite.ofCode(datagram[SUITE_FIELD_OFFSET]);
    }

    static int intAt(byte[] datagram, int offset) {
        return ByteBuffer.wrap(datagram).getInt(offset);
    }

    static long longAt(byte[] datagram, int offset) {
        return ByteBuffer.wrap(datagram).getLong(offset);
    }

    static Id128 idAt(byte[] datagram, int offset) {
        return new Id128(longAt(datagram, offset), longAt(datagram, offset + Long.BYTES));
    }

    static byte[] requestHeader(
            CipherSuite suite, int senderIndex, Id128 pathId, long transactionId) {
        return ByteBuffer.allocate(REQUEST_HEADER_LENGTH)
                .put(DatagramType.TUNNEL_REQUEST)
                .put(VERSION)
                .put(suite.code())
                .put((byte) 0)
                .putInt(senderIndex)
                .putLong(pathId.high())
                .putLong(pathId.low())
                .putLong(transactionId)
                .array();
    }

    static byte[] responseHeader(
            CipherSuite suite,
            int senderIndex,
            int receiverIndex,
            Id128 pathId,
            long transactionId) {
        return ByteBuffer.allocate(RESPONSE_HEADER_LENGTH)
                .put(DatagramType.TUNNEL_RESPONSE)
                .put(VERSION)
                .put(suite.code())
                .put((byte) 0)
                .putInt(senderIndex)
                .putInt(receiverIndex)
                .putInt(0)
                .putLong(pathId.high())
                .putLong(pathId.low())
                .putLong(transactionId)
                .array();
    }

    static byte[] cookieHeader(
            CipherSuite suite, int receiverIndex, long transactionId, byte[] nonce) {
        return ByteBuffer.allocate(COOKIE_HEADER_LENGTH)
                .put(DatagramType.COOKIE_REPLY)
                .put(VERSION)
                .put(suite.code())
                .put((byte) 0)
                .putInt(receiverIndex)
                .putLong(transactionId)
                .put(nonce)
                .array();
    }

    /** Header, Noise message, mac1 for the receiver, and room for mac2. */
    static byte[] assemble(byte[] header, byte[] noiseMessage, byte[] receiverStatic) {
        int macOffset = header.length + noiseMessage.length;
        byte[] datagram = Arrays.copyOf(header, macOffset + MACS_LENGTH);
        System.arraycopy(noiseMessage, 0, datagram, header.length, noiseMessage.length);
        byte[] mac1 = mac1(datagram, datagram.length, receiverStatic);
        System.arraycopy(mac1, 0, datagram, macOffset, MAC_LENGTH);
        return datagram;
    }

    /** What mac1 of a request or response to the owner of the key has to be. */
    static byte[] mac1(byte[] datagram, int length, byte[] receiverStatic) {
        byte[] key = NoiseHash.sha256(MAC1_LABEL, receiverStatic);
        return mac(key, datagram, length - MACS_LENGTH);
    }

    static boolean hasMac1(byte[] datagram, int length, byte[] receiverStatic) {
        int offset = length - MACS_LENGTH;
        return MessageDigest.isEqual(
                mac1(datagram, length, receiverStatic),
                Arrays.copyOfRange(datagram, offset, offset + MAC_LENGTH));
    }

    /** What mac2 of a request has to be under a cookie. */
    static byte[] mac2(byte[] datagram, int length, byte[] cookie) {
        return mac(cookie, datagram, length - MAC_LENGTH);
    }

    static boolean hasMac2(byte[] datagram, int length, byte[] cookie) {
        return MessageDigest.isEqual(
                mac2(datagram, length, cookie),
                Arrays.copyOfRange(datagram, length - MAC_LENGTH, length));
    }

    /** HMAC-SHA-256 cut to 128 bits (RFC 2104, section 5), for both suites. */
    private static byte[] mac(byte[] key, byte[] datagram, int length) {
        byte[] code = NoiseHash.hmacSha256(key, Arrays.copyOf(datagram, length));
        return Arrays.copyOf(code, MAC_LENGTH);
    }
}
