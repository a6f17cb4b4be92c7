package io.cyphonic.signaling.config;

import io.cyphonic.signaling.protocol.RelayServer;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What {@code cloud.yaml} says about relays, checked. Immutable.
 *
 * @param port UDP port of the relay in the cloud's own process; 0 for none
 * @param tlsPort TCP port of the TLS gateway, for networks that let nothing else out; 0 for none
 * @param pathMegabits most that one end of a path may send through a relay, in Mbit/s
 * @param others relays in processes of their own; their ids are not {@link #OWN_ID}
 */
public record RelayConfig(int port, int tlsPort, int pathMegabits, List<RelayServer> others) {
    /** Id of the relay in the cloud's own process. */
    public static final int OWN_ID = 1;

    /** UDP port of a relay when none is named. */
    public static final int DEFAULT_PORT = 7448;

    /** Port of the TLS gateway when none is named. */
    public static final int DEFAULT_TLS_PORT = 443;

    static final int DEFAULT_PATH_MEGABITS = 1000;
    static final int MAX_PATH_MEGABITS = 100_000;

    /** The default values, without further relays. */
    public static final RelayConfig DEFAULTS =
            new RelayConfig(DEFAULT_PORT, DEFAULT_TLS_PORT, DEFAULT_PATH_MEGABITS, List.of());

    private static final String SHAPE =
            "ID ADDRESS:PORT, or ID and one address of each family, with tls=PORT behind it if it"
                    + " has a TLS gateway";

    /** Checks every value. */
    public RelayConfig {
        others = List.copyOf(others);
        CloudConfig.checkRange("relay.port", port, 0, 65_535);
        CloudConfig.checkRange("relay.tls-port", tlsPort, 0, 65_535);
        CloudConfig.checkRange("relay.path-megabits", pathMegabits, 1, MAX_PATH_MEGABITS);
        checkOthers(others);
    }

    /** The limit of a grant, in kilobytes per second. */
    public int limit() {
        return pathMegabits * 125;
    }

    static void checkOthers(List<RelayServer> others) {
        if (others.size() >= RelayServer.MAX_RELAYS) {
            throw CloudConfig.notAllowed(
                    "relays", others.size() + " relays", "0 to " + (RelayServer.MAX_RELAYS - 1));
        }
        Set<Integer> ids = new HashSet<>(Set.of(OWN_ID));
        for (RelayServer relay : others) {
            if (!ids.add(relay.id())) {
                throw CloudConfig.notAllowed(
                        "relays", "id " + relay.id(), "each id once, from 2 to 65535");
            }
        }
    }

    /** Reads {@code 2 203.0.113.9:7448 [2001:db8::9]:7448 tls=443}. */
    static RelayServer parse(String text) {
        String[] words = text.strip().split("\\s+");
        InetSocketAddress ipv4 = null;
        InetSocketAddress ipv6 = null;
        int tlsPort = 0;
        for (int i = 1; i < words.length; i++) {
            if (words[i].startsWith("tls=")) {
                tlsPort = number(words[i].substring(4));
            } else {
                InetSocketAddress address = SocketAddresses.parse(words[i]);
                if (address.getAddress() instanceof Inet4Address) {
                    ipv4 = ipv4 == null ? address : twice();
                } else {
                    ipv6 = ipv6 == null ? address : twice();
                }
            }
        }
        if (ipv4 == null && ipv6 == null) {
            throw new IllegalArgumentException("needs " + SHAPE);
        }
        return new RelayServer(number(words[0]), ipv4, ipv6, tlsPort);
    }

    /** What {@link #parse} reads. */
    static String format(RelayServer relay) {
        StringBuilder text = new StringBuilder().append(relay.id());
        if (relay.ipv4() != null) {
            text.append(' ').append(SocketAddresses.format(relay.ipv4()));
        }
        if (relay.ipv6() != null) {
            text.append(' ').append(SocketAddresses.format(relay.ipv6()));
        }
        if (relay.tlsPort() != 0) {
            text.append(" tls=").append(relay.tlsPort());
        }
        return text.toString();
    }

    private static int number(String text) {
        try {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= 65_535) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Falls through to the one message for both.
        }
        throw new IllegalArgumentException("needs " + SHAPE + "; numbers are 1 to 65535");
    }

    private static InetSocketAddress twice() {
        throw new IllegalArgumentException("has two addresses of one family; needs " + SHAPE);
    }
}
