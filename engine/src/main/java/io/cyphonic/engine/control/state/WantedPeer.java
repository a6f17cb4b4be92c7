package io.cyphonic.engine.control.state;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * A fixed-length key for "the peer of this name" or "the peer with this virtual address": a kind
 * and the first sixteen bytes of the SHA-256 of the rest. Names are lower case.
 *
 * @param key {@value #LENGTH} bytes; not changed
 */
public record WantedPeer(byte[] key) {
    /** Bytes of a key. */
    public static final int LENGTH = 17;

    private static final byte NAME = 1;
    private static final byte ADDRESS = 2;
    private static final byte TUNNEL = 3;

    /** The peer of a name. */
    public static WantedPeer byName(String fqdn) {
        return of(NAME, fqdn.getBytes(StandardCharsets.US_ASCII));
    }

    /** The peer with a virtual address. */
    public static WantedPeer byAddress(InetAddress address) {
        return of(ADDRESS, address.getAddress());
    }

    /** The peer at the other end of a tunnel of the data plane. */
    public static WantedPeer byTunnel(int tunnelIndex) {
        byte[] key = new byte[LENGTH];
        key[0] = TUNNEL;
        RecordFields.putInt(key, 1, tunnelIndex);
        return new WantedPeer(key);
    }

    private static WantedPeer of(byte kind, byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            byte[] key = Arrays.copyOf(new byte[] {kind}, LENGTH);
            System.arraycopy(digest, 0, key, 1, LENGTH - 1);
            return new WantedPeer(key);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof WantedPeer that && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(key);
    }
}
