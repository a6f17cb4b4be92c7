package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.protocol.Id128;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * All that a new node must know to join: where the cloud is, how to recognise it, and a single-use
 * secret. Travels as one line, {@code cyphonic-} and base64url of
 *
 * <pre>
 *   version = 1 (1) | number of addresses, 1 to 8 (1)
 *   each address: 4 or 6 (1) | address (4 or 16) | port (2)
 *   SHA-256 of the CA certificate (32) | invitation id (16) | secret (32)
 *   checksum: the first bytes of the SHA-256 of all above (4)
 * </pre>
 *
 * <p>The checksum finds typing errors, nothing else. Whoever has the line can join: it is a secret.
 *
 * @param cloud where to log in, tried in order; numeric addresses
 * @param caFingerprint SHA-256 of the CA certificate
 * @param id names the invitation
 * @param secret proves it
 */
public record Invitation(
        List<InetSocketAddress> cloud, byte[] caFingerprint, Id128 id, byte[] secret) {
    /** Length of the secret in bytes. */
    public static final int SECRET_LENGTH = 32;

    /** Most cloud addresses in one invitation. */
    public static final int MAX_ADDRESSES = 8;

    private static final String PREFIX = "cyphonic-";
    private static final int VERSION = 1;
    private static final int FINGERPRINT_LENGTH = 32;
    private static final int CHECKSUM_LENGTH = 4;
    private static final int FIXED_LENGTH =
            FINGERPRINT_LENGTH + 2 * Long.BYTES + SECRET_LENGTH + CHECKSUM_LENGTH;
    private static final int MAX_LINE_LENGTH = 1024;

    /** Checks the parts. */
    public Invitation {
        cloud = List.copyOf(cloud);
        if (cloud.isEmpty() || cloud.size() > MAX_ADDRESSES) {
            throw new IllegalArgumentException(
                    "an invitation names 1 to %d cloud addresses, found %d"
                            .formatted(MAX_ADDRESSES, cloud.size()));
        }
        for (InetSocketAddress address : cloud) {
            if (address.isUnresolved() || address.getPort() == 0) {
                throw new IllegalArgumentException("no numeric cloud address: " + address);
            }
        }
        if (caFingerprint.length != FINGERPRINT_LENGTH || secret.length != SECRET_LENGTH) {
            throw new IllegalArgumentException("wrong length of fingerprint or secret");
        }
    }

    /** Draws the id and the secret of a new invitation. */
    public static Invitation create(
            List<InetSocketAddress> cloud, byte[] caFingerprint, SecureRandom random) {
        byte[] secret = new byte[SECRET_LENGTH];
        random.nextBytes(secret);
        return new Invitation(cloud, caFingerprint, Id128.random(random), secret);
    }

    /** SHA-256 of the secret: what the registry keeps of it. */
    public byte[] secretHash() {
        return CaCertificate.sha256(secret);
    }

    /** The line to hand over. */
    public String encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            out.writeByte(cloud.size());
            for (InetSocketAddress address : cloud) {
                byte[] octets = address.getAddress().getAddress();
                out.writeByte(octets.length == 4 ? 4 : 6);
                out.write(octets);
                out.writeShort(address.getPort());
            }
            out.write(caFingerprint);
            out.writeLong(id.high());
            out.writeLong(id.low());
            out.write(secret);
            out.write(checksum(bytes.toByteArray(), bytes.size()));
        } catch (IOException e) {
            throw new IllegalStateException("cannot happen: writing to memory", e);
        }
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
    }

    /**
     * Reads a line.
     *
     * @throws IllegalArgumentException if it is not an invitation, truncated, damaged or of another
     *     version; the message says which and never repeats the secret
     */
    public static Invitation parse(String line) {
        String text = line.strip();
        if (!text.startsWith(PREFIX)) {
            throw new IllegalArgumentException(
                    "not an invitation: an invitation starts with \"" + PREFIX + "\"");
        }
        if (text.length() > MAX_LINE_LENGTH) {
            throw new IllegalArgumentException(
                    "not an invitation: it has %d characters, at most %d are possible"
                            .formatted(text.length(), MAX_LINE_LENGTH));
        }
        ByteBuffer bytes = ByteBuffer.wrap(decode(text.substring(PREFIX.length())));
        need(bytes, 2);
        int version = bytes.get();
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    ("the invitation has version %d, this program knows version %d: it is damaged,"
                                    + " or newer than this program")
                            .formatted(version, VERSION));
        }
        int count = bytes.get();
        if (count < 1 || count > MAX_ADDRESSES) {
            throw damaged();
        }
        List<InetSocketAddress> cloud = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            cloud.add(readAddress(bytes));
        }
        need(bytes, FIXED_LENGTH);
        if (bytes.remaining() > FIXED_LENGTH) {
            throw new IllegalArgumentException(
                    "the invitation is damaged: there is something behind its end");
        }
        byte[] fingerprint = take(bytes, FINGERPRINT_LENGTH);
        Id128 id = new Id128(bytes.getLong(), bytes.getLong());
        byte[] secret = take(bytes, SECRET_LENGTH);
        byte[] expected = checksum(bytes.array(), bytes.position());
        if (!Arrays.equals(expected, take(bytes, CHECKSUM_LENGTH))) {
            throw damaged();
        }
        return new Invitation(cloud, fingerprint, id, secret);
    }

    private static byte[] decode(String base64) {
        for (int i = 0; i < base64.length(); i++) {
            char c = base64.charAt(i);
            boolean allowed =
                    c >= 'A' && c <= 'Z'
                            || c >= 'a' && c <= 'z'
                            || c >= '0' && c <= '9'
                            || c == '-'
                            || c == '_';
            if (!allowed) {
                throw new IllegalArgumentException(
                        "the invitation is damaged: character %d cannot be part of it"
                                .formatted(PREFIX.length() + i + 1));
            }
        }
        // A lone character at the end carries no byte; the length check then says "truncated".
        int usable = base64.length() % 4 == 1 ? base64.length() - 1 : base64.length();
        return Base64.getUrlDecoder().decode(base64.substring(0, usable));
    }

    private static InetSocketAddress readAddress(ByteBuffer bytes) {
        need(bytes, 1);
        int length =
                switch (bytes.get()) {
                    case 4 -> 4;
                    case 6 -> 16;
                    default -> throw damaged();
                };
        need(bytes, length + Short.BYTES);
        try {
            InetAddress address = InetAddress.getByAddress(take(bytes, length));
            int port = Short.toUnsignedInt(bytes.getShort());
            if (port == 0) {
                throw damaged();
            }
            return new InetSocketAddress(address, port);
        } catch (UnknownHostException _) {
            throw damaged();
        }
    }

    private static byte[] take(ByteBuffer bytes, int length) {
        byte[] taken = new byte[length];
        bytes.get(taken);
        return taken;
    }

    private static void need(ByteBuffer bytes, int length) {
        if (bytes.remaining() < length) {
            throw new IllegalArgumentException("the invitation is truncated: copy the whole line");
        }
    }

    private static IllegalArgumentException damaged() {
        return new IllegalArgumentException(
                "the invitation is damaged: a character was changed or lost");
    }

    private static byte[] checksum(byte[] bytes, int length) {
        return Arrays.copyOf(CaCertificate.sha256(Arrays.copyOf(bytes, length)), CHECKSUM_LENGTH);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Invitation that
                && cloud.equals(that.cloud)
                && id.equals(that.id)
                && Arrays.equals(caFingerprint, that.caFingerprint)
                && Arrays.equals(secret, that.secret);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "Invitation[" + id + "]";
    }
}
