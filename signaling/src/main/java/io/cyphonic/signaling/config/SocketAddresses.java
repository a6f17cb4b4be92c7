package io.cyphonic.signaling.config;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * Reads and writes socket addresses as people type them. Only literal addresses: a name would mean
 * a DNS query before the cloud runs, and another address after each change of the zone.
 */
public final class SocketAddresses {
    /** Port of the AS (TCP) and the NMS (UDP) when none is named. */
    public static final int DEFAULT_PORT = 7447;

    private SocketAddresses() {}

    /**
     * Reads {@code 192.0.2.1}, {@code 192.0.2.1:7447}, {@code 2001:db8::1} or {@code
     * [2001:db8::1]:7447}.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static InetSocketAddress parse(String text) {
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            if (end < 0) {
                throw new IllegalArgumentException("the bracket is not closed");
            }
            InetAddress host = literal(text.substring(1, end));
            if (end + 1 == text.length()) {
                return new InetSocketAddress(host, DEFAULT_PORT);
            }
            if (text.charAt(end + 1) != ':') {
                throw new IllegalArgumentException("only :PORT may follow the bracket");
            }
            return new InetSocketAddress(host, port(text.substring(end + 2)));
        }
        int colon = text.indexOf(':');
        if (colon < 0 || colon != text.lastIndexOf(':')) {
            return new InetSocketAddress(literal(text), DEFAULT_PORT);
        }
        return new InetSocketAddress(
                literal(text.substring(0, colon)), port(text.substring(colon + 1)));
    }

    /** {@code 192.0.2.1:7447} or {@code [2001:db8::1]:7447}; never resolves a name. */
    public static String format(InetSocketAddress address) {
        String host = format(address.getAddress());
        return address.getAddress() instanceof Inet6Address
                ? "[" + host + "]:" + address.getPort()
                : host + ":" + address.getPort();
    }

    /** The address in its canonical text form (RFC 5952, section 4). */
    public static String format(InetAddress address) {
        return address instanceof Inet6Address ipv6
                ? compressed(ByteBuffer.wrap(ipv6.getAddress()))
                : address.getHostAddress();
    }

    /** The longest run of at least two zero groups, the first of equals, becomes a double colon. */
    private static String compressed(ByteBuffer bytes) {
        int[] groups = new int[8];
        int longestStart = -1;
        int longestLength = 1;
        int length = 0;
        for (int i = 0; i < groups.length; i++) {
            groups[i] = Short.toUnsignedInt(bytes.getShort());
            length = groups[i] == 0 ? length + 1 : 0;
            if (length > longestLength) {
                longestLength = length;
                longestStart = i + 1 - length;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < groups.length; i++) {
            if (i == longestStart) {
                text.append("::");
                i += longestLength - 1;
            } else {
                text.append(i == 0 || text.toString().endsWith(":") ? "" : ":")
                        .append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }

    static InetAddress literal(String text) {
        InetAddress address;
        try {
            address = InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException _) {
            throw new IllegalArgumentException("not an IPv4 or IPv6 address");
        }
        // The JDK also takes "7447" or "10.1" for IPv4 addresses; a typing error is more likely.
        if (text.indexOf(':') < 0 && !address.getHostAddress().equals(text)) {
            throw new IllegalArgumentException("not an IPv4 or IPv6 address");
        }
        return address;
    }

    static InetAddress of(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address of " + bytes.length + " bytes", e);
        }
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException _) {
            // Falls through to the one message for both.
        }
        throw new IllegalArgumentException("the port is not 1 to 65535");
    }
}
