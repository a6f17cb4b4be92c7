package io.cyphonic.signaling.auth;

import io.cyphonic.signaling.protocol.RelayServer;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * What the AS tells nodes about the cloud.
 *
 * @param zone DNS zone of the overlay
 * @param ipv4PrefixLength of the overlay's IPv4 network
 * @param ipv6PrefixLength of the overlay's IPv6 network
 * @param nmsEndpoints where the NMS is reached, at most 8, none with a wildcard address
 * @param keepAliveSeconds how often a registered node sends a keep-alive
 * @param certificateLifetime of node certificates
 * @param loginLifetime how long a common key holds; rounded up to a full hour
 * @param relays the relays that nodes may use
 */
public record AuthenticationSettings(
        String zone,
        int ipv4PrefixLength,
        int ipv6PrefixLength,
        List<InetSocketAddress> nmsEndpoints,
        int keepAliveSeconds,
        Duration certificateLifetime,
        Duration loginLifetime,
        List<RelayServer> relays) {
    /** How often a registered node sends a keep-alive unless said otherwise. */
    public static final int DEFAULT_KEEP_ALIVE_SECONDS = 15;

    /** How long a common key holds unless said otherwise. */
    public static final Duration DEFAULT_LOGIN_LIFETIME = Duration.ofHours(12);

    private static final int MAX_NMS_ENDPOINTS = 8;

    /** Of a cloud without relays. */
    public AuthenticationSettings(
            String zone,
            int ipv4PrefixLength,
            int ipv6PrefixLength,
            List<InetSocketAddress> nmsEndpoints,
            int keepAliveSeconds,
            Duration certificateLifetime,
            Duration loginLifetime) {
        this(
                zone,
                ipv4PrefixLength,
                ipv6PrefixLength,
                nmsEndpoints,
                keepAliveSeconds,
                certificateLifetime,
                loginLifetime,
                List.of());
    }

    /** Checks the addresses. */
    public AuthenticationSettings {
        relays = List.copyOf(relays);
        nmsEndpoints = List.copyOf(nmsEndpoints);
        if (nmsEndpoints.isEmpty() || nmsEndpoints.size() > MAX_NMS_ENDPOINTS) {
            throw new IllegalArgumentException(
                    "a cloud has 1 to %d NMS addresses, found %d"
                            .formatted(MAX_NMS_ENDPOINTS, nmsEndpoints.size()));
        }
        for (InetSocketAddress endpoint : nmsEndpoints) {
            if (endpoint.isUnresolved() || endpoint.getAddress().isAnyLocalAddress()) {
                throw new IllegalArgumentException("nodes cannot reach an NMS at " + endpoint);
            }
        }
    }
}
