package io.cyphonic.signaling.config;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.security.SecureRandom;

/**
 * A network: an address whose host bits are zero, and a prefix length. Immutable.
 *
 * @param network first address of the network
 * @param length prefix length in bits
 */
public record IpPrefix(InetAddress network, int length) {

    /** Checks that no bit is set beyond the prefix. */
    public IpPrefix {
        byte[] bytes = network.getAddress();
        if (length < 0 || length > bytes.length * 8) {
            throw new IllegalArgumentException(
                    "prefix length " + length + " is not 0 to " + bytes.length * 8);
        }
        for (int bit = length; bit < bytes.length * 8; bit++) {
            if ((bytes[bit / 8] & 0x80 >>> bit % 8) != 0) {
                throw new IllegalArgumentException(
                        network.getHostAddress() + " has bits set beyond /" + length);
            }
        }
    }

    /**
     * Reads {@code 10.121.0.0/16} or {@code fd00:1:2:3::/64}.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("no prefix length");
        }
        InetAddress network = SocketAddresses.literal(text.substring(0, slash));
        try {
            return new IpPrefix(network, Integer.parseInt(text, slash + 1, text.length(), 10));
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException("the prefix length is not a number");
        }
    }

    /** Draws a unique local IPv6 network of 64 bits (RFC 4193, section 3.2.2). */
    public static IpPrefix randomUniqueLocal(SecureRandom random) {
        byte[] bytes = new byte[16];
        byte[] globalId = new byte[5];
        random.nextBytes(globalId);
        bytes[0] = (byte) 0xFD;
        System.arraycopy(globalId, 0, bytes, 1, globalId.length);
        return new IpPrefix(SocketAddresses.of(bytes), 64);
    }

    /** Whether this is an IPv4 network. */
    public boolean isIpv4() {
        return network instanceof Inet4Address;
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return SocketAddresses.format(network) + "/" + length;
    }
}
