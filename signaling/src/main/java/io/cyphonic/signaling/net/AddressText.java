package io.cyphonic.signaling.net;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/** Reads addresses and ports as people write them; never asks a name server. */
public final class AddressText {
    private AddressText() {}

    /**
     * Reads {@code 192.0.2.1:7447} or {@code [2001:db8::1]:7447}.
     *
     * @param defaultPort for a text without a port; negative if a port is needed
     */
    public static Optional<InetSocketAddress> parse(String text, int defaultPort) {
        return split(text, defaultPort)
                .flatMap(
                        parts ->
                                literal(parts.getHostString())
                                        .map(a -> new InetSocketAddress(a, parts.getPort())));
    }

    /** Like {@link #parse}, but a host name is accepted too and stays unresolved. */
    public static Optional<InetSocketAddress> parseHost(String text) {
        return split(text, -1)
                .filter(
                        parts ->
                                literal(parts.getHostString()).isPresent()
                                        || isHostName(parts.getHostString()));
    }

    /** An IPv4 address in four decimal parts or an IPv6 address, without brackets. */
    public static Optional<InetAddress> literal(String text) {
        boolean looksIpv4 = text.matches("\\d{1,3}(\\.\\d{1,3}){3}");
        boolean looksIpv6 = text.contains(":") && text.matches("[0-9A-Fa-f:.]+(%[\\w.-]+)?");
        if (!looksIpv4 && !looksIpv6) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** An address with its port, IPv6 in brackets. */
    public static String format(InetSocketAddress address) {
        String host =
                address.isUnresolved() ? address.getHostString() : format(address.getAddress());
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    /** An address, IPv6 in its canonical text (RFC 5952) and without a scope. */
    public static String format(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length == 4) {
            return address.getHostAddress();
        }
        int[] groups = new int[8];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = (bytes[2 * i] & 0xFF) << 8 | bytes[2 * i + 1] & 0xFF;
        }
        int gap = longestGap(groups);
        int gapEnd = gap < 0 ? -1 : endOfZeros(groups, gap);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < groups.length; i++) {
            if (i == gap) {
                text.append("::");
                i = gapEnd - 1;
            } else {
                text.append(i == 0 || i == gapEnd ? "" : ":")
                        .append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }

    /** Where the longest run of two or more zero groups begins, the first of equals; -1: none. */
    private static int longestGap(int[] groups) {
        int best = -1;
        int bestLength = 1;
        for (int i = 0; i < groups.length; i++) {
            int length = endOfZeros(groups, i) - i;
            if (length > bestLength) {
                best = i;
                bestLength = length;
            }
        }
        return best;
    }

    private static int endOfZeros(int[] groups, int from) {
        int end = from;
        while (end < groups.length && groups[end] == 0) {
            end++;
        }
        return end;
    }

    private static Optional<InetSocketAddress> split(String text, int defaultPort) {
        int colon = text.lastIndexOf(':');
        boolean bracketed = text.startsWith("[") && text.contains("]");
        int end = bracketed ? text.indexOf(']') : colon;
        boolean bareIpv6 = !bracketed && text.indexOf(':') != colon;
        if (bareIpv6 || colon < 0 || (bracketed && end == text.length() - 1)) {
            String host = bracketed ? text.substring(1, end) : text;
            return defaultPort < 0 || host.isEmpty()
                    ? Optional.empty()
                    : Optional.of(InetSocketAddress.createUnresolved(host, defaultPort));
        }
        if (bracketed && colon != end + 1) {
            return Optional.empty();
        }
        String host = bracketed ? text.substring(1, end) : text.substring(0, colon);
        String port = text.substring(colon + 1);
        if (host.isEmpty() || !port.matches("\\d{1,5}")) {
            return Optional.empty();
        }
        int number = Integer.parseInt(port);
        return number < 1 || number > 65_535
                ? Optional.empty()
                : Optional.of(InetSocketAddress.createUnresolved(host, number));
    }

    private static boolean isHostName(String text) {
        return text.length() <= 253
                && text.matches("[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\\.[A-Za-z0-9-]{1,63})*\\.?")
                && !text.matches("[0-9.]+");
    }
}
