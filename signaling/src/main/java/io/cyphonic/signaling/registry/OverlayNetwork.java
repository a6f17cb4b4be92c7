package io.cyphonic.signaling.registry;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The names and virtual addresses a cloud hands out. Chosen once, when the cloud is made: nodes
 * keep their addresses for life. Node number {@code n} gets {@code n} in the host part of both
 * prefixes.
 *
 * @param zone of every name, lower case, without a dot at either end
 * @param ipv4Prefix first address, host bits zero
 * @param ipv4PrefixLength {@value #MIN_IPV4_PREFIX_LENGTH} to {@value #MAX_IPV4_PREFIX_LENGTH}
 * @param ipv6Prefix first address, host bits zero
 * @param ipv6PrefixLength {@value #MIN_IPV6_PREFIX_LENGTH} to {@value #MAX_IPV6_PREFIX_LENGTH}
 */
public record OverlayNetwork(
        String zone,
        Inet4Address ipv4Prefix,
        int ipv4PrefixLength,
        Inet6Address ipv6Prefix,
        int ipv6PrefixLength) {
    /** Shortest IPv4 prefix. */
    public static final int MIN_IPV4_PREFIX_LENGTH = 8;

    /** Longest IPv4 prefix: two nodes. */
    public static final int MAX_IPV4_PREFIX_LENGTH = 30;

    /** Shortest IPv6 prefix. */
    public static final int MIN_IPV6_PREFIX_LENGTH = 8;

    /** Longest IPv6 prefix: leaves room for any IPv4 host number. */
    public static final int MAX_IPV6_PREFIX_LENGTH = 96;

    /** Longest fully qualified name in characters (RFC 1035, section 2.3.4). */
    public static final int MAX_NAME_LENGTH = 253;

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException with the value found and what is allowed
     */
    public OverlayNetwork {
        for (final String label : zone.split("\\.", -1)) {
            require(LABEL.matcher(label).matches(), "zone: lower-case DNS labels", zone);
        }
        require(zone.length() <= MAX_NAME_LENGTH - 64, "zone: at most 189 characters", zone);
        requirePrefix(
                "ipv4",
                ipv4Prefix,
                ipv4PrefixLength,
                MIN_IPV4_PREFIX_LENGTH,
                MAX_IPV4_PREFIX_LENGTH);
        requirePrefix(
                "ipv6",
                ipv6Prefix,
                ipv6PrefixLength,
                MIN_IPV6_PREFIX_LENGTH,
                MAX_IPV6_PREFIX_LENGTH);
    }

    private static void requirePrefix(
            String key, InetAddress prefix, int length, int min, int max) {
        final String found = prefix.getHostAddress() + "/" + length;
        require(
                length >= min && length <= max,
                key + ": prefix length " + min + " to " + max,
                found);
        final byte[] address = prefix.getAddress();
        for (int bit = length; bit < address.length * 8; bit++) {
            final boolean set = (address[bit / 8] & (0x80 >> (bit % 8))) != 0;
            require(!set, key + ": bits after the prefix zero", found);
        }
    }

    private static void require(boolean condition, String allowed, String found) {
        if (!condition) {
            throw new IllegalArgumentException(allowed + ", found " + found);
        }
    }

    /**
     * The full, lower-case name of a label under the zone or of a full name in it.
     *
     * @return {@code null} when it is neither
     */
    public String fqdn(String name) {
        String label = name.toLowerCase(Locale.ROOT);
        if (label.endsWith("." + zone)) {
            label = label.substring(0, label.length() - zone.length() - 1);
        }
        return LABEL.matcher(label).matches() ? label + "." + zone : null;
    }

    /**
     * The node number after this one whose IPv4 address is fit for a host: not the first or last of
     * the prefix, nor ending in 0 or 255, which some software still takes for networks.
     *
     * @param number 0 for the first
     * @return 0 when the prefix is used up
     */
    public int nextNumber(int number) {
        final int last = (1 << (Integer.SIZE - ipv4PrefixLength)) - 2;
        for (int next = number + 1; next <= last; next++) {
            final int lowByte = (ipv4Prefix.getAddress()[3] + next) & 0xFF;
            if (lowByte != 0 && lowByte != 255) {
                return next;
            }
        }
        return 0;
    }

    /** The IPv4 address of a node number. */
    public Inet4Address ipv4(int number) {
        return (Inet4Address) plus(ipv4Prefix, number);
    }

    /** The IPv6 address of a node number. */
    public Inet6Address ipv6(int number) {
        return (Inet6Address) plus(ipv6Prefix, number);
    }

    /** The host bits are zero, so there is no carry. */
    private static InetAddress plus(InetAddress prefix, int number) {
        final byte[] address = Arrays.copyOf(prefix.getAddress(), prefix.getAddress().length);
        for (int i = 0; i < Integer.BYTES; i++) {
            address[address.length - 1 - i] |= (byte) (number >>> (8 * i));
        }
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("address of " + address.length + " bytes", e);
        }
    }
}
