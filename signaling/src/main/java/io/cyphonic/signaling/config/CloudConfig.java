package io.cyphonic.signaling.config;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What {@code cloud.yaml} says, checked. Immutable.
 *
 * @param zone DNS zone of the nodes' names, lower case, without a dot at the end
 * @param listen addresses of the AS (TCP) and the NMS (UDP), as nodes reach them; 1 to 8
 * @param ipv4 virtual IPv4 addresses come from here
 * @param ipv6 virtual IPv6 addresses come from here
 * @param keepAliveSeconds how often a node tells the NMS that it is there
 * @param certificateDays life of a node's certificate
 * @param loginHours life of a login; then the node logs in again
 * @param stunAlternatePort second UDP port, for STUN alone (RFC 5780); 0 for none
 * @param metricsListen where the figures are served over HTTP; empty for not at all
 * @param relay the relay of the cloud's own process, and the others
 */
public record CloudConfig(
        String zone,
        List<InetSocketAddress> listen,
        IpPrefix ipv4,
        IpPrefix ipv6,
        int keepAliveSeconds,
        int certificateDays,
        int loginHours,
        int stunAlternatePort,
        Optional<InetSocketAddress> metricsListen,
        RelayConfig relay) {
    /** Zone when none is named; reserved for private use (ICANN, 2024). */
    public static final String DEFAULT_ZONE = "cyphonic.internal";

    /** Overlay IPv4 network when none is named. */
    public static final String DEFAULT_IPV4 = "10.121.0.0/16";

    /** Most listen addresses. */
    public static final int MAX_LISTEN_ADDRESSES = 8;

    static final int DEFAULT_KEEP_ALIVE_SECONDS = 15;
    static final int DEFAULT_CERTIFICATE_DAYS = 30;
    static final int DEFAULT_LOGIN_HOURS = 24;
    static final int DEFAULT_STUN_ALTERNATE_PORT = 7449;

    private static final Pattern ZONE =
            Pattern.compile(
                    "(?=.{1,189}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
                            + "(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");

    /** A configuration with the default values for a cloud at these addresses. */
    public static CloudConfig withDefaults(
            String zone, List<InetSocketAddress> listen, SecureRandom random) {
        return new CloudConfig(
                zone,
                listen,
                IpPrefix.parse(DEFAULT_IPV4),
                IpPrefix.randomUniqueLocal(random),
                DEFAULT_KEEP_ALIVE_SECONDS,
                DEFAULT_CERTIFICATE_DAYS,
                DEFAULT_LOGIN_HOURS,
                DEFAULT_STUN_ALTERNATE_PORT,
                Optional.empty(),
                RelayConfig.DEFAULTS);
    }

    /** The same with other overlay networks. */
    public CloudConfig withNetworks(IpPrefix newIpv4, IpPrefix newIpv6) {
        return new CloudConfig(
                zone,
                listen,
                newIpv4,
                newIpv6,
                keepAliveSeconds,
                certificateDays,
                loginHours,
                stunAlternatePort,
                metricsListen,
                relay);
    }

    /** Checks every value. */
    public CloudConfig {
        listen = List.copyOf(listen);
        checkZone(zone);
        checkListen(listen);
        checkIpv4(ipv4);
        checkIpv6(ipv6);
        checkRange("keep-alive-seconds", keepAliveSeconds, 5, 300);
        checkRange("certificate-days", certificateDays, 1, 365);
        checkRange("login-hours", loginHours, 1, 168);
        checkRange("stun-alternate-port", stunAlternatePort, 0, 65_535);
    }

    static void checkZone(String zone) {
        if (!ZONE.matcher(zone).matches()) {
            throw notAllowed("zone", zone, "a DNS zone in lower case, like " + DEFAULT_ZONE);
        }
    }

    static void checkListen(List<InetSocketAddress> listen) {
        if (listen.isEmpty() || listen.size() > MAX_LISTEN_ADDRESSES) {
            throw notAllowed(
                    "listen", listen.size() + " addresses", "1 to " + MAX_LISTEN_ADDRESSES);
        }
        Set<InetSocketAddress> seen = new HashSet<>();
        for (InetSocketAddress address : listen) {
            checkListenAddress(address);
            if (!seen.add(address)) {
                throw notAllowed(
                        "listen", SocketAddresses.format(address) + " twice", "each address once");
            }
        }
    }

    private static void checkListenAddress(InetSocketAddress address) {
        // Invitations and logins carry these addresses to the nodes: a wildcard leads nowhere.
        if (address.getAddress().isAnyLocalAddress() || address.getAddress().isMulticastAddress()) {
            throw notAllowed(
                    "listen",
                    SocketAddresses.format(address),
                    "an address of this machine by which nodes reach it");
        }
        if (address.getPort() == 0) {
            throw notAllowed("listen", SocketAddresses.format(address), "a port from 1 to 65535");
        }
    }

    static void checkIpv4(IpPrefix prefix) {
        if (!prefix.isIpv4() || prefix.length() < 8 || prefix.length() > 30) {
            throw notAllowed("network.ipv4", prefix, "an IPv4 network from /8 to /30");
        }
    }

    static void checkIpv6(IpPrefix prefix) {
        if (prefix.isIpv4() || prefix.length() < 32 || prefix.length() > 96) {
            throw notAllowed("network.ipv6", prefix, "an IPv6 network from /32 to /96");
        }
    }

    static void checkRange(String key, int value, int least, int most) {
        if (value < least || value > most) {
            throw notAllowed(key, value, least + " to " + most);
        }
    }

    static ConfigException notAllowed(String key, Object found, String allowed) {
        return new ConfigException(key + ": '" + found + "' is not allowed; allowed is " + allowed);
    }
}
